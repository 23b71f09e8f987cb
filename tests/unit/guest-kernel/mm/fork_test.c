/* SPDX-License-Identifier: Apache-2.0 */
/* fork_test.c - a space and its twin: each has what was there, and neither sees what the other writes, unless it is
 * shared. */
// sources: guest-kernel/mm/page.c guest-kernel/mm/kmalloc.c guest-kernel/mm/pagetable.c guest-kernel/mm/fork.c
// sources: guest-kernel/mm/space.c guest-kernel/mm/fault.c guest-kernel/mm/area.c guest-kernel/mm/remap.c
// sources: guest-kernel/mm/turns.c
// sources: guest-kernel/mm/object.c guest-kernel/mm/shared.c guest-kernel/mm/usercopy.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/one_cpu.c guest-kernel/mm/commit.c
#include <check.h>

#include "core/oom.h"
#include "core/thread.h"
#include "mm/usercopy.h"
#include "space_setup.h"

static struct space *parent, *child;
static struct process process;
static struct thread thread = {.process = &process};

struct thread *arch_current(void)
{
    process.space = space;
    return &thread;
}

int oom_fault(struct space *of, uaddr_t address, unsigned access)
{
    return space_fault(of, address, access);
}

static void fork_space(void)
{
    parent = space;
    child = NULL;
    ck_assert_int_eq(space_fork(parent, &child), 0);
    ck_assert_uint_eq(child->resident_pages <= parent->resident_pages, 1);
}

/* Which of the two is looked at; teardown wants the parent. */
static void in(struct space *which)
{
    space = which;
}

static void end_child(void)
{
    in(parent);
    space_put(child);
}

static unsigned at(uaddr_t va)
{
    return *byte_at(va, ACCESS_READ);
}

static void set(uaddr_t va, unsigned value)
{
    *byte_at(va, ACCESS_WRITE) = (unsigned char)value;
}

static paddr_t frame_at(uaddr_t va)
{
    return isa_pte_address(*pagetable_find(&space->arch, va));
}

START_TEST(private_memory_is_copied_when_one_writes)
{
    ck_assert_int_eq(map_at(AT, 1000, RW, ANON, NULL), 0);
    for (unsigned i = 0; i < 700; i += 100)
        set(AT + i * PAGE_SIZE, i / 100 + 1);
    fork_space();
    ck_assert_uint_eq(child->resident_pages, parent->resident_pages);
    ck_assert(!isa_pte_allows(*pagetable_find(&parent->arch, AT), ACCESS_WRITE));
    ck_assert(!isa_pte_allows(*pagetable_find(&child->arch, AT), ACCESS_WRITE));
    uint64_t free = page_free_count();
    set(AT, 101);                   /* the parent's */
    set(AT + 900 * PAGE_SIZE, 102); /* not there yet */
    in(child);
    ck_assert_uint_eq(at(AT), 1);
    set(AT + 100 * PAGE_SIZE, 103);
    ck_assert_uint_eq(at(AT + 900 * PAGE_SIZE), 0);
    in(parent);
    ck_assert_uint_eq(at(AT), 101);
    ck_assert_uint_eq(at(AT + 100 * PAGE_SIZE), 2);
    for (unsigned i = 200; i < 700; i += 100)
        ck_assert_uint_eq(at(AT + i * PAGE_SIZE), i / 100 + 1);
    ck_assert_uint_le(free - page_free_count(), 5); /* two copies, two new pages, perhaps a table: no more */
    end_child();
    ck_assert_uint_eq(at(AT + 200 * PAGE_SIZE), 3);
}
END_TEST

