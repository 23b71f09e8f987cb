/* SPDX-License-Identifier: Apache-2.0 */
/* pagewait_test.c - who waits for a page goes on when it has none of the flags any more, whatever else wakes it. */
// sources: guest-kernel/core/news.c tests/unit/guest-kernel/turns.c guest-kernel/core/sched.c guest-kernel/core/wait.c
// guest-kernel/core/timer.c sources: guest-kernel/lib/tree.c guest-kernel/vfs/pagewait.c sources:
// guest-kernel/core/cpu.c guest-kernel/core/runq.c guest-kernel/core/rank.c guest-kernel/core/placement.c sources:
// guest-kernel/core/residence.c guest-kernel/core/asid.c
#include "../core/sched_setup.h"
#include "vfs/pageindex.h"
#include "vfs/pagewait.h"

static struct page pages[256];

/* Actor n waits for page 32 * n: all have one queue. */
static void waits(struct actor *actor)
{
    note(actor->name);
    page_wait(&pages[32 * (actor->name - 'a')], PAGE_LOCKED | PAGE_WRITEBACK);
    note((char)(actor->name - 'a' + 'A'));
}

static void make_waiting(unsigned index, uint32_t flags)
{
    pages[32 * (size_t)index].flags = flags;
    make(index, waits, SCHED_OTHER, 0, 0);
    run_for(1);
}

START_TEST(each_for_its_own)
{
    for (unsigned i = 0; i < 3; i++)
        make_waiting(i, PAGE_LOCKED | PAGE_DIRTY);
    page_done(&pages[32], PAGE_LOCKED);
    run_for(1);
    ck_assert_str_eq(trace, "abcB");
    ck_assert_uint_eq(pages[32].flags, PAGE_DIRTY);
    page_done(&pages[64], PAGE_LOCKED);
    page_done(&pages[0], PAGE_LOCKED);
    run_for(1);
    ck_assert_uint_eq(strlen(trace), 6);
    ck_assert_uint_eq(freed, 3);
}
END_TEST

START_TEST(until_it_has_none_of_them)
{
    make_waiting(0, PAGE_LOCKED | PAGE_WRITEBACK);
    page_done(&pages[0], PAGE_LOCKED);
    run_for(1);
    ck_assert_str_eq(trace, "a");
    page_done(&pages[0], PAGE_WRITEBACK);
    pages[0].flags |= PAGE_LOCKED; /* by another, before the waiter runs */
    run_for(1);
    ck_assert_str_eq(trace, "a");
    page_done(&pages[0], PAGE_LOCKED);
    run_for(1);
    ck_assert_str_eq(trace, "aA");
}
END_TEST

START_TEST(nobody_waits_for_one_that_is_settled)
{
    make_waiting(0, PAGE_UPTODATE | PAGE_DIRTY);
    ck_assert_str_eq(trace, "aA");
    page_done(&pages[0], PAGE_DIRTY);
    ck_assert_uint_eq(pages[0].flags, PAGE_UPTODATE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pagewait");
    TCase *tcase = tcase_create("pagewait");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, each_for_its_own);
    tcase_add_test(tcase, until_it_has_none_of_them);
    tcase_add_test(tcase, nobody_waits_for_one_that_is_settled);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
