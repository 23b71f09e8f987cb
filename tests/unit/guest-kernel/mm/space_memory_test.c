/* SPDX-License-Identifier: Apache-2.0 */
/* space_memory_test.c - the memory behind mappings: what a fault brings in, and what happens when there is none. */
// sources: guest-kernel/mm/page.c guest-kernel/mm/kmalloc.c guest-kernel/mm/pagetable.c
// sources: guest-kernel/mm/space.c guest-kernel/mm/fault.c guest-kernel/mm/area.c guest-kernel/mm/remap.c
// sources: guest-kernel/mm/turns.c
// sources: guest-kernel/mm/object.c guest-kernel/mm/shared.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/one_cpu.c guest-kernel/mm/commit.c
#include <check.h>

#include "core/thread.h"
#include "mm/init.h"
#include "space_setup.h"

struct thread *arch_current(void)
{
    return NULL; /* only who is promised no more than there is is asked who he is */
}

START_TEST(memory_runs_out_cleanly)
{
    uint64_t pages = page_total_count();

    ck_assert_int_eq(map_at(AT, pages, RW, ANON, NULL), 0);
    int error = 0;
    for (uint64_t i = 0; i < pages && error == 0; i++)
        error = space_fault(space, AT + i * PAGE_SIZE, ACCESS_WRITE);
    ck_assert_int_eq(error, -ENOMEM);
    ck_assert_int_eq(space_unmap(space, AT, pages * PAGE_SIZE), 0);
    ck_assert_int_eq(map_at(AT, 1, RW, ANON, NULL), 0);
    ck_assert_uint_eq(*byte_at(AT, ACCESS_READ), 0); /* a freed frame is zeroed before it is given again */
}
END_TEST

static struct page *spare[100]; /* what reclaim can give */
static unsigned spare_count, reclaims;

static uint64_t reclaim(uint64_t pages)
{
    uint64_t done = 0;

    reclaims++;
    for (; done < pages && spare_count != 0; done++)
        page_put(spare[--spare_count]);
    return done;
}

START_TEST(memory_is_reclaimed_before_it_runs_out)
{
    struct page *page, *list = NULL;
    unsigned given = 0;

    for (spare_count = 0; spare_count < 100; spare_count++) {
        spare[spare_count] = page_alloc();
        memset(page_data(spare[spare_count]), 0xff, PAGE_SIZE);
    }
    page_set_reclaim(reclaim);
    while ((page = page_alloc()) != NULL) {
        ck_assert_uint_eq(*(uint64_t *)page_data(page), 0);
        page->owner = list;
        list = page;
        given += reclaims > 0;
    }
    ck_assert_uint_eq(given, 100);
    ck_assert_uint_eq(page_free_count(), 0);
    page_set_reclaim(NULL);
    while ((page = list) != NULL) {
        list = page->owner;
        page_put(page);
    }
}
END_TEST

/* How many pages of [from, from + pages) have an entry. */
static unsigned mapped(uaddr_t from, unsigned pages)
{
    unsigned count = 0;

    for (unsigned i = 0; i < pages; i++) {
        uint64_t *pte = pagetable_find(&space->arch, from + i * PAGE_SIZE);
        count += pte != NULL && isa_pte_is_present(*pte);
    }
    return count;
}

START_TEST(a_fault_maps_what_the_file_has_in_memory)
{
    struct page *page;

    for (unsigned i = 0; i < 4; i += i == 1 ? 2 : 1) { /* page 2 isn't in memory */
        ck_assert_int_eq(object_page(&file, i, 0, &page), 0);
        page_put(page);
    }
    ck_assert_int_eq(map_at(AT + PAGE_SIZE, 6, RW, MAP_PRIVATE | MAP_FIXED, &file), 0);
    ck_assert_int_eq(space_fault(space, AT + PAGE_SIZE, ACCESS_READ), 0);
    ck_assert_uint_eq(mapped(AT, 8), 3);
    ck_assert_uint_eq(space->resident_pages, 3);
    ck_assert_uint_eq(*byte_at(AT + 2 * PAGE_SIZE, ACCESS_READ), 2);
    ck_assert_int_eq(isa_pte_allows(*pagetable_find(&space->arch, AT + 2 * PAGE_SIZE), ACCESS_WRITE), 0);
    ck_assert_int_eq(space_fault(space, AT + 2 * PAGE_SIZE, ACCESS_WRITE), 0);
    *byte_at(AT + 2 * PAGE_SIZE, ACCESS_WRITE) = 77;
    ck_assert_uint_eq(*(unsigned char *)page_data(file_page[1]), 2);
}
END_TEST