START_TEST(a_page_that_only_one_has_left_is_not_copied)
{
    ck_assert_int_eq(map_at(AT, 4, RW, ANON, NULL), 0);
    set(AT, 1);
    set(AT + PAGE_SIZE, 2);
    paddr_t first = frame_at(AT), second = frame_at(AT + PAGE_SIZE);
    fork_space();
    in(child);
    set(AT, 11);
    ck_assert_uint_ne(frame_at(AT), first);
    in(parent);
    set(AT, 21);
    ck_assert_uint_eq(frame_at(AT), first);
    in(child);
    ck_assert_uint_eq(at(AT), 11);
    end_child();
    set(AT + PAGE_SIZE, 22);
    ck_assert_uint_eq(frame_at(AT + PAGE_SIZE), second);
}
END_TEST

START_TEST(a_grandchild_has_what_was_there)
{
    struct space *grandparent;

    ck_assert_int_eq(map_at(AT, 4, RW, ANON, NULL), 0);
    set(AT, 1);
    set(AT + PAGE_SIZE, 2);
    fork_space();
    grandparent = parent;
    in(child);
    set(AT, 11);
    fork_space();
    in(child);
    ck_assert_uint_eq(at(AT), 11);
    ck_assert_uint_eq(at(AT + PAGE_SIZE), 2);
    space_put(parent);
    set(AT + PAGE_SIZE, 22);
    parent = grandparent;
    in(parent);
    ck_assert_uint_eq(at(AT), 1);
    ck_assert_uint_eq(at(AT + PAGE_SIZE), 2);
    end_child();
}
END_TEST

START_TEST(a_private_file_is_copied_and_the_file_stays)
{
    ck_assert_int_eq(map_at(AT, 4, RW, MAP_PRIVATE, &file), 0);
    ck_assert_uint_eq(at(AT), 1);
    set(AT + PAGE_SIZE, 50);
    fork_space();
    in(child);
    ck_assert_uint_eq(at(AT), 1);
    ck_assert_uint_eq(at(AT + PAGE_SIZE), 50);
    ck_assert_uint_eq(at(AT + 2 * PAGE_SIZE), 3);
    set(AT, 60);
    set(AT + PAGE_SIZE, 61);
    set(AT + 3 * PAGE_SIZE, 62);
    in(parent);
    ck_assert_uint_eq(at(AT), 1);
    ck_assert_uint_eq(at(AT + PAGE_SIZE), 50);
    ck_assert_uint_eq(at(AT + 3 * PAGE_SIZE), 4);
    set(AT, 70);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(*(unsigned char *)page_data(file_page[i]), i + 1);
    end_child();
    /* The cache alone has it beside this mapping, and still it isn't this one's. */
    ck_assert_uint_eq(at(AT + 2 * PAGE_SIZE), 3);
    page_put(file_page[2]);
    set(AT + 2 * PAGE_SIZE, 71);
    ck_assert_uint_ne(frame_at(AT + 2 * PAGE_SIZE), page_phys(file_page[2]));
    file_page[2] = NULL;
}
END_TEST

START_TEST(shared_memory_stays_shared)
{
    struct vm_object *object = shared_create(4 * PAGE_SIZE);
    uaddr_t file_at = AT + 64 * PAGE_SIZE;

    ck_assert_int_eq(map_at(AT, 4, RW, MAP_SHARED, object), 0);
    object->ops->put(object);
    free_before -= 2; /* the pages of the object and of its node stay with kmalloc */
    ck_assert_int_eq(map_at(file_at, 4, RW, MAP_SHARED, &file), 0);
    set(AT, 5);
    set(file_at, 6);
    fork_space();
    ck_assert(isa_pte_allows(*pagetable_find(&parent->arch, AT), ACCESS_WRITE));
    ck_assert(isa_pte_allows(*pagetable_find(&child->arch, AT), ACCESS_WRITE));
    in(child);
    ck_assert_uint_eq(at(AT), 5);
    ck_assert_uint_eq(at(file_at), 6);
    set(AT, 15);
    set(AT + PAGE_SIZE, 16);
    set(file_at, 17);
    set(file_at + PAGE_SIZE, 18);
    in(parent);
    ck_assert_uint_eq(at(AT), 15);
    ck_assert_uint_eq(at(AT + PAGE_SIZE), 16);
    ck_assert_uint_eq(at(file_at), 17);
    ck_assert_uint_eq(at(file_at + PAGE_SIZE), 18);
    ck_assert_uint_eq(*(unsigned char *)page_data(file_page[1]), 18);
    object_unmap_in_turns(&file, 1); /* a truncation reaches both */
    ck_assert(!isa_pte_is_present(*pagetable_find(&parent->arch, file_at + PAGE_SIZE)));
    ck_assert(!isa_pte_is_present(*pagetable_find(&child->arch, file_at + PAGE_SIZE)));
    ck_assert(isa_pte_is_present(*pagetable_find(&child->arch, file_at)));
    end_child();
}
END_TEST

