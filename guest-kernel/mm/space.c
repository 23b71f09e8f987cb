/* SPDX-License-Identifier: Apache-2.0 */
/* space.c - the list of areas: map, unmap, protect, break, remap. Page tables are filled by fault.c. */
#include "mm/space.h"

#include "abi/errno.h"
#include "lib/log.h"
#include "mm/kmalloc.h"
#include "mm/pagetable.h"

#define LOWEST 0x10000ull /* nothing below is ever mapped: a null pointer faults (vm.mmap_min_addr) */

static uint64_t page_up(uint64_t value)
{
    return (value + PAGE_MASK) & ~PAGE_MASK;
}

static bool range_is_valid(uaddr_t addr, uint64_t length)
{
    return !(addr & PAGE_MASK) && length && addr <= ISA_USER_TOP && length <= ISA_USER_TOP - addr;
}

/* ---- areas ---- */

static struct area *area_copy(const struct area *from)
{
    struct area *area = kmalloc(sizeof(*area));

    if (area) {
        *area = *from;
        if (area->object)
            area->object->ops->get(area->object);
    }
    return area;
}

static void area_free(struct area *area)
{
    if (area->object)
        area->object->ops->put(area->object);
    kfree(area);
}

/* The link that points to the first area that ends above `addr`. */
static struct area **area_link(struct space *space, uaddr_t addr)
{
    struct area **link = &space->areas;

    while (*link && (*link)->end <= addr)
        link = &(*link)->next;
    return link;
}

static bool areas_overlap(struct space *space, uaddr_t start, uaddr_t end)
{
    const struct area *area = *area_link(space, start);

    return area && area->start < end;
}

/* Makes `at` a border between areas. */
static int area_split(struct space *space, uaddr_t at)
{
    struct area *area = *area_link(space, at);

    if (!area || area->start >= at)
        return 0;
    struct area *upper = area_copy(area);
    if (!upper)
        return -ENOMEM;
    upper->start = at;
    upper->offset += at - area->start;
    area->end = at;
    area->next = upper;
    return 0;
}

static int area_split_range(struct space *space, uaddr_t start, uaddr_t end)
{
    int err = area_split(space, start);

    return err ? err : area_split(space, end);
}

static bool areas_join(const struct area *lower, const struct area *upper)
{
    return lower->end == upper->start && lower->prot == upper->prot && lower->max_prot == upper->max_prot &&
           lower->shared == upper->shared && lower->object == upper->object &&
           (!lower->object || lower->offset + (lower->end - lower->start) == upper->offset);
}

/* Joins neighbours that became alike around [start, end), so that a program that grows bit by bit keeps a short list.
 */
static void areas_merge(struct space *space, uaddr_t start, uaddr_t end)
{
    struct area *area = *area_link(space, start ? start - 1 : 0);

    while (area && area->next && area->start <= end) {
        struct area *next = area->next;
        if (areas_join(area, next)) {
            area->end = next->end;
            area->next = next->next;
            area_free(next);
        } else {
            area = next;
        }
    }
    space->last_hit = NULL;
}

static void areas_remove(struct space *space, uaddr_t start, uaddr_t end)
{
    struct area **link = area_link(space, start);

    space->last_hit = NULL;
    while (*link && (*link)->start < end) {
        struct area *area = *link;
        *link = area->next;
        if (space->resident_pages)
            space->resident_pages -= pagetable_unmap(&space->arch, area->start, area->end);
        area_free(area);
    }
}

static void area_insert(struct space *space, struct area *area)
{
    struct area **link = area_link(space, area->start);

    area->next = *link;
    *link = area;
    areas_merge(space, area->start, area->end);
}

/* The highest gap of `length` below space->mmap_top, as Linux fills; 0: none. */
static uaddr_t gap_find(const struct space *space, uint64_t length)
{
    uaddr_t best = 0, low = LOWEST;

    for (const struct area *area = space->areas;; area = area->next) {
        uaddr_t high = area && area->start < space->mmap_top ? area->start : space->mmap_top;
        if (high > low && high - low >= length)
            best = high - length;
        if (!area || area->end >= space->mmap_top)
            return best;
        low = area->end;
    }
}

/* ---- life ---- */

struct space *space_create(void)
{
    struct space *space = kmalloc(sizeof(*space));

    if (!space)
        return NULL;
    if (arch_space_init(&space->arch)) {
        kfree(space);
        return NULL;
    }
    space->refs = 1;
    space->mmap_top = ISA_USER_TOP;
    return space;
}

void space_put(struct space *space)
{
    if (--space->refs)
        return;
    if (space->aio)
        space->aio_end(space);
    areas_remove(space, 0, ISA_USER_TOP);
    pagetable_destroy(&space->arch);
    kfree(space);
}

/* ---- the calls ---- */

static int place_choose(struct space *space, uaddr_t *addr, uint64_t length, unsigned flags)
{
    if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
        if (*addr & PAGE_MASK)
            return -EINVAL;
        if (!range_is_valid(*addr, length))
            return -ENOMEM;
        if (*addr < LOWEST)
            return -EPERM;
        if ((flags & MAP_FIXED_NOREPLACE) && areas_overlap(space, *addr, *addr + length))
            return -EEXIST;
        return 0;
    }
    uaddr_t hint = page_up(*addr);
    if (hint >= LOWEST && range_is_valid(hint, length) && !areas_overlap(space, hint, hint + length)) {
        *addr = hint;
        return 0;
    }
    *addr = gap_find(space, length);
    return *addr ? 0 : -ENOMEM;
}