/* As by a CPU that shares the kernel lock: memory that is the program's own, where there is a table. */
START_TEST(faults_that_share_the_lock)
{
    ck_assert_int_eq(map_at(AT, 80, RW, ANON, NULL), 0);
    ck_assert_int_eq(map_at(AT + 80 * PAGE_SIZE, 1, PROT_READ, ANON | MAP_FIXED, NULL), 0);
    ck_assert_int_eq(map_at(AT + 81 * PAGE_SIZE, 1, RW, MAP_PRIVATE | MAP_FIXED, &file), 0);
    ck_assert_int_eq(space_fault_shared(space, AT, ACCESS_WRITE), false); /* there is none yet */
    ck_assert_int_eq(space_fault(space, AT, ACCESS_WRITE), 0);
    ck_assert_int_eq(space_fault_shared(space, AT, ACCESS_WRITE), false); /* it is there */
    for (unsigned at = 1; at < 80; at += at + 1)
        ck_assert_int_eq(space_fault_shared(space, AT + at * PAGE_SIZE, ACCESS_WRITE), true);
    ck_assert_uint_eq(mapped(AT, 82), 80); /* as space_fault has it: ever more at a time, up to the area's end */
    ck_assert_uint_eq(space->resident_pages, 80);
    for (unsigned i = 1; i < 80; i++)
        ck_assert_uint_eq(*byte_at(AT + i * PAGE_SIZE, ACCESS_WRITE), 0);
    ck_assert_int_eq(space_fault_shared(space, AT + 80 * PAGE_SIZE, ACCESS_WRITE), false);
    ck_assert_int_eq(space_fault_shared(space, AT + 81 * PAGE_SIZE, ACCESS_READ), false);
    ck_assert_int_eq(space_fault_shared(space, AT + 90 * PAGE_SIZE, ACCESS_READ), false);
    ck_assert_int_eq(space_fault_shared(space, ISA_USER_TOP, ACCESS_READ), false);
    ck_assert_int_eq(space_unmap(space, AT, 82 * PAGE_SIZE), 0);
    ck_assert_uint_eq(space->resident_pages, 0);
}
END_TEST

/* All that is left is given out, zeroed, and nobody is asked for more. */
START_TEST(frames_of_those_who_share_the_lock)
{
    struct page *pages[PAGES_SHARED_MAX], *list = NULL, *page;
    unsigned n;

    while ((page = page_alloc()) != NULL) {
        memset(page_data(page), 0xff, PAGE_SIZE);
        page->owner = list;
        list = page;
    }
    ck_assert_uint_eq(page_alloc_shared(pages, PAGES_SHARED_MAX), 0);
    for (unsigned i = 0; i < 5; i++) {
        page = list;
        list = page->owner;
        page_put(page);
    }
    n = page_alloc_shared(pages, PAGES_SHARED_MAX);
    ck_assert_uint_eq(n, 5);
    for (unsigned i = 0; i < n; i++) {
        ck_assert_uint_eq(*(uint64_t *)page_data(pages[i]), 0);
        ck_assert_uint_eq(pages[i]->refs, 1);
        page_put_shared(pages[i]);
    }
    ck_assert_uint_eq(page_free_count(), 5);
    while ((page = list) != NULL) {
        list = page->owner;
        page_put(page);
    }
}
END_TEST