START_TEST(what_may_not_be_touched_is_copied_too)
{
    ck_assert_int_eq(map_at(AT, 4, RW, ANON, NULL), 0);
    set(AT, 1);
    ck_assert_int_eq(space_protect(space, AT, 4 * PAGE_SIZE, 0), 0);
    fork_space();
    in(child);
    ck_assert_int_eq(space_fault(space, AT, ACCESS_READ), -EACCES);
    ck_assert_int_eq(space_protect(space, AT, 4 * PAGE_SIZE, RW), 0);
    ck_assert_uint_eq(at(AT), 1);
    set(AT, 2);
    in(parent);
    ck_assert_int_eq(space_fault(space, AT, ACCESS_READ), -EACCES);
    ck_assert_int_eq(space_protect(space, AT, 4 * PAGE_SIZE, RW), 0);
    ck_assert_uint_eq(at(AT), 1);
    end_child();
}
END_TEST

START_TEST(reading_never_gives_the_right_to_write)
{
    ck_assert_int_eq(map_at(AT, 4, RW, ANON, NULL), 0);
    set(AT, 1);
    fork_space();
    in(child);
    ck_assert_int_eq(space_protect(space, AT, PAGE_SIZE, PROT_READ), 0);
    ck_assert_int_eq(space_protect(space, AT, PAGE_SIZE, ALL), 0);
    ck_assert_int_eq(space_fault(space, AT, ACCESS_EXEC), 0);
    ck_assert(!isa_pte_allows(*pagetable_find(&space->arch, AT), ACCESS_WRITE));
    set(AT, 2);
    in(parent);
    ck_assert_uint_eq(at(AT), 1);
    end_child();
}
END_TEST

START_TEST(advice_leaves_areas_out)
{
    uaddr_t wiped = AT + 4 * PAGE_SIZE, gap = AT + 100 * PAGE_SIZE;

    ck_assert_int_eq(map_at(AT, 12, RW, ANON, NULL), 0);
    ck_assert_int_eq(map_at(AT + 12 * PAGE_SIZE, 4, RW, MAP_PRIVATE, &file), 0);
    for (unsigned i = 0; i < 12; i++)
        set(AT + i * PAGE_SIZE, i + 1);
    ck_assert_int_eq(space_fork_advise(space, AT, AT + 2 * PAGE_SIZE, AREA_FORK_OMITS, 0), 0);
    ck_assert_int_eq(space_fork_advise(space, wiped, wiped + 2 * PAGE_SIZE, AREA_FORK_WIPES, 0), 0);
    ck_assert_uint_eq(areas(), 5);
    ck_assert_int_eq(space_fork_advise(space, gap, gap + PAGE_SIZE, AREA_FORK_OMITS, 0), -ENOMEM);
    ck_assert_int_eq(space_fork_advise(space, AT + 12 * PAGE_SIZE, AT + 13 * PAGE_SIZE, AREA_FORK_WIPES, 0), -EINVAL);
    ck_assert_uint_eq(areas(), 5);
    fork_space();
    in(child);
    ck_assert_uint_eq(areas(), 4);
    ck_assert_int_eq(space_fault(space, AT + PAGE_SIZE, ACCESS_READ), -EFAULT);
    ck_assert_uint_eq(at(AT + 2 * PAGE_SIZE), 3);
    ck_assert_uint_eq(at(wiped + PAGE_SIZE), 0);
    ck_assert_uint_eq(at(wiped + 2 * PAGE_SIZE), 7);
    set(wiped, 99);
    struct space *first = parent;
    fork_space(); /* the advice goes on to its children */
    in(child);
    ck_assert_uint_eq(at(wiped), 0);
    end_child();
    child = parent;
    parent = first;
    end_child();
    ck_assert_uint_eq(at(wiped), 5);
}
END_TEST

