/* SPDX-License-Identifier: Apache-2.0 */
/* space_test.c - the calls that change mappings: maps, holes, splits and merges, protection, the break, remapping. */
// sources: guest-kernel/mm/page.c guest-kernel/mm/kmalloc.c guest-kernel/mm/pagetable.c
// sources: guest-kernel/mm/space.c guest-kernel/mm/fault.c guest-kernel/mm/area.c guest-kernel/mm/remap.c
// sources: guest-kernel/mm/object.c guest-kernel/mm/shared.c guest-kernel/mm/memlock.c guest-kernel/lib/tree.c
// sources: guest-kernel/mm/turns.c
// sources: tests/unit/guest-kernel/one_cpu.c guest-kernel/mm/commit.c
#include <check.h>

#include "core/thread.h"
#include "space_setup.h"

static struct thread self, visitor, *current; /* NULL, where nobody should ask */

struct thread *arch_current(void)
{
    return current;
}

START_TEST(anonymous_is_zero_and_keeps)
{
    ck_assert_int_eq(map_at(AT, 2, RW, ANON, NULL), 0);
    ck_assert_uint_eq(*byte_at(AT + 5, ACCESS_READ), 0);
    *byte_at(AT + 5, ACCESS_WRITE) = 7;
    ck_assert_uint_eq(*byte_at(AT + 5, ACCESS_READ), 7);
    ck_assert_uint_eq(space->resident_pages, 1);
}
END_TEST

START_TEST(faults_say_why)
{
    ck_assert_int_eq(space_fault(space, AT, ACCESS_READ), -EFAULT);
    ck_assert_int_eq(map_at(AT, 1, PROT_READ, ANON, NULL), 0);
    ck_assert_int_eq(space_fault(space, AT, ACCESS_WRITE), -EACCES);
    ck_assert_int_eq(space_fault(space, AT, ACCESS_EXEC), -EACCES);
    ck_assert_int_eq(space_fault(space, AT + PAGE_SIZE, ACCESS_READ), -EFAULT);
    ck_assert_int_eq(space_fault(space, 0, ACCESS_READ), -EFAULT);
    ck_assert_int_eq(space_fault(space, ~0ull, ACCESS_READ), -EFAULT);
    ck_assert_int_eq(map_at(AT, 1, 0, ANON, NULL), 0);
    ck_assert_int_eq(space_fault(space, AT, ACCESS_READ), -EACCES);
}
END_TEST

START_TEST(bad_arguments)
{
    uaddr_t addr = AT + 1;

    ck_assert_int_eq(space_map(space, &addr, PAGE_SIZE, RW, ALL, ANON | MAP_FIXED, NULL, 0), -EINVAL);
    ck_assert_int_eq(map_at(AT, 0, RW, ANON, NULL), -EINVAL);
    ck_assert_int_eq(map_at(ISA_USER_TOP - PAGE_SIZE, 2, RW, ANON, NULL), -ENOMEM);
    ck_assert_int_eq(map_at(0, 1, RW, ANON, NULL), -EPERM);
    addr = 0;
    ck_assert_int_eq(space_map(space, &addr, ~0ull, RW, ALL, ANON, NULL, 0), -ENOMEM);
    ck_assert_int_eq(space_map(space, &addr, PAGE_SIZE, RW, ALL, ANON, NULL, 12), -EINVAL);
    ck_assert_int_eq(space_unmap(space, AT + 1, PAGE_SIZE), -EINVAL);
    ck_assert_int_eq(space_unmap(space, AT, 0), -EINVAL);
    ck_assert_int_eq(space_unmap(space, AT, ~0ull), -EINVAL);
    ck_assert_int_eq(space_protect(space, AT + 1, PAGE_SIZE, RW), -EINVAL);
    ck_assert_int_eq(space_protect(space, AT, PAGE_SIZE, RW), -ENOMEM);
    ck_assert_ptr_null(space->areas.root);
}
END_TEST