START_TEST(fresh_memory_comes_in_growing_pieces)
{
    ck_assert_int_eq(map_at(AT, 40, RW, ANON, NULL), 0);
    ck_assert_int_eq(space_fault(space, AT + 8 * PAGE_SIZE, ACCESS_WRITE), 0);
    ck_assert_uint_eq(mapped(AT, 40), 1);
    ck_assert_int_eq(space_fault(space, AT, ACCESS_WRITE), 0);
    ck_assert_uint_eq(mapped(AT, 40), 2);
    ck_assert_int_eq(space_fault(space, AT + PAGE_SIZE, ACCESS_WRITE), 0);
    ck_assert_uint_eq(mapped(AT, 40), 4);
    ck_assert_int_eq(space_fault(space, AT + 3 * PAGE_SIZE, ACCESS_WRITE), 0);
    ck_assert_uint_eq(mapped(AT, 40), 8);
    ck_assert_int_eq(space_fault(space, AT + 7 * PAGE_SIZE, ACCESS_WRITE), 0); /* the next is there already */
    ck_assert_uint_eq(mapped(AT, 40), 9);
    ck_assert_int_eq(space_fault(space, AT + 39 * PAGE_SIZE, ACCESS_WRITE), 0);
    ck_assert_uint_eq(mapped(AT, 48), 10);
    ck_assert_uint_eq(space->resident_pages, 10);
}
END_TEST

START_TEST(a_walk_through_memory_takes_few_faults)
{
    unsigned faults = 0;

    ck_assert_int_eq(map_at(AT, 1200, RW, ANON, NULL), 0);
    for (unsigned i = 0; i < 1200; i++) {
        const uint64_t *entry = pagetable_find(&space->arch, AT + i * PAGE_SIZE);
        if (entry != NULL && isa_pte_is_present(*entry))
            continue;
        uint64_t free = page_free_count(), before = space->resident_pages;
        ck_assert_int_eq(space_fault(space, AT + i * PAGE_SIZE, ACCESS_WRITE), 0);
        ck_assert_uint_le(space->resident_pages - before, free / 16 + 1);
        faults++;
    }
    ck_assert_uint_le(faults, 32);
    ck_assert_uint_eq(space->resident_pages, 1200); /* and none behind the end */
}
END_TEST

/* As a program that fills arrays one beside the other. */
START_TEST(several_walks_through_an_area_take_few_faults)
{
    unsigned faults = 0;

    ck_assert_int_eq(map_at(AT, 1200, RW, ANON, NULL), 0);
    for (unsigned i = 0; i < 300; i++) {
        for (unsigned array = 0; array < 4; array++) {
            uaddr_t va = AT + (array * 300 + i) * PAGE_SIZE;
            const uint64_t *entry = pagetable_find(&space->arch, va);
            if (entry == NULL || !isa_pte_is_present(*entry)) {
                ck_assert_int_eq(space_fault(space, va, ACCESS_WRITE), 0);
                faults++;
            }
        }
    }
    ck_assert_uint_le(faults, 64);
    ck_assert_uint_eq(space->resident_pages, 1200);
}
END_TEST

static unsigned fault_if_absent(uaddr_t va)
{
    const uint64_t *entry = pagetable_find(&space->arch, va);

    if (entry != NULL && isa_pte_is_present(*entry))
        return 0;
    ck_assert_int_eq(space_fault(space, va, ACCESS_WRITE), 0);
    return 1;
}

/* As malloc does it: what is behind a block is marked before the program fills that. */
START_TEST(a_walk_that_looks_ahead_takes_few_faults)
{
    unsigned faults = 0;

    ck_assert_int_eq(map_at(AT, 600, RW, ANON, NULL), 0);
    for (unsigned i = 0, size; i < 590; i += size) {
        size = 1 + i * 7 % 10;
        faults += fault_if_absent(AT + (i + size) * PAGE_SIZE);
        for (unsigned page = i; page < i + size; page++)
            faults += fault_if_absent(AT + page * PAGE_SIZE);
    }
    ck_assert_uint_le(faults, 40);
    ck_assert_uint_le(space->resident_pages, 600);
    ck_assert_uint_eq(mapped(AT, 590), 590);
    ck_assert_uint_eq(space->resident_pages, mapped(AT, 600));
}
END_TEST