START_TEST(advice_is_taken_back)
{
    ck_assert_int_eq(map_at(AT, 12, RW, ANON, NULL), 0);
    set(AT, 1);
    set(AT + PAGE_SIZE, 2);
    ck_assert_int_eq(space_fork_advise(space, AT, AT + PAGE_SIZE, AREA_FORK_OMITS, 0), 0);
    ck_assert_int_eq(space_fork_advise(space, AT, AT + 2 * PAGE_SIZE, AREA_FORK_WIPES, 0), 0);
    ck_assert_int_eq(space_fork_advise(space, AT, AT + 12 * PAGE_SIZE, 0, AREA_FORK_OMITS), 0);
    ck_assert_uint_eq(areas(), 2);
    ck_assert_int_eq(space_fork_advise(space, AT + PAGE_SIZE, AT + 2 * PAGE_SIZE, 0, AREA_FORK_WIPES), 0);
    fork_space();
    in(child);
    ck_assert_uint_eq(at(AT), 0);
    ck_assert_uint_eq(at(AT + PAGE_SIZE), 2);
    end_child();
    ck_assert_uint_eq(at(AT), 1);
    ck_assert_int_eq(space_fork_advise(space, AT, AT + 12 * PAGE_SIZE, 0, AREA_FORK_WIPES), 0);
    ck_assert_uint_eq(areas(), 1);
}
END_TEST

START_TEST(what_a_device_fills_stays_where_it_is)
{
    struct page *held;

    ck_assert_int_eq(map_at(AT, 4, RW, ANON, NULL), 0);
    set(AT, 1);
    ck_assert_int_eq(user_page_get(AT, true, &held), 0);
    fork_space();
    *(unsigned char *)page_data(held) = 9; /* the device */
    ck_assert_uint_eq(at(AT), 9);
    set(AT, 10);
    ck_assert_uint_eq(frame_at(AT), page_phys(held));
    in(child);
    ck_assert_uint_eq(at(AT), 1);
    ck_assert(isa_pte_allows(*pagetable_find(&space->arch, AT), ACCESS_WRITE));
    end_child();
    ck_assert_int_eq(space_protect(space, AT, PAGE_SIZE, PROT_READ), 0);
    ck_assert_int_eq(space_protect(space, AT, PAGE_SIZE, RW), 0);
    set(AT, 11); /* held or not, it isn't copied */
    ck_assert_uint_eq(frame_at(AT), page_phys(held));
    page_put(held);
}
END_TEST

START_TEST(what_a_device_reads_is_not_what_the_other_writes)
{
    struct page *held;

    ck_assert_int_eq(map_at(AT, 4, RW, ANON, NULL), 0);
    set(AT, 1);
    ck_assert_int_eq(space_protect(space, AT, PAGE_SIZE, PROT_READ), 0);
    fork_space();
    in(child);
    ck_assert_int_eq(user_page_get(AT + 5, false, &held), 0);
    ck_assert_uint_eq(frame_at(AT), page_phys(held));
    in(parent);
    ck_assert_uint_ne(frame_at(AT), page_phys(held));
    ck_assert_int_eq(space_protect(space, AT, PAGE_SIZE, RW), 0);
    set(AT, 2);
    ck_assert_uint_eq(*(unsigned char *)page_data(held), 1);
    page_put(held);
    end_child();
}
END_TEST