START_TEST(neighbours_merge_and_split)
{
    ck_assert_int_eq(map_at(AT, 4, RW, ANON, NULL), 0);
    ck_assert_int_eq(map_at(AT + 4 * PAGE_SIZE, 4, RW, ANON, NULL), 0);
    ck_assert_uint_eq(areas(), 1);
    ck_assert_int_eq(space_protect(space, AT + 2 * PAGE_SIZE, 2 * PAGE_SIZE, PROT_READ), 0);
    ck_assert_uint_eq(areas(), 3);
    ck_assert_int_eq(space_protect(space, AT + 2 * PAGE_SIZE, 2 * PAGE_SIZE, RW), 0);
    ck_assert_uint_eq(areas(), 1);
    ck_assert_int_eq(space_unmap(space, AT + 3 * PAGE_SIZE, PAGE_SIZE), 0);
    ck_assert_uint_eq(areas(), 2);
    ck_assert_int_eq(space_fault(space, AT + 3 * PAGE_SIZE, ACCESS_READ), -EFAULT);
}
END_TEST

START_TEST(fixed_replaces)
{
    ck_assert_int_eq(map_at(AT, 3, RW, ANON, NULL), 0);
    *byte_at(AT + PAGE_SIZE, ACCESS_WRITE) = 9;
    uaddr_t addr = AT + PAGE_SIZE;
    ck_assert_int_eq(space_map(space, &addr, PAGE_SIZE, RW, ALL, ANON | MAP_FIXED_NOREPLACE, NULL, 0), -EEXIST);
    ck_assert_int_eq(map_at(addr, 1, RW, ANON, NULL), 0);
    ck_assert_uint_eq(*byte_at(addr, ACCESS_READ), 0);
}
END_TEST

START_TEST(private_file_is_copied_on_write)
{
    ck_assert_int_eq(map_at(AT, 5, RW, MAP_PRIVATE, &file), 0);
    ck_assert_uint_eq(*byte_at(AT, ACCESS_READ), 1);
    *byte_at(AT, ACCESS_WRITE) = 77;             /* a page that was mapped read-only */
    *byte_at(AT + PAGE_SIZE, ACCESS_WRITE) = 78; /* one that was not there */
    ck_assert_uint_eq(*byte_at(AT, ACCESS_READ), 77);
    ck_assert_uint_eq(*byte_at(AT + PAGE_SIZE + 1, ACCESS_READ), 2);
    ck_assert_uint_eq(*(unsigned char *)page_data(file_page[0]), 1);
    ck_assert_uint_eq(*(unsigned char *)page_data(file_page[1]), 2);
    ck_assert_int_eq(space_fault(space, AT + 4 * PAGE_SIZE, ACCESS_READ), -ENXIO);
}
END_TEST

START_TEST(shared_file_is_written_through)
{
    ck_assert_int_eq(map_at(AT, 4, RW, MAP_SHARED, &file), 0);
    ck_assert_uint_eq(*byte_at(AT, ACCESS_READ), 1);
    *byte_at(AT, ACCESS_WRITE) = 77;
    ck_assert_uint_eq(*(unsigned char *)page_data(file_page[0]), 77);
}
END_TEST

static bool both_rights(uaddr_t va)
{
    uint64_t pte = *pagetable_find(&space->arch, va);

    return isa_pte_allows(pte, ACCESS_WRITE) && isa_pte_allows(pte, ACCESS_EXEC);
}