/* As an ISA has it to which a fault is dear. */
START_TEST(the_first_fault_brings_more_where_it_is_told_to)
{
    fault_first_step = 4;
    ck_assert_int_eq(map_at(AT, 128, RW, ANON, NULL), 0);
    ck_assert_int_eq(space_fault(space, AT + 118 * PAGE_SIZE, ACCESS_WRITE), 0); /* up to the area's end */
    ck_assert_uint_eq(mapped(AT, 136), 10);
    ck_assert_int_eq(space_fault(space, AT, ACCESS_WRITE), 0);
    ck_assert_uint_eq(mapped(AT, 16), 16);
    ck_assert_uint_eq(space->resident_pages, 26);
    ck_assert_int_eq(space_fault(space, AT + 20 * PAGE_SIZE, ACCESS_WRITE), 0); /* and what was left out */
    ck_assert_uint_eq(mapped(AT, 52), 52);
    ck_assert_uint_eq(space->resident_pages, 62);
    fault_first_step = 0;
}
END_TEST

/* Maps `pages` as mmap(2) does, and tells how many of them are there at once. */
static uint64_t there_at_once(uaddr_t at, unsigned pages)
{
    ck_assert_int_eq(map_at(at, pages, RW, ANON, NULL), 0);
    space_give_small(space, at, pages * PAGE_SIZE);
    return mapped(at, pages);
}

static void touch_and_unmap(unsigned pages)
{
    for (unsigned page = 0; page < pages; page++)
        fault_if_absent(AT + page * PAGE_SIZE);
    ck_assert_int_eq(space_unmap(space, AT, pages * PAGE_SIZE), 0);
}

/* As musl's malloc does it. */
START_TEST(who_maps_and_unmaps_small_memory_gets_it_at_once)
{
    uint64_t most;

    fault_first_step = _i == 0 ? 4 : 0; /* where a fault is dear, and elsewhere */
    for (unsigned i = 0; i < SMALL_UNMAPS_SURE; i++) {
        ck_assert_uint_eq(there_at_once(AT, 4), 0);
        touch_and_unmap(4);
    }
    most = space_resident_most(space);
    for (unsigned i = 0; i < 1000; i++) {
        ck_assert_uint_eq(there_at_once(AT, 4), _i == 0 ? 4 : 0);
        *byte_at(AT + PAGE_SIZE, ACCESS_WRITE) = 1; /* and it is zeros each time */
        ck_assert_uint_eq(*byte_at(AT, ACCESS_READ), 0);
        *byte_at(AT, ACCESS_WRITE) = 1;
        ck_assert_int_eq(space_unmap(space, AT, 4 * PAGE_SIZE), 0);
    }
    ck_assert_uint_eq(space_resident_most(space), most);
    ck_assert_uint_eq(there_at_once(AT, AREA_SMALL / PAGE_SIZE), 0);
    fault_first_step = 0;
}
END_TEST

/* No more than it has had, as it may never touch what it maps from now on. */
START_TEST(what_is_given_at_once_was_given_back)
{
    uint64_t given = 0, returned = SMALL_UNMAPS_SURE * 3;

    fault_first_step = 4;
    for (unsigned i = 0; i < SMALL_UNMAPS_SURE; i++) {
        there_at_once(AT, 3);
        touch_and_unmap(3);
    }
    for (unsigned i = 0; i < 400; i++) {
        given += there_at_once(AT + i * 3 * PAGE_SIZE, 3);
    }
    ck_assert_uint_gt(given, 0);
    ck_assert_uint_le(given, returned);
    ck_assert_uint_eq(space->resident_pages, given);
    fault_first_step = 0;
}
END_TEST

/* What a page here and there of a large array has taken, from the page `from` on: all faults succeed. */
static uint64_t touched_here_and_there(unsigned from, unsigned stride, unsigned touched)
{
    uint64_t before = space->resident_pages;

    for (unsigned i = 0; i < touched; i++)
        fault_if_absent(AT + (from + i * stride) * PAGE_SIZE);
    return space->resident_pages - before;
}

