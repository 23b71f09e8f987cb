/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.c - page frames: a cursor through memory that was never used, a list of frames that were freed, and lists of
 * blocks: two, four ... frames in a row.
 *
 * Frames are not joined to blocks when they are freed, which would make every page cost more, but when a block is asked
 * for and there is none.
 */
#include "mm/page.h"

#include "arch/arch.h"
#include "core/log.h"
#include "core/spin.h"
#include "lib/string.h"
#include "mm/check.h"
#include "mm/init.h"

#define GIB (1ull << 30)
#define RANGES 6
#define RECLAIM_PAGES 64u
#define ORDERS 8u             /* of blocks: up to 128 frames */
#define BLOCK_FREE 0x80000000 /* in flags, with the order: the first frame of a block in mem.block */

struct range {
    paddr_t start, end;
    bool is_used; /* it holds something: page_give's */
};

/* The map of memory is written at boot only. The rest changes with each call, by who has the kernel lock, or by one of
 * those who share it: then `sharers` guards it. */
static struct {
    struct page *frames; /* one for each frame from `base` on; zero memory until used */
    uint64_t frame_count;
    paddr_t base;               /* where memory begins */
    struct range range[RANGES]; /* what may be handed out, ascending */
    unsigned range_count, current;
    paddr_t cursor;      /* never used from here to the end of range[current] */
    bool cursor_is_used; /* or so it is in all but page_give's */
    paddr_t mapped_end;  /* the kernel's map reaches to here */
    struct page *free;
    struct page *zero;      /* free, too, and known to be zero: page_put_zero */
    uint32_t block[ORDERS]; /* free blocks: the first one's link */
    uint64_t total, used;
    uint64_t (*reclaim)(uint64_t pages); /* NULL: nobody has anything to give back */
    struct {                             /* page_window's */
        paddr_t base;
        uint64_t count;
        struct page **tables;
    } window;
    struct spin sharers;
} mem;

/* ---- frames and their addresses ---- */

static __attribute__((noinline)) struct page *window_page_of(paddr_t pa)
{
    uint64_t number = (pa - mem.window.base) >> PAGE_SHIFT;
    struct page *table = number < mem.window.count ? mem.window.tables[number / PAGE_TABLE_FRAMES] : NULL;

    return table != NULL ? &table[number % PAGE_TABLE_FRAMES] : NULL;
}

struct page *page_of(paddr_t pa)
{
    uint64_t number = (pa - mem.base) >> PAGE_SHIFT; /* beyond all for what lies below memory */

    return number < mem.frame_count ? &mem.frames[number] : window_page_of(pa);
}

static __attribute__((noinline)) paddr_t window_page_phys(const struct page *page)
{
    paddr_t at = virt_to_phys(page);
    const struct page *table = &mem.frames[(at - mem.base) >> PAGE_SHIFT];

    return (paddr_t)(uintptr_t)table->owner + ((at & PAGE_MASK) / sizeof(struct page) << PAGE_SHIFT);
}

paddr_t page_phys(const struct page *page)
{
    uint64_t number = (uint64_t)(page - mem.frames);

    if (__builtin_expect(number >= mem.frame_count, false) != 0)
        return window_page_phys(page);
    return mem.base + (number << PAGE_SHIFT);
}

void page_window(paddr_t base, uint64_t count, struct page **tables)
{
    mem.window.base = base;
    mem.window.count = count;
    mem.window.tables = tables;
}

void *page_data(const struct page *page)
{
    return phys_to_virt(page_phys(page));
}

/* Steps over the ends of ranges. False: no memory left. */
static bool cursor_settle(void)
{
    while (mem.cursor >= mem.range[mem.current].end) {
        if (mem.current + 1 >= mem.range_count)
            return false;
        mem.cursor = mem.range[++mem.current].start;
        mem.cursor_is_used = mem.range[mem.current].is_used;
    }
    return true;
}

/* A frame never used before, in the part of memory that is mapped. The kernel's map grows by a GiB at a time, just
 * before the cursor gets there, and takes the last frame that it can reach as the new page table. */
static paddr_t cursor_take(void)
{
    for (;;) {
        if (!cursor_settle())
            return 0;
        paddr_t pa = mem.cursor;
        paddr_t next = pa + PAGE_SIZE;

        mem.cursor = next;
        if (!cursor_settle() || mem.cursor < mem.mapped_end)
            return pa;
        mem.mapped_end = (mem.cursor & ~(GIB - 1)) + GIB;
        arch_map_memory(mem.cursor & ~(GIB - 1), pa);
        mem.used++;
    }
}

/* A naturally aligned block at the cursor; it leaves one mapped frame behind it, as cursor_take may need one for a
 * table. */