START_TEST(write_and_execute_stand_together_where_both_are_asked_for)
{
    ck_assert_int_eq(map_at(AT, 2, ALL, ANON, NULL), 0);
    *byte_at(AT, ACCESS_WRITE) = 0xc3;
    ck_assert(both_rights(AT));
    ck_assert_uint_eq(*byte_at(AT, ACCESS_EXEC), 0xc3);
    ck_assert(both_rights(AT));

    ck_assert_int_eq(map_at(AT, 1, RW, ANON, NULL), 0); /* written, and then made both */
    *byte_at(AT, ACCESS_WRITE) = 1;
    ck_assert_int_eq(space_protect(space, AT, PAGE_SIZE, ALL), 0);
    ck_assert_uint_eq(*byte_at(AT, ACCESS_EXEC), 1);
    ck_assert(both_rights(AT));

    ck_assert_int_eq(map_at(AT, 1, ALL, MAP_PRIVATE, &file), 0); /* the file's page is not to be written */
    ck_assert_uint_eq(*byte_at(AT, ACCESS_EXEC), 1);
    ck_assert(!both_rights(AT));
    *byte_at(AT, ACCESS_WRITE) = 2;
    ck_assert(both_rights(AT));
    ck_assert_uint_eq(*(unsigned char *)page_data(file_page[0]), 1);

    ck_assert_int_eq(map_at(AT, 1, ALL, MAP_SHARED, &file), 0); /* after a write, which the file learns of */
    ck_assert_uint_eq(*byte_at(AT, ACCESS_EXEC), 1);
    ck_assert(!both_rights(AT));
    byte_at(AT, ACCESS_WRITE);
    ck_assert(both_rights(AT));
}
END_TEST

START_TEST(nothing_is_granted_that_was_not_asked_for)
{
    ck_assert_int_eq(map_at(AT, 1, RW, ANON, NULL), 0);
    byte_at(AT, ACCESS_WRITE);
    ck_assert(!isa_pte_allows(*pagetable_find(&space->arch, AT), ACCESS_EXEC));
    ck_assert_int_eq(space_protect(space, AT, PAGE_SIZE, PROT_READ | PROT_EXEC), 0);
    byte_at(AT, ACCESS_EXEC);
    ck_assert(!isa_pte_allows(*pagetable_find(&space->arch, AT), ACCESS_WRITE));
}
END_TEST

START_TEST(protect_takes_away_at_once)
{
    ck_assert_int_eq(map_at(AT, 1, RW, ANON, NULL), 0);
    *byte_at(AT, ACCESS_WRITE) = 3;
    ck_assert_int_eq(space_protect(space, AT, PAGE_SIZE, PROT_READ), 0);
    ck_assert(!isa_pte_allows(*pagetable_find(&space->arch, AT), ACCESS_WRITE));
    ck_assert_int_eq(space_fault(space, AT, ACCESS_WRITE), -EACCES);
    ck_assert_int_eq(space_protect(space, AT, PAGE_SIZE, RW), 0);
    ck_assert_uint_eq(*byte_at(AT, ACCESS_WRITE), 3);

    uaddr_t addr = AT + 4 * PAGE_SIZE; /* a file opened for reading, mapped shared */
    ck_assert_int_eq(space_map(space, &addr, PAGE_SIZE, PROT_READ, PROT_READ, MAP_SHARED | MAP_FIXED, &file, 0), 0);
    ck_assert_int_eq(space_protect(space, addr, PAGE_SIZE, RW), -EACCES);
}
END_TEST

START_TEST(places_are_found_from_the_top)
{
    uaddr_t a = 0, b = 0, c = 0;

    ck_assert_int_eq(space_map(space, &a, PAGE_SIZE, RW, ALL, ANON, NULL, 0), 0);
    ck_assert_uint_eq(a, ISA_USER_TOP - PAGE_SIZE);
    ck_assert_int_eq(space_map(space, &b, 2 * PAGE_SIZE, PROT_READ, ALL, ANON, NULL, 0), 0);
    ck_assert_uint_eq(b, a - 2 * PAGE_SIZE);
    ck_assert_int_eq(space_unmap(space, a, PAGE_SIZE), 0);
    ck_assert_int_eq(space_map(space, &c, PAGE_SIZE, RW, ALL, ANON, NULL, 0), 0);
    ck_assert_uint_eq(c, a);
}
END_TEST