START_TEST(places_are_the_same)
{
    space->brk_start = space->brk = AT;
    ck_assert_uint_eq(space_brk(space, AT + 3 * PAGE_SIZE + 5), AT + 3 * PAGE_SIZE + 5);
    space->top = 1ul << 32;
    space->mmap_top = 1ul << 31;
    space->vdso = 0x7000;
    set(AT, 1);
    fork_space();
    ck_assert_uint_eq(child->brk_start, AT);
    ck_assert_uint_eq(child->brk, AT + 3 * PAGE_SIZE + 5);
    ck_assert_uint_eq(child->top, 1ul << 32);
    ck_assert_uint_eq(child->mmap_top, 1ul << 31);
    ck_assert_uint_eq(child->vdso, 0x7000);
    ck_assert_uint_eq(child->area_count, 1);
    in(child);
    ck_assert_uint_eq(areas(), 1);
    ck_assert_uint_eq(space_brk(space, AT), AT);
    ck_assert_uint_eq(areas(), 0);
    end_child();
    ck_assert_uint_eq(at(AT), 1);
}
END_TEST

/* With 0, 1, 2 ... frames left: it fails as a whole, until it doesn't. */
START_TEST(a_fork_without_memory_changes_nothing)
{
    struct page *page, *taken = NULL, *held;
    int error = -ENOMEM;
    unsigned failures = 0;

    ck_assert_int_eq(map_at(AT, 2000, RW, ANON, NULL), 0);
    ck_assert_int_eq(map_at(AT + 4000 * PAGE_SIZE, 4, RW, MAP_SHARED, &file), 0);
    for (unsigned i = 0; i < 2000; i += 300)
        set(AT + i * PAGE_SIZE, i / 100 + 1);
    set(AT + 4000 * PAGE_SIZE, 7);
    ck_assert_int_eq(user_page_get(AT, true, &held), 0);
    while ((page = page_alloc()) != NULL) {
        page->owner = taken;
        taken = page;
    }
    while (error != 0) {
        uint64_t free = page_free_count(), resident = space->resident_pages;
        parent = space;
        error = space_fork(parent, &child);
        if (error != 0) {
            failures++;
            ck_assert_int_eq(error, -ENOMEM);
            ck_assert_uint_eq(page_free_count(), free);
            ck_assert_int_eq(file_refs, 1);
            ck_assert_uint_eq(space->resident_pages, resident);
            ck_assert_ptr_null(file.areas->object_next);
            for (unsigned i = 0; i < 2000; i += 300) { /* with no frame free nothing may be copied */
                ck_assert_uint_eq(at(AT + i * PAGE_SIZE), i / 100 + 1);
                set(AT + i * PAGE_SIZE, i / 100 + 1);
            }
            page = taken;
            taken = page->owner;
            page_put(page);
        }
    }
    ck_assert_uint_gt(failures, 6); /* a root, two directories, five tables, a copy */
    while ((page = taken) != NULL) {
        taken = page->owner;
        page_put(page);
    }
    end_child();
    page_put(held);
    ck_assert_int_eq(file_refs, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fork");
    TCase *tcase = tcase_create("fork");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, private_memory_is_copied_when_one_writes);
    tcase_add_test(tcase, a_page_that_only_one_has_left_is_not_copied);
    tcase_add_test(tcase, a_grandchild_has_what_was_there);
    tcase_add_test(tcase, a_private_file_is_copied_and_the_file_stays);
    tcase_add_test(tcase, shared_memory_stays_shared);
    tcase_add_test(tcase, what_may_not_be_touched_is_copied_too);
    tcase_add_test(tcase, reading_never_gives_the_right_to_write);
    tcase_add_test(tcase, advice_leaves_areas_out);
    tcase_add_test(tcase, advice_is_taken_back);
    tcase_add_test(tcase, what_a_device_fills_stays_where_it_is);
    tcase_add_test(tcase, what_a_device_reads_is_not_what_the_other_writes);
    tcase_add_test(tcase, places_are_the_same);
    tcase_add_test(tcase, a_fork_without_memory_changes_nothing);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