/* There is memory for those that the program touches, not for all that lies between. */
START_TEST(guesses_leave_memory_for_what_is_touched)
{
    const unsigned touched = 900;

    ck_assert_uint_lt(page_free_count(), touched * 3);
    ck_assert_int_eq(map_at(AT, 40 + touched * 16, RW, ANON | MAP_NORESERVE, NULL), 0);
    for (unsigned page = 0; page < 40; page++)
        fault_if_absent(AT + page * PAGE_SIZE);
    if (_i == 1)
        fault_first_step = 4;
    ck_assert_uint_le(touched_here_and_there(40, 16, touched), touched + ARENA / PAGE_SIZE / 2);
    fault_first_step = 0;
}
END_TEST

START_TEST(who_touches_here_and_there_gets_no_more)
{
    ck_assert_int_eq(map_at(AT, 1200, RW, ANON, NULL), 0);
    for (unsigned i = 0; i < 1200; i += 2)
        ck_assert_int_eq(space_fault(space, AT + (i * 7 % 1200) * PAGE_SIZE, ACCESS_WRITE), 0);
    ck_assert_uint_eq(space->resident_pages, 600);
}
END_TEST

/* A file whose page comes late: meanwhile another thread of the program does something. */
static void (*meanwhile)(void);

static int late_page(struct vm_object *object, uint64_t index, int will_write, struct page **out)
{
    void (*call)(void) = meanwhile;

    meanwhile = NULL;
    if (call != NULL)
        call();
    return object_page(object, index, will_write, out);
}

static const struct vm_object_ops late_ops = {.page = late_page, .get = object_get, .put = object_put};
static struct vm_object late = {.ops = &late_ops};

static void unmap_it(void)
{
    ck_assert_int_eq(space_unmap(space, AT, 4 * PAGE_SIZE), 0);
    ck_assert_ptr_null(pagetable_find(&space->arch, AT)); /* the table, too */
}

static void map_other_memory(void)
{
    ck_assert_int_eq(map_at(AT, 4, RW, ANON, NULL), 0);
}

static void touch_it(void)
{
    ck_assert_uint_eq(*byte_at(AT + PAGE_SIZE, ACCESS_READ), 2);
}

static void discard_it(void)
{
    space->resident_pages -= pagetable_unmap(&space->arch, AT, AT + 4 * PAGE_SIZE);
}

START_TEST(a_fault_that_waits_looks_again)
{
    ck_assert_int_eq(map_at(AT, 4, RW, MAP_PRIVATE, &late), 0);
    meanwhile = unmap_it;
    ck_assert_int_eq(space_fault(space, AT, ACCESS_READ), -EFAULT);
    ck_assert_int_eq(map_at(AT, 4, RW, MAP_PRIVATE, &late), 0);
    meanwhile = map_other_memory;
    ck_assert_uint_eq(*byte_at(AT, ACCESS_WRITE), 0);
    ck_assert_int_eq(map_at(AT, 4, RW, MAP_SHARED, &late), 0);
    meanwhile = touch_it;
    ck_assert_int_eq(space_fault(space, AT + PAGE_SIZE, ACCESS_READ), 0);
    ck_assert_uint_eq(space->resident_pages, 1);
    meanwhile = discard_it; /* while the object is told of the first write */
    ck_assert_uint_eq(*byte_at(AT + PAGE_SIZE, ACCESS_WRITE), 2);
    ck_assert_uint_eq(space->resident_pages, 1);
    meanwhile = unmap_it;
    ck_assert_int_eq(space_protect(space, AT, 4 * PAGE_SIZE, PROT_READ), 0);
    ck_assert_int_eq(space_protect(space, AT, 4 * PAGE_SIZE, RW), 0);
    ck_assert_int_eq(space_fault(space, AT + PAGE_SIZE, ACCESS_WRITE), -EFAULT);
    ck_assert_uint_eq(space->resident_pages, 0);
}
END_TEST

/* Of the tables beside the root: what is used beyond `before`, as far as it isn't pages. */
static uint64_t tables(uint64_t before)
{
    return before - page_free_count() - space->resident_pages;
}