START_TEST(break_grows_and_shrinks)
{
    space->brk_start = space->brk = AT + 100;
    ck_assert_uint_eq(space_brk(space, 0), AT + 100);
    ck_assert_uint_eq(space_brk(space, AT + 3 * PAGE_SIZE), AT + 3 * PAGE_SIZE);
    *byte_at(AT + 2 * PAGE_SIZE, ACCESS_WRITE) = 1;
    ck_assert_uint_eq(space_brk(space, AT + PAGE_SIZE), AT + PAGE_SIZE);
    ck_assert_int_eq(space_fault(space, AT + 2 * PAGE_SIZE, ACCESS_READ), -EFAULT);
    ck_assert_int_eq(map_at(AT + 4 * PAGE_SIZE, 1, RW, ANON, NULL), 0);
    ck_assert_uint_eq(space_brk(space, AT + 8 * PAGE_SIZE), AT + PAGE_SIZE); /* something is in the way */
    ck_assert_uint_eq(space_brk(space, ~0ull), AT + PAGE_SIZE);
}
END_TEST

START_TEST(remap_grows_moves_and_shrinks)
{
    uaddr_t addr = AT;

    ck_assert_int_eq(map_at(AT, 2, RW, ANON, NULL), 0);
    *byte_at(AT + PAGE_SIZE, ACCESS_WRITE) = 5;
    ck_assert_int_eq(space_remap(space, &addr, 2 * PAGE_SIZE, 4 * PAGE_SIZE, 0, 0), 0);
    ck_assert_uint_eq(addr, AT);
    ck_assert_int_eq(map_at(AT + 4 * PAGE_SIZE, 1, PROT_READ, ANON, NULL), 0);
    ck_assert_int_eq(space_remap(space, &addr, 4 * PAGE_SIZE, 8 * PAGE_SIZE, 0, 0), -ENOMEM);
    ck_assert_int_eq(space_remap(space, &addr, 4 * PAGE_SIZE, 8 * PAGE_SIZE, REMAP_MAYMOVE, 0), 0);
    ck_assert_uint_ne(addr, AT);
    ck_assert_uint_eq(*byte_at(addr + PAGE_SIZE, ACCESS_READ), 5);
    ck_assert_int_eq(space_fault(space, AT, ACCESS_READ), -EFAULT);
    ck_assert_int_eq(space_remap(space, &addr, 8 * PAGE_SIZE, PAGE_SIZE, 0, 0), 0);
    ck_assert_int_eq(space_fault(space, addr + PAGE_SIZE, ACCESS_READ), -EFAULT);
    addr = 0x900000;
    ck_assert_int_eq(space_remap(space, &addr, PAGE_SIZE, PAGE_SIZE, 0, 0), -EFAULT);
}
END_TEST