static bool cursor_has_block(uint64_t size)
{
    return cursor_settle() && !(mem.cursor & (size - 1)) && mem.cursor + size < mem.range[mem.current].end &&
           mem.cursor + size < mem.mapped_end;
}

static void frame_free(struct page *page)
{
    check_poison(page_data(page), PAGE_SIZE);
    page->flags = 0;
    page->next_free = mem.free;
    mem.free = page;
}

static void frame_free_zero(struct page *page)
{
    page->flags = 0;
    page->next_free = mem.zero;
    mem.zero = page;
}

static struct page *list_take(struct page **list)
{
    struct page *page = *list;

    if (page != NULL) {
        *list = page->next_free;
        page->owner = NULL;
    }
    return page;
}

static struct page *frame_take_free(void)
{
    return list_take(&mem.free);
}

/* ---- blocks: lists in both directions, of frame numbers plus 1 ---- */

struct page *page_linked(uint32_t link)
{
    return link != 0 ? &mem.frames[link - 1] : NULL;
}

uint32_t page_link(const struct page *page)
{
    return page != NULL ? (uint32_t)(page - mem.frames) + 1 : 0;
}

static void block_insert(struct page *page, unsigned order)
{
    struct page *next = page_linked(mem.block[order]);

    page->flags = BLOCK_FREE | order;
    page->block.next = mem.block[order];
    page->block.previous = 0;
    if (next != NULL)
        next->block.previous = page_link(page);
    mem.block[order] = page_link(page);
}

static void block_remove(struct page *page, unsigned order)
{
    struct page *next = page_linked(page->block.next), *previous = page_linked(page->block.previous);

    if (next != NULL)
        next->block.previous = page->block.previous;
    if (previous != NULL)
        previous->block.next = page->block.next;
    else
        mem.block[order] = page->block.next;
    page->flags = 0;
    page->owner = NULL;
}

/* Joins the block with its neighbour, the other half of a block twice as large, as often as that is free too. */
static void block_free(struct page *page, unsigned order)
{
    for (; order + 1 < ORDERS; order++) {
        struct page *half = page_of(page_phys(page) ^ (PAGE_SIZE << order));
        if (half == NULL || half->refs != 0 || half->flags != (BLOCK_FREE | order))
            break;
        block_remove(half, order);
        if (half < page)
            page = half;
    }
    block_insert(page, order);
}

static struct page *block_take(unsigned order)
{
    unsigned from = order;

    while (from < ORDERS && mem.block[from] == 0)
        from++;
    if (from >= ORDERS)
        return NULL;
    struct page *page = page_linked(mem.block[from]);
    block_remove(page, from);
    while (from > order) {
        from--;
        block_insert(page + (1ul << from), from);
    }
    return page;
}

/* A block from the frames that were freed one by one, or NULL. */
static struct page *block_gather(unsigned order)
{
    for (struct page *page; (page = list_take(&mem.zero)) != NULL;)
        frame_free(page);
    for (struct page *page; (page = frame_take_free()) != NULL;)
        block_free(page, 0);
    return block_take(order);
}

static struct page *block_reclaim(unsigned order)
{
    struct page *page = NULL;

    while (page == NULL && mem.reclaim != NULL && mem.reclaim(RECLAIM_PAGES) != 0)
        page = block_gather(order);
    return page;
}

/* From never used memory. What is skipped for alignment, or at the end of a range, is free, and known to be zero where
 * the range is: how many these are is chance, and clearing them again would be much of what a start costs. */
static struct page *block_fresh(unsigned order)
{
    uint64_t size = PAGE_SIZE << order;

    while (!cursor_has_block(size)) {
        bool is_zero = !mem.cursor_is_used;
        paddr_t pa = cursor_take();
        if (pa == 0)
            return NULL;
        if (is_zero)
            frame_free_zero(page_of(pa));
        else
            frame_free(page_of(pa));
    }
    struct page *first = page_of(mem.cursor);
    mem.cursor += size;
    return first;
}

/* ---- the calls ---- */

/* What is given out is as it was left: zero if it is so by never having been used. */
static void frame_check(const struct page *page, bool is_zero)
{
    if (page->refs != 0)
        panic("page %lx is given out twice", (unsigned long)page_phys(page));
    if (is_zero)
        check_zero(page_data(page), PAGE_SIZE);
    else
        check_poisoned(page_data(page), PAGE_SIZE);
}

/* Free or never used; *is_zero: by the latter. */
static inline struct page *frame_find(bool *is_zero)
{
    struct page *page = frame_take_free();
    bool is_new = !mem.cursor_is_used; /* the cursor has found its range before */
    paddr_t pa = page != NULL ? 0 : cursor_take();

    *is_zero = pa != 0 && is_new;
    if (pa != 0)
        return page_of(pa);
    return page != NULL ? page : block_take(0);
}