START_TEST(tables_go_with_the_last_that_they_map)
{
    const uaddr_t table = PAGE_SIZE << ISA_PT_SHIFT, directory = table << ISA_PT_SHIFT;
    uaddr_t at = 4 * directory + 3 * table;
    uint64_t before = page_free_count();

    ck_assert_int_eq(map_at(at, 8, RW, ANON, NULL), 0);
    ck_assert_int_eq(map_at(at + 16 * PAGE_SIZE, 8, RW, ANON, NULL), 0);
    ck_assert_int_eq(map_at(at + 5 * table - 2 * PAGE_SIZE, 4, RW, ANON, NULL), 0); /* on both sides of a border */
    *byte_at(at, ACCESS_WRITE) = 1;
    *byte_at(at + 16 * PAGE_SIZE, ACCESS_WRITE) = 2;
    *byte_at(at + 5 * table - PAGE_SIZE, ACCESS_WRITE) = 3;
    *byte_at(at + 5 * table, ACCESS_WRITE) = 4;
    ck_assert_uint_eq(tables(before), 2 + 3);
    ck_assert_int_eq(space_unmap(space, at, 8 * PAGE_SIZE), 0);
    ck_assert_uint_eq(tables(before), 2 + 3);
    ck_assert_uint_eq(*byte_at(at + 16 * PAGE_SIZE, ACCESS_READ), 2);
    ck_assert_int_eq(space_unmap(space, at + 5 * table - 2 * PAGE_SIZE, 2 * PAGE_SIZE), 0);
    ck_assert_uint_eq(tables(before), 2 + 2);
    ck_assert_ptr_null(pagetable_find(&space->arch, at + 4 * table));
    ck_assert_uint_eq(*byte_at(at + 5 * table, ACCESS_READ), 4);
    ck_assert_int_eq(space_unmap(space, at, 6 * table), 0);
    ck_assert_uint_eq(tables(before), 0);
    ck_assert_ptr_null(pagetable_find(&space->arch, at + 16 * PAGE_SIZE));
    ck_assert_ptr_null(pagetable_find(&space->arch, at + 5 * table));
    ck_assert_int_eq(map_at(at, 8, RW, ANON, NULL), 0);
    ck_assert_uint_eq(*byte_at(at, ACCESS_READ), 0);
    ck_assert_uint_eq(tables(before), 3);
}
END_TEST

START_TEST(mapping_all_over_keeps_no_tables)
{
    const uaddr_t directory = PAGE_SIZE << 2 * ISA_PT_SHIFT;

    ck_assert_int_eq(map_at(AT, 1, RW, ANON, NULL), 0);
    *byte_at(AT, ACCESS_WRITE) = 1;
    uint64_t free = page_free_count();
    for (unsigned i = 0; i < 2000; i++) {
        uaddr_t at = AT + (i % 199 + 1) * directory, to = AT + directory / 2;
        ck_assert_int_eq(map_at(at, 1, RW, ANON, NULL), 0);
        *byte_at(at, ACCESS_WRITE) = 1;
        if (i % 3 == 0) {
            ck_assert_int_eq(space_remap(space, &at, PAGE_SIZE, PAGE_SIZE, REMAP_MAYMOVE | REMAP_FIXED, to), 0);
            ck_assert_uint_eq(*byte_at(to, ACCESS_READ), 1);
        }
        ck_assert_int_eq(space_unmap(space, at, PAGE_SIZE), 0);
        ck_assert_uint_eq(page_free_count(), free);
    }
    ck_assert_uint_eq(*byte_at(AT, ACCESS_READ), 1);
}
END_TEST