START_TEST(remap_as_mremap_2_has_it)
{
    uaddr_t addr = AT, to = AT + 16 * PAGE_SIZE;

    ck_assert_int_eq(map_at(AT, 4, RW, ANON, NULL), 0);
    *byte_at(AT + PAGE_SIZE, ACCESS_WRITE) = 5;
    ck_assert_int_eq(map_at(to, 2, RW, ANON, NULL), 0);
    *byte_at(to, ACCESS_WRITE) = 9;
    unsigned fixed = REMAP_MAYMOVE | REMAP_FIXED;
    ck_assert_int_eq(space_remap(space, &addr, 4 * PAGE_SIZE, 4 * PAGE_SIZE, fixed, AT + PAGE_SIZE), -EINVAL);
    ck_assert_int_eq(space_remap(space, &addr, 4 * PAGE_SIZE, 4 * PAGE_SIZE, fixed, to + 1), -EINVAL);
    ck_assert_int_eq(space_remap(space, &addr, 4 * PAGE_SIZE, 4 * PAGE_SIZE, fixed, 0), -EPERM);
    ck_assert_int_eq(space_remap(space, &addr, 5 * PAGE_SIZE, 8 * PAGE_SIZE, fixed, to), -EFAULT);
    ck_assert_uint_eq(*byte_at(to, ACCESS_READ), 9);
    ck_assert_int_eq(space_remap(space, &addr, 3 * PAGE_SIZE, 2 * PAGE_SIZE, fixed, to), 0);
    ck_assert_uint_eq(addr, to);
    ck_assert_uint_eq(*byte_at(to, ACCESS_READ), 0);
    ck_assert_uint_eq(*byte_at(to + PAGE_SIZE, ACCESS_READ), 5);
    ck_assert_int_eq(space_fault(space, AT + 2 * PAGE_SIZE, ACCESS_READ), -EFAULT);
    ck_assert_int_eq(space_fault(space, AT + 3 * PAGE_SIZE, ACCESS_READ), 0); /* it was not to be moved */

    ck_assert_int_eq(
        space_remap(space, &addr, 2 * PAGE_SIZE, 2 * PAGE_SIZE, REMAP_MAYMOVE | REMAP_DONTUNMAP, AT + 32 * PAGE_SIZE),
        0);
    ck_assert_uint_eq(addr, AT + 32 * PAGE_SIZE);
    ck_assert_uint_eq(*byte_at(addr + PAGE_SIZE, ACCESS_READ), 5);
    ck_assert_uint_eq(*byte_at(to + PAGE_SIZE, ACCESS_READ), 0); /* it is still there, empty */

    ck_assert_int_eq(space_remap(space, &addr, 0, PAGE_SIZE, REMAP_MAYMOVE, 0), -EINVAL);
    addr = AT;
    ck_assert_int_eq(map_at(AT, 2, RW, MAP_SHARED, &file), 0);
    ck_assert_int_eq(space_remap(space, &addr, 0, PAGE_SIZE, 0, 0), -ENOMEM);
    ck_assert_int_eq(space_remap(space, &addr, 0, PAGE_SIZE, REMAP_MAYMOVE, 0), 0);
    ck_assert_uint_ne(addr, AT);
    *byte_at(addr, ACCESS_WRITE) = 66;
    ck_assert_uint_eq(*byte_at(AT, ACCESS_READ), 66);
}
END_TEST

/* Truncation: all areas of the file, in all spaces, private copies too; and no page before it. */
START_TEST(what_is_cut_off_a_file_leaves_its_mappings)
{
    struct space *other = space_create();
    uaddr_t addr = AT;

    ck_assert_int_eq(map_at(AT, 4, RW, MAP_SHARED, &file), 0);
    uaddr_t tail = AT + 8 * PAGE_SIZE, copy = AT + 16 * PAGE_SIZE;
    ck_assert_int_eq(space_map(space, &tail, 2 * PAGE_SIZE, RW, ALL, MAP_SHARED | MAP_FIXED, &file, 2 * PAGE_SIZE), 0);
    ck_assert_int_eq(map_at(copy, 4, RW, MAP_PRIVATE, &file), 0);
    ck_assert_int_eq(space_map(other, &addr, 4 * PAGE_SIZE, RW, ALL, MAP_SHARED | MAP_FIXED, &file, 0), 0);
    for (unsigned i = 0; i < 4; i++) {
        byte_at(AT + i * PAGE_SIZE, ACCESS_WRITE);
        byte_at(copy + i * PAGE_SIZE, ACCESS_WRITE);
        ck_assert_int_eq(space_fault(other, addr + i * PAGE_SIZE, ACCESS_READ), 0);
    }
    byte_at(tail, ACCESS_WRITE);
    byte_at(tail + PAGE_SIZE, ACCESS_WRITE);
    ck_assert_uint_eq(file_page[3]->refs, 4);
    ck_assert_uint_eq(space->resident_pages, 10);

    object_unmap_in_turns(&file, 3);
    ck_assert_uint_eq(file_page[3]->refs, 1);
    ck_assert_uint_eq(file_page[2]->refs, 4);
    ck_assert_uint_eq(space->resident_pages, 7);
    object_unmap_in_turns(&file, 0);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(file_page[i]->refs, 1);
    ck_assert_uint_eq(space->resident_pages, 0);
    ck_assert_uint_eq(other->resident_pages, 0);

    ck_assert_int_eq(space_unmap(space, AT + PAGE_SIZE, PAGE_SIZE), 0); /* the list follows what is cut and joined */
    ck_assert_int_eq(space_protect(space, copy, 2 * PAGE_SIZE, PROT_READ), 0);
    ck_assert_int_eq(space_protect(space, copy, 2 * PAGE_SIZE, RW), 0);
    unsigned count = 0;
    for (const struct area *area = file.areas; area != NULL; area = area->object_next)
        count++;
    ck_assert_uint_eq(count, 5);
    space_put(other);
    ck_assert_int_eq(space_unmap(space, AT, 32 * PAGE_SIZE), 0);
    ck_assert_ptr_null(file.areas);
}
END_TEST