static inline struct page *frame_take(bool wants_zero, bool *is_zero)
{
    if (check_fails())
        return NULL;
    struct page *page = wants_zero ? list_take(&mem.zero) : NULL;

    *is_zero = true;
    if (page == NULL)
        page = frame_find(is_zero);
    if (page == NULL && !wants_zero) {
        page = list_take(&mem.zero);
        *is_zero = page != NULL;
    }
    if (page == NULL && mem.reclaim != NULL && mem.reclaim(RECLAIM_PAGES) != 0)
        page = frame_take_free();
    if (page == NULL)
        return NULL;
    if (CHECKS_ON)
        frame_check(page, *is_zero);
    page->refs = 1;
    page->flags = 0;
    mem.used++;
    return page;
}

/* Not inline, as page_alloc isn't: most who call it run once. */
__attribute__((noinline)) struct page *page_alloc_dirty(void)
{
    bool is_zero;

    return frame_take(false, &is_zero);
}

struct page *page_alloc(void)
{
    bool is_zero;
    struct page *page = frame_take(true, &is_zero);

    if (page != NULL && !is_zero)
        memset(page_data(page), 0, PAGE_SIZE);
    return page;
}

/* ---- of who shares the kernel lock ---- */

/* Never used, where that changes nothing but the cursor. */
static struct page *cursor_take_plain(void)
{
    paddr_t pa = mem.cursor;

    if (pa + PAGE_SIZE >= mem.range[mem.current].end || pa + PAGE_SIZE >= mem.mapped_end)
        return NULL;
    mem.cursor = pa + PAGE_SIZE;
    return page_of(pa);
}

static inline __attribute__((always_inline)) struct page *take_shared(bool *is_zero)
{
    struct page *page = check_fails() ? NULL : list_take(&mem.zero);

    *is_zero = page != NULL;
    if (page == NULL)
        page = frame_take_free();
    if (page == NULL) {
        page = cursor_take_plain();
        *is_zero = !mem.cursor_is_used;
    }
    if (page == NULL)
        return NULL;
    if (CHECKS_ON)
        frame_check(page, *is_zero);
    page->refs = 1;
    page->flags = 0;
    mem.used++;
    return page;
}

unsigned page_alloc_shared(struct page **pages, unsigned count)
{
    uint32_t used = 0; /* those that aren't zero, a bit each */
    unsigned n;

    spin_lock(&mem.sharers);
    for (n = 0; n < count; n++) {
        bool is_zero;
        pages[n] = take_shared(&is_zero);
        if (pages[n] == NULL)
            break;
        used |= (uint32_t)!is_zero << n;
    }
    spin_unlock(&mem.sharers);
    for (; used != 0; used &= used - 1)
        memset(page_data(pages[__builtin_ctz(used)]), 0, PAGE_SIZE);
    return n;
}

void page_put_shared(struct page *page)
{
    spin_lock(&mem.sharers);
    page_put(page);
    spin_unlock(&mem.sharers);
}

/* ---- blocks ---- */

static struct page *block_alloc(unsigned order, bool *is_zero)
{
    if (check_fails())
        return NULL;
    struct page *first = block_take(order), *fresh = first != NULL || order >= ORDERS ? NULL : block_fresh(order);

    *is_zero = fresh != NULL && !mem.cursor_is_used;
    if (fresh != NULL)
        first = fresh;
    if (first == NULL)
        first = block_gather(order);
    if (first == NULL)
        first = block_reclaim(order);
    if (first == NULL)
        return NULL;
    for (unsigned i = 0; i < 1u << order; i++) {
        if (CHECKS_ON)
            frame_check(&first[i], *is_zero);
        first[i].refs = 1;
        first[i].flags = 0;
        first[i].owner = NULL;
    }
    mem.used += 1ull << order;
    return first;
}

struct page *page_alloc_order_dirty(unsigned order)
{
    bool is_zero;

    return block_alloc(order, &is_zero);
}

struct page *page_alloc_order(unsigned order)
{
    bool is_zero;
    struct page *first = block_alloc(order, &is_zero);

    if (first != NULL && !is_zero)
        memset(page_data(first), 0, PAGE_SIZE << order);
    return first;
}

/* As a rule nobody else has a reference to one of them. */
void page_put_order(struct page *first, unsigned order)
{
    unsigned count = 1u << order;
    bool is_shared = false;

    for (unsigned i = 0; i < count; i++)
        is_shared |= first[i].refs != 1;
    for (unsigned i = 0; i < count && is_shared; i++)
        page_put(&first[i]);
    if (is_shared)
        return;
    check_poison(page_data(first), PAGE_SIZE << order);
    for (unsigned i = 0; i < count; i++) {
        first[i].refs = first[i].flags = 0;
        first[i].owner = NULL;
    }
    mem.used -= count;
    block_free(first, order);
}