int space_map(struct space *space, uaddr_t *addr, uint64_t length, unsigned prot, unsigned max_prot, unsigned flags,
              struct vm_object *object, uint64_t offset)
{
    if (!length || (offset & PAGE_MASK))
        return -EINVAL;
    length = page_up(length);
    if (!length || length > ISA_USER_TOP)
        return -ENOMEM;
    int err = place_choose(space, addr, length, flags);
    if (err)
        return err;

    struct area *area = kmalloc(sizeof(*area));
    if (!area)
        return -ENOMEM;
    err = area_split_range(space, *addr, *addr + length);
    if (err) {
        kfree(area);
        return err;
    }
    if (areas_overlap(space, *addr, *addr + length))
        areas_remove(space, *addr, *addr + length);
    *area = (struct area){
        .start = *addr,
        .end = *addr + length,
        .prot = prot,
        .max_prot = max_prot,
        .shared = (flags & MAP_TYPE) != MAP_PRIVATE,
        .object = object,
        .offset = offset,
    };
    if (object)
        object->ops->get(object);
    area_insert(space, area);
    return 0;
}

int space_unmap(struct space *space, uaddr_t addr, uint64_t length)
{
    length = page_up(length);
    if (!range_is_valid(addr, length))
        return -EINVAL;
    int err = area_split_range(space, addr, addr + length);
    if (!err)
        areas_remove(space, addr, addr + length);
    return err;
}

static unsigned access_of(unsigned prot)
{
    return (prot & PROT_WRITE ? ACCESS_WRITE | ACCESS_READ : 0) | (prot & PROT_READ ? ACCESS_READ : 0) |
           (prot & PROT_EXEC ? ACCESS_EXEC | ACCESS_READ : 0);
}

/* mprotect(2) changes what comes before the first gap or refusal, as Linux does. */
int space_protect(struct space *space, uaddr_t addr, uint64_t length, unsigned prot)
{
    if (addr & PAGE_MASK)
        return -EINVAL;
    length = page_up(length);
    if (!length)
        return 0;
    if (!range_is_valid(addr, length))
        return -ENOMEM;
    uaddr_t end = addr + length, at = addr;
    int err = area_split_range(space, addr, end);

    for (struct area *area = *area_link(space, addr); !err && at < end; area = area->next) {
        if (!area || area->start != at) {
            err = -ENOMEM;
        } else if (prot & ~area->max_prot) {
            err = -EACCES;
        } else {
            area->prot = prot;
            at = area->end;
        }
        if (err)
            break;
    }
    /* A page that may be written is made so by a fault: it may be shared with the page cache. */
    pagetable_restrict(&space->arch, addr, at, access_of(prot));
    areas_merge(space, addr, end);
    return err;
}

uaddr_t space_brk(struct space *space, uaddr_t want)
{
    uaddr_t old_end = page_up(space->brk), new_end = page_up(want);

    if (want < space->brk_start || want > space->mmap_top)
        return space->brk;
    if (new_end < old_end && space_unmap(space, new_end, old_end - new_end))
        return space->brk;
    if (new_end > old_end &&
        space_map(space, &old_end, new_end - old_end, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE | PROT_EXEC,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, NULL, 0))
        return space->brk;
    space->brk = want;
    return want;
}

/* Moves the pages of [from, from + length), which has been mapped at `to` as well, to there. */
static int pages_move(struct space *space, uaddr_t from, uaddr_t to, uint64_t length)
{
    for (uint64_t at = 0; at < length; at += PAGE_SIZE) {
        uint64_t *source = pagetable_find(&space->arch, from + at);
        if (!source || !isa_pte_is_present(*source))
            continue;
        uint64_t *target = pagetable_create(&space->arch, to + at);
        if (!target)
            return -ENOMEM;
        *target = *source;
        *source = 0;
        arch_tlb_flush_page(from + at);
    }
    return 0;
}

static int remap_move(struct space *space, const struct area *area, uaddr_t *addr, uint64_t old_length,
                      uint64_t new_length)
{
    uaddr_t from = *addr, to = 0;
    unsigned flags = area->shared ? MAP_SHARED : MAP_PRIVATE;
    int err = space_map(space, &to, new_length, area->prot, area->max_prot, flags, area->object,
                        area->offset + (from - area->start));

    if (err)
        return err;
    err = pages_move(space, from, to, old_length);
    if (err)
        return err; /* out of memory: both mappings stay, nothing is lost */
    *addr = to;
    return space_unmap(space, from, old_length);
}

int space_remap(struct space *space, uaddr_t *addr, uint64_t old_length, uint64_t new_length, bool may_move)
{
    old_length = page_up(old_length);
    new_length = page_up(new_length);
    if ((*addr & PAGE_MASK) || !new_length)
        return -EINVAL;
    struct area *area = *area_link(space, *addr);
    if (!area || area->start > *addr || !old_length || area->end - *addr < old_length)
        return -EFAULT;
    if (new_length <= old_length)
        return new_length == old_length ? 0 : space_unmap(space, *addr + new_length, old_length - new_length);

    uaddr_t end = *addr + new_length;
    if (area->end == *addr + old_length && range_is_valid(*addr, new_length) && !areas_overlap(space, area->end, end)) {
        area->end = end;
        areas_merge(space, area->start, end);
        return 0;
    }
    return may_move ? remap_move(space, area, addr, old_length, new_length) : -ENOMEM;
}