START_TEST(tables_that_are_freed_are_forgotten)
{
    struct space *other = space_create();
    uaddr_t addr = AT;
    uint64_t *entry;

    ck_assert_int_eq(space_map(other, &addr, PAGE_SIZE, RW, ALL, ANON | MAP_FIXED, NULL, 0), 0);
    ck_assert_int_eq(space_fault(other, AT, ACCESS_WRITE), 0);
    ck_assert(pagetable_recall(&other->arch, AT, &entry));
    ck_assert_int_eq(space_unmap(other, AT, PAGE_SIZE), 0);
    pagetable_destroy(&other->arch);
    ck_assert(!pagetable_recall(&other->arch, AT, &entry));
    ck_assert_int_eq(arch_space_init(&other->arch), 0);
    space_put(other);
}
END_TEST

START_TEST(locked_areas_are_cut_and_joined)
{
    struct area *area;

    ck_assert_int_eq(map_at(AT, 6, RW, ANON, NULL), 0);
    ck_assert_int_eq(space_lock(space, AT + PAGE_SIZE, AT + 3 * PAGE_SIZE, AREA_LOCKED), 0);
    ck_assert_uint_eq(areas(), 3);
    ck_assert_uint_eq(space->locked_bytes, 2 * PAGE_SIZE);
    ck_assert_uint_eq(space_locked(space, AT, AT + 2 * PAGE_SIZE), PAGE_SIZE);
    ck_assert_int_eq(space_lock(space, AT + 3 * PAGE_SIZE, AT + 4 * PAGE_SIZE, AREA_LOCKED | AREA_LOCKED_ON_FAULT), 0);
    ck_assert_uint_eq(areas(), 4); /* the two kinds stay apart */
    ck_assert_int_eq(space_populate(space, AT + 3 * PAGE_SIZE, AT + 4 * PAGE_SIZE), 0);
    ck_assert_uint_eq(space->resident_pages, 0);
    ck_assert_int_eq(space_unmap(space, AT + 2 * PAGE_SIZE, PAGE_SIZE), 0);
    ck_assert_uint_eq(space->locked_bytes, 2 * PAGE_SIZE);
    ck_assert_int_eq(space_lock(space, AT, AT + 6 * PAGE_SIZE, 0), -ENOMEM); /* up to the gap */
    ck_assert_uint_eq(areas(), 3);
    ck_assert_uint_eq(space->locked_bytes, PAGE_SIZE);

    space->lock_future = AREA_LOCKED;
    ck_assert_int_eq(map_at(AT + 2 * PAGE_SIZE, 1, RW, ANON, NULL), 0);
    ck_assert_uint_eq(areas(), 4);
    ck_assert_uint_eq(space->locked_bytes, 2 * PAGE_SIZE);
    space->lock_future = 0;
    space_lock_all(space, 0);
    ck_assert_uint_eq(areas(), 1);
    ck_assert_uint_eq(space->locked_bytes, 0);
    area = area_first(space, AT);
    ck_assert_uint_eq(area->end - area->start, 6 * PAGE_SIZE);
}
END_TEST