void page_set_reclaim(uint64_t (*reclaim)(uint64_t pages))
{
    mem.reclaim = reclaim;
}

void page_put(struct page *page)
{
    if (page->refs == 0)
        panic("page %lx freed twice", (unsigned long)page_phys(page));
    if (--page->refs != 0)
        return;
    frame_free(page);
    mem.used--;
}

void page_put_zero(struct page *page)
{
    if (page->refs != 1)
        panic("page %lx isn't one's own", (unsigned long)page_phys(page));
    page->refs = 0;
    frame_free_zero(page);
    mem.used--;
}

uint64_t page_total_count(void)
{
    return mem.total;
}

uint64_t page_free_count(void)
{
    return mem.total - mem.used;
}

uint64_t page_touched_count(void)
{
    const struct range *range = &mem.range[mem.current];
    uint64_t untouched = range->end - mem.cursor;

    for (unsigned i = mem.current + 1; i < mem.range_count; i++)
        untouched += mem.range[i].is_used ? 0 : mem.range[i].end - mem.range[i].start;
    return mem.total - (mem.cursor_is_used ? 0 : untouched >> PAGE_SHIFT);
}

static void range_add(paddr_t start, paddr_t end)
{
    start = (start + PAGE_MASK) & ~PAGE_MASK;
    end &= ~PAGE_MASK;
    if (start >= end || mem.range_count == RANGES)
        return;
    mem.range[mem.range_count++] = (struct range){start, end, false};
    mem.total += (end - start) >> PAGE_SHIFT;
}

void page_give(paddr_t start, paddr_t end)
{
    struct range *last = &mem.range[mem.range_count - 1];

    check_poison(phys_to_virt(start), end - start);
    if (last->is_used && last->end == start) {
        last->end = end;
        mem.total += (end - start) >> PAGE_SHIFT;
    } else {
        range_add(start, end);
        mem.range[mem.range_count - 1].is_used = true;
    }
    cursor_settle();
}

/* What lies in the memory between start and end but for the `count` spans of it that are kept back, which ascend. */
static void range_add_around(paddr_t start, paddr_t end, const struct memory_span *kept, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (kept[i].start >= start && kept[i].start < end) {
            range_add(start, kept[i].start);
            start = kept[i].end;
        }
    }
    range_add(start, end);
}

static bool is_between(const struct memory_span *span, paddr_t start, paddr_t end)
{
    return span->start < end && span->end > page_up(start);
}

/* Puts the table of frames behind the kernel, and gives back where it ends. The VMM's memory is zero, so nothing of it
 * is to be cleared. Only the kernel's own GiB is mapped yet: the table's others are, with page tables in front of it.
 */
static paddr_t frames_place(const struct memory_map *map, paddr_t base, paddr_t top)
{
    paddr_t at = page_up(map->kernel_end), end = at + page_up(((top - base) >> PAGE_SHIFT) * sizeof(struct page));

    if (base >= top || top > ISA_RAM_TOP)
        panic("the device tree names memory from %lx to %lx; up to %lx can be mapped", (unsigned long)base,
              (unsigned long)top, (unsigned long)ISA_RAM_TOP);
    mem.mapped_end = (base & ~(GIB - 1)) + GIB;
    for (; end >= mem.mapped_end || map->archive.end > mem.mapped_end;
         mem.mapped_end += GIB, at += PAGE_SIZE, end += PAGE_SIZE)
        arch_map_memory(mem.mapped_end, at);
    if (end >= map->ram[0].end || is_between(&map->reserved, map->kernel_end, end) ||
        is_between(&map->archive, map->kernel_end, end))
        panic("%lu MiB of memory are too much: the table of page frames (%lu MiB) doesn't fit behind the kernel",
              (unsigned long)((top - base) >> 20), (unsigned long)((end - at) >> 20));
    mem.frames = phys_to_virt(at);
    mem.frame_count = (top - base) >> PAGE_SHIFT;
    mem.base = base;
    return end;
}

void page_init(const struct memory_map *map)
{
    bool tree_first = map->archive.start == map->archive.end || map->reserved.start < map->archive.start;
    const struct memory_span kept[2] = {tree_first ? map->reserved : map->archive,
                                        tree_first ? map->archive : map->reserved};
    paddr_t first_free = frames_place(map, map->ram[0].start & ~PAGE_MASK, map->ram[map->ram_count - 1].end);

    range_add(map->spare.start, map->spare.end);
    for (unsigned i = 0; i < map->ram_count; i++) {
        paddr_t start = map->ram[i].start < first_free ? first_free : map->ram[i].start;

        range_add_around(start, map->ram[i].end, kept, 2);
    }
    if (mem.range_count == 0)
        panic("no memory is left beside the kernel; give the guest more with --memory");
    mem.cursor = mem.range[0].start;
}