START_TEST(shared_memory_is_the_same_in_all_its_mappings)
{
    struct vm_object *object = shared_create(600 * PAGE_SIZE - 1);
    uaddr_t twin = AT + 0x1000 * PAGE_SIZE;

    ck_assert_ptr_nonnull(object);
    ck_assert_int_eq(map_at(AT, 602, RW, MAP_SHARED, object), 0);
    ck_assert_int_eq(space_map(space, &twin, 100 * PAGE_SIZE, RW, ALL, MAP_SHARED | MAP_FIXED, object, 550 * PAGE_SIZE),
                     0);
    object->ops->put(object);
    for (unsigned i = 0; i < 600; i += 7)
        *byte_at(AT + i * PAGE_SIZE, ACCESS_WRITE) = (unsigned char)(i / 7 + 1);
    ck_assert_int_eq(space_fault(space, AT + 600 * PAGE_SIZE, ACCESS_READ), -ENXIO);
    for (unsigned i = 553; i < 600; i += 7)
        ck_assert_uint_eq(*byte_at(twin + (i - 550) * PAGE_SIZE, ACCESS_READ), i / 7 + 1);
    ck_assert_uint_eq(*byte_at(twin, ACCESS_READ), 0);
    ck_assert(isa_pte_allows(*pagetable_find(&space->arch, twin), ACCESS_WRITE)); /* a read maps it for both */
    ck_assert_int_eq(space_unmap(space, AT, 602 * PAGE_SIZE), 0);
    ck_assert_uint_eq(*byte_at(twin + 3 * PAGE_SIZE, ACCESS_READ), 553 / 7 + 1);
    ck_assert_int_eq(space_unmap(space, twin, 100 * PAGE_SIZE), 0);
    free_before = page_free_count() + 1; /* the root comes back with the space; kmalloc keeps what it has */
}
END_TEST

START_TEST(blocks_are_aligned_and_the_device_tree_is_left_alone)
{
    struct page *block = page_alloc_order(3), *page;

    ck_assert_ptr_nonnull(block);
    ck_assert_uint_eq(page_phys(block) & (8 * PAGE_SIZE - 1), 0);
    for (unsigned i = 0; i < 8; i++)
        page_put(block + i);
    struct page *list = NULL;
    while ((page = page_alloc()) != NULL) {
        ck_assert_uint_ne(page_phys(page), 0x200000);
        ck_assert_uint_ge(page_phys(page), 0x100000);
        page->owner = list;
        list = page;
    }
    while ((page = list) != NULL) {
        list = page->owner;
        page_put(page);
    }
}
END_TEST

START_TEST(kmalloc_gives_zeroed_aligned_objects)
{
    for (size_t size = 1; size <= PAGE_SIZE; size *= 2) {
        unsigned char *a = kmalloc(size), *b = kmalloc(size);
        ck_assert_ptr_ne(a, b);
        ck_assert_uint_eq((uintptr_t)(a - arena) % 16, 0);
        memset(a, 0xff, size);
        kfree(a);
        a = kmalloc(size);
        for (size_t i = 0; i < size; i++)
            ck_assert_uint_eq(a[i], 0);
        kfree(a);
        kfree(b);
    }
    kfree(NULL);
    free_before = page_free_count() + 1; /* kmalloc keeps its pages; the space's root is still to come back */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("space_memory");
    TCase *tcase = tcase_create("space_memory");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, memory_runs_out_cleanly);
    tcase_add_test(tcase, memory_is_reclaimed_before_it_runs_out);
    tcase_add_test(tcase, a_fault_maps_what_the_file_has_in_memory);
    tcase_add_test(tcase, fresh_memory_comes_in_growing_pieces);
    tcase_add_test(tcase, faults_that_share_the_lock);
    tcase_add_test(tcase, frames_of_those_who_share_the_lock);
    tcase_add_test(tcase, a_walk_through_memory_takes_few_faults);
    tcase_add_test(tcase, several_walks_through_an_area_take_few_faults);
    tcase_add_test(tcase, a_walk_that_looks_ahead_takes_few_faults);
    tcase_add_test(tcase, the_first_fault_brings_more_where_it_is_told_to);
    tcase_add_loop_test(tcase, who_maps_and_unmaps_small_memory_gets_it_at_once, 0, 2);
    tcase_add_test(tcase, what_is_given_at_once_was_given_back);
    tcase_add_loop_test(tcase, guesses_leave_memory_for_what_is_touched, 0, 2);
    tcase_add_test(tcase, who_touches_here_and_there_gets_no_more);
    tcase_add_test(tcase, a_fault_that_waits_looks_again);
    tcase_add_test(tcase, tables_go_with_the_last_that_they_map);
    tcase_add_test(tcase, mapping_all_over_keeps_no_tables);
    tcase_add_test(tcase, shared_memory_is_the_same_in_all_its_mappings);
    tcase_add_test(tcase, blocks_are_aligned_and_the_device_tree_is_left_alone);
    tcase_add_test(tcase, kmalloc_gives_zeroed_aligned_objects);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