/* Whoever comes in between finds that he has to wait, with a fault as well as with a change. */
static void come_in(void)
{
    struct thread *changer = space->changer;
    uaddr_t at = AT - PAGE_SIZE;

    ck_assert_ptr_eq(changer, &self);
    current = &visitor;
    ck_assert_int_eq(space_fault(space, at, ACCESS_READ), -EFAULT);
    space->changer = changer;
    ck_assert_int_eq(space_map(space, &at, PAGE_SIZE, RW, ALL, ANON | MAP_FIXED_NOREPLACE, NULL, 0), 0);
    ck_assert_int_eq(space_unmap(space, at, PAGE_SIZE), 0);
    space->changer = changer;
    space_end(space); /* not another's */
    ck_assert_ptr_eq(space->changer, changer);
    ck_assert(!space_fault_shared(space, at, ACCESS_READ));
    current = &self;
}

/* In how many turns, between which somebody has come in and waited for each of two things. */
static unsigned turns(void)
{
    unsigned were = ways;

    ck_assert_uint_eq(waits, 2 * ways);
    ck_assert_ptr_null(space->changer);
    ways = waits = 0;
    space->turn = 0;
    return were;
}

START_TEST(long_changes_give_way_and_are_whole)
{
    const uint64_t pages = 1200; /* in three tables, two of them full */
    uaddr_t at = AT;

    current = &self;
    ck_assert_int_eq(map_at(AT, pages, RW, ANON, NULL), 0);
    for (uint64_t i = 0; i < pages; i++)
        *byte_at(AT + i * PAGE_SIZE, ACCESS_WRITE) = (unsigned char)i;
    on_way = come_in;
    turns();
    ck_assert_int_eq(space_protect(space, AT, pages * PAGE_SIZE, PROT_READ), 0);
    ck_assert_uint_ge(turns(), 1);
    ck_assert_int_eq(
        space_remap(space, &at, pages * PAGE_SIZE, pages * PAGE_SIZE, REMAP_MAYMOVE | REMAP_FIXED, AT + (1ul << 30)),
        0);
    ck_assert_uint_ge(turns(), 2);
    for (uint64_t i = 0; i < pages; i++)
        ck_assert_uint_eq(*byte_at(at + i * PAGE_SIZE, ACCESS_READ), (unsigned char)i);
    ck_assert_int_eq(space_unmap(space, at, pages * PAGE_SIZE), 0);
    ck_assert_uint_ge(turns(), 1);
    ck_assert_uint_eq(space->resident_pages, 0);
    on_way = NULL;
}
END_TEST

/* Many tables with a page or none in each take as long as a few that are full. */
START_TEST(sparse_changes_give_way)
{
    const uint64_t table = PAGE_SIZE << ISA_PT_SHIFT, tables = 40;

    current = &self;
    ck_assert_int_eq(map_at(AT, tables * (table >> PAGE_SHIFT), RW, ANON, NULL), 0);
    for (uint64_t i = 0; i < tables; i++)
        *byte_at(AT + i * table, ACCESS_WRITE) = 1;
    on_way = come_in;
    turns();
    pagetable_unmap(&space->arch, AT, AT + tables * table);
    space_pages_left(space, tables);
    space_end(space);
    ck_assert_uint_ge(turns(), tables / 10);
    ck_assert_int_eq(space_unmap(space, AT, tables * table), 0); /* tables in which there is nothing */
    on_way = NULL;
}
END_TEST

START_TEST(shared_memory_goes_in_turns)
{
    struct vm_object *object = shared_create(1024 * PAGE_SIZE);

    current = &self;
    ck_assert_int_eq(map_at(AT, 1024, RW, MAP_SHARED | MAP_ANONYMOUS, object), 0);
    object->ops->put(object);
    *byte_at(AT, ACCESS_WRITE) = 1;
    *byte_at(AT + 1023 * PAGE_SIZE, ACCESS_WRITE) = 1;
    ways = 0;
    ck_assert_int_eq(space_unmap(space, AT, 1024 * PAGE_SIZE), 0);
    ck_assert_uint_ge(ways, 2); /* two nodes with pages, and the one above */
    free_before -= 4;           /* which stay with kmalloc, as does the object's page */
}
END_TEST

static unsigned ends;

static void put_in_a_change(struct vm_object *object)
{
    object_put(object);
    ck_assert_ptr_eq(space->changer, &self);
    ends++;
}

/* What the object waits for, others must not come in. */
START_TEST(an_object_s_end_is_in_the_change)
{
    static const struct vm_object_ops ops = {.page = object_page, .get = object_get, .put = put_in_a_change};
    struct vm_object object = {.ops = &ops};

    current = &self;
    ck_assert_int_eq(map_at(AT, 2, RW, MAP_SHARED, &object), 0);
    ck_assert_int_eq(space_unmap(space, AT, 2 * PAGE_SIZE), 0);
    ck_assert_uint_eq(ends, 1);
    ck_assert_ptr_null(space->changer);
}
END_TEST

START_TEST(a_twin_in_its_own_place_is_none)
{
    struct vm_object *object = shared_create(2 * PAGE_SIZE);
    uaddr_t at = AT;

    current = &self;
    ck_assert_int_eq(map_at(AT, 2, RW, MAP_SHARED | MAP_ANONYMOUS, object), 0);
    object->ops->put(object);
    ck_assert_int_eq(space_remap(space, &at, 0, 2 * PAGE_SIZE, REMAP_MAYMOVE | REMAP_FIXED, AT), -EFAULT);
    ck_assert_uint_eq(areas(), 0);
    free_before--; /* the object's page stays with kmalloc */
}
END_TEST

START_TEST(short_changes_do_not)
{
    ck_assert_int_eq(map_at(AT, 8, RW, ANON, NULL), 0);
    *byte_at(AT, ACCESS_WRITE) = 1;
    space->turn = ways = 0;
    ck_assert_int_eq(space_unmap(space, AT, 8 * PAGE_SIZE), 0);
    ck_assert_uint_eq(ways, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("space");
    TCase *tcase = tcase_create("space");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, anonymous_is_zero_and_keeps);
    tcase_add_test(tcase, faults_say_why);
    tcase_add_test(tcase, bad_arguments);
    tcase_add_test(tcase, neighbours_merge_and_split);
    tcase_add_test(tcase, fixed_replaces);
    tcase_add_test(tcase, private_file_is_copied_on_write);
    tcase_add_test(tcase, shared_file_is_written_through);
    tcase_add_test(tcase, write_and_execute_stand_together_where_both_are_asked_for);
    tcase_add_test(tcase, nothing_is_granted_that_was_not_asked_for);
    tcase_add_test(tcase, what_is_cut_off_a_file_leaves_its_mappings);
    tcase_add_test(tcase, remap_as_mremap_2_has_it);
    tcase_add_test(tcase, tables_that_are_freed_are_forgotten);
    tcase_add_test(tcase, protect_takes_away_at_once);
    tcase_add_test(tcase, places_are_found_from_the_top);
    tcase_add_test(tcase, locked_areas_are_cut_and_joined);
    tcase_add_test(tcase, break_grows_and_shrinks);
    tcase_add_test(tcase, remap_grows_moves_and_shrinks);
    tcase_add_test(tcase, long_changes_give_way_and_are_whole);
    tcase_add_test(tcase, sparse_changes_give_way);
    tcase_add_test(tcase, shared_memory_goes_in_turns);
    tcase_add_test(tcase, an_object_s_end_is_in_the_change);
    tcase_add_test(tcase, a_twin_in_its_own_place_is_none);
    tcase_add_test(tcase, short_changes_do_not);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
