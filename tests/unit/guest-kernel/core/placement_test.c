/* SPDX-License-Identifier: Apache-2.0 */
/* placement_test.c - which CPU a thread goes to, whom an idle CPU takes, and how CPUs even out what they have to do. */
// sources: guest-kernel/core/placement.c guest-kernel/core/runq.c guest-kernel/lib/tree.c
#include "placement_setup.h"

struct cpu *cpus[ARCH_CPUS_MAX] = {&all[0], &all[1], &all[2], &all[3]};
unsigned cpu_count = CPUS;
bool cpu_is_one_of_many = true;

struct thread *arch_current(void)
{
    return all[0].current;
}

static void begin(void)
{
    setup();
    for (unsigned i = 0; i < CPUS; i++)
        all[i].boot_thread.sched.cpu = &all[i];
}

static struct thread *runs(unsigned cpu, unsigned index)
{
    threads[index].sched.cpu = &all[cpu];
    all[cpu].current = &threads[index];
    all[cpu].is_idle = false;
    return &threads[index];
}

static struct thread *waits_for(unsigned cpu, unsigned index)
{
    threads[index].sched.cpu = &all[cpu];
    runq_insert(&all[cpu].queue, &threads[index], false);
    return &threads[index];
}

/* ---- who becomes ready ---- */

START_TEST(chooses_where_it_was)
{
    threads[0].sched.cpu = &all[2];
    ck_assert_ptr_eq(placement_choose(&threads[0]), &all[2]);
    runs(2, 1);
    ck_assert_ptr_eq(placement_choose(&threads[0]), &all[0]); /* the first that is free */
    waits_for(0, 2);                                          /* it has been chosen already */
    ck_assert_ptr_eq(placement_choose(&threads[0]), &all[1]);
}
END_TEST

START_TEST(chooses_where_less_is_to_do)
{
    for (unsigned i = 0; i < CPUS; i++)
        runs(i, i);
    waits_for(0, 4);
    waits_for(1, 5);
    waits_for(3, 6);
    threads[7].sched.cpu = &all[0];
    ck_assert_ptr_eq(placement_choose(&threads[7]), &all[0]); /* with it, CPU 2 would have as much as 0 has */
    waits_for(0, 8);
    ck_assert_ptr_eq(placement_choose(&threads[7]), &all[2]);
    threads[0].sched.weight = 15; /* hardly anything, and two that wait: less than the three elsewhere */
    threads[4].sched.weight = threads[8].sched.weight = 15;
    all[0].queue.weight = 30;
    ck_assert_ptr_eq(placement_choose(&threads[7]), &all[0]);
}
END_TEST

START_TEST(chooses_what_is_allowed)
{
    threads[0].sched.cpu = &all[0];
    threads[0].sched.allowed = 1u << 3;
    ck_assert_ptr_eq(placement_choose(&threads[0]), &all[3]);
    runs(3, 1);
    waits_for(3, 2);
    ck_assert_ptr_eq(placement_choose(&threads[0]), &all[3]);
    threads[0].sched.allowed = 1u << 3 | 1u << 2;
    ck_assert_ptr_eq(placement_choose(&threads[0]), &all[2]);
    threads[4].sched.allowed = 1u << 1; /* a new one */
    ck_assert_ptr_eq(placement_choose(&threads[4]), &all[1]);
}
END_TEST

START_TEST(stays_where_its_stack_is)
{
    all[1].current = &threads[0]; /* it idles there */
    threads[0].sched.cpu = &all[1];
    threads[0].sched.allowed = 1u << 2;
    waits_for(1, 1);
    ck_assert_ptr_eq(placement_choose(&threads[0]), &all[1]);
}
END_TEST

START_TEST(real_time_goes_where_it_runs_at_once)
{
    runs(0, 0);
    runs(1, 1);
    runs(2, 2);
    runs(3, 3);
    real_time(0, 50);
    real_time(1, 20);
    real_time(2, 10);
    real_time(3, 30);
    real_time(4, 40)->sched.cpu = &all[0];
    ck_assert_ptr_eq(placement_choose(&threads[4]), &all[2]);
    real_time(5, 60);
    waits_for(2, 5); /* which goes first there */
    ck_assert_ptr_eq(placement_choose(&threads[4]), &all[1]);
}
END_TEST

START_TEST(moves_with_its_time)
{
    threads[0].sched.cpu = &all[0];
    all[0].queue.fair_ns = 1000;
    all[1].queue.fair_ns = 50;
    threads[0].sched.vruntime = 1200;
    placement_move(&threads[0], &all[1]);
    ck_assert_uint_eq(threads[0].sched.vruntime, 250);
    ck_assert_ptr_eq(threads[0].sched.cpu, &all[1]);
    placement_move(&threads[0], &all[1]);
    ck_assert_uint_eq(threads[0].sched.vruntime, 250);
    placement_move(&threads[0], &all[0]);
    ck_assert_uint_eq(threads[0].sched.vruntime, 1200);
    threads[0].sched.vruntime = 100; /* far behind: it can't have had less than nothing */
    placement_move(&threads[0], &all[1]);
    ck_assert_uint_eq(threads[0].sched.vruntime, 0);
    threads[1].sched.vruntime = 7; /* a new one */
    placement_move(&threads[1], &all[0]);
    ck_assert_uint_eq(threads[1].sched.vruntime, 7);
}
END_TEST

/* ---- who is taken ---- */

START_TEST(steals_from_the_longest_queue)
{
    runs(1, 0);
    runs(2, 1);
    waits_for(1, 2);
    waits_for(2, 3);
    with_vruntime(4, 1);
    waits_for(2, 4);
    ck_assert_ptr_eq(placement_steal(&all[0], NULL), &threads[3]);
    ck_assert_ptr_eq(threads[3].sched.cpu, &all[0]);
    ck_assert_uint_eq(all[2].queue.ready, 1);
    ck_assert(!threads[3].sched.is_queued);
    ck_assert_ptr_eq(placement_steal(&all[0], NULL), &threads[2]);
    ck_assert_ptr_eq(placement_steal(&all[0], NULL), &threads[4]);
    ck_assert_ptr_null(placement_steal(&all[0], NULL));
}
END_TEST

START_TEST(steals_no_one_that_must_stay)
{
    runs(1, 0);
    waits_for(1, 1)->sched.allowed = 1u << 1 | 1u << 2;
    waits_for(1, 0); /* the current one, which makes way: its stack is in use */
    ck_assert_ptr_null(placement_steal(&all[0], NULL));
    waits_for(1, 2)->sched.vruntime = 9;
    ck_assert_ptr_eq(placement_steal(&all[0], NULL), &threads[2]);
    ck_assert_ptr_eq(placement_steal(&all[2], NULL), &threads[1]);
}
END_TEST

START_TEST(steals_who_goes_before_its_own)
{
    runs(1, 0);
    waits_for(1, 1);
    ck_assert_ptr_null(placement_steal(&all[0], &threads[2])); /* an ordinary one has its own */
    real_time(3, 10);
    waits_for(1, 3);
    ck_assert_ptr_null(placement_steal(&all[0], real_time(4, 20)));
    ck_assert_ptr_null(placement_steal(&all[0], real_time(5, 10)));
    ck_assert_ptr_eq(placement_steal(&all[0], real_time(6, 5)), &threads[3]);
    waits_for(1, 3);
    ck_assert_ptr_eq(placement_steal(&all[0], &threads[2]), &threads[3]);
}
END_TEST

/* ---- evening out ---- */

START_TEST(balances_what_gets_better)
{
    runs(0, 0);
    runs(1, 1);
    waits_for(1, 2);
    ck_assert(!placement_balance(&all[0])); /* 1 and 2 would be 2 and 1 */
    waits_for(1, 3);
    ck_assert(placement_balance(&all[0]));
    ck_assert_uint_eq(all[0].queue.ready, 1);
    ck_assert_uint_eq(all[1].queue.ready, 1);
    ck_assert(threads[2].sched.is_queued);
    ck_assert_ptr_eq(threads[2].sched.cpu, &all[0]);
    ck_assert(!placement_balance(&all[0]));
    ck_assert(!placement_balance(&all[1]));
}
END_TEST

START_TEST(pushes_to_who_is_free)
{
    runs(0, 0);
    ck_assert_ptr_null(placement_push(&all[0])); /* nobody waits */
    waits_for(0, 1)->sched.allowed = 1u << 0 | 1u << 3;
    ck_assert_ptr_eq(placement_push(&all[0]), &all[3]);
    ck_assert_ptr_eq(threads[1].sched.cpu, &all[3]);
    ck_assert(threads[1].sched.is_queued);
    ck_assert_uint_eq(all[0].queue.ready, 0);
    ck_assert_uint_eq(all[3].queue.ready, 1);
    waits_for(0, 2)->sched.allowed = 1u << 0 | 1u << 3;
    ck_assert_ptr_null(placement_push(&all[0])); /* it isn't free any more */
    threads[2].sched.allowed = UINT32_MAX;
    ck_assert_ptr_eq(placement_push(&all[0]), &all[1]);
}
END_TEST

/* ---- behind many that have to stay ---- */

#define STAY 100u

/* Threads 1 to STAY are pinned to the first CPU, those behind them aren't. */
static void many_stay(void)
{
    runs(0, 0);
    for (unsigned i = 1; i <= STAY; i++)
        waits_for(0, i)->sched.allowed = 1;
}

static void looks_until(struct thread *wanted)
{
    struct thread *found = NULL;

    for (unsigned looks = 0; looks < 100 && found == NULL; looks++)
        found = placement_steal(&all[1], NULL);
    ck_assert_ptr_eq(found, wanted);
}

START_TEST(forgets_nobody)
{
    many_stay();
    looks_until(waits_for(0, STAY + 1));
    with_vruntime(STAY + 2, 50);
    looks_until(waits_for(0, STAY + 2));
    ck_assert_ptr_null(placement_steal(&all[1], NULL));
}
END_TEST

START_TEST(forgets_nobody_in_between)
{
    runs(0, 0);
    for (unsigned i = 1; i <= STAY; i++)
        waits_for(0, i)->sched.allowed = i == STAY / 2 ? UINT32_MAX : 1;
    looks_until(&threads[STAY / 2]);
}
END_TEST

START_TEST(forgets_no_real_time_one)
{
    runs(0, 0);
    for (unsigned i = 1; i <= STAY; i++) {
        real_time(i, 10);
        waits_for(0, i)->sched.allowed = 1;
    }
    real_time(STAY + 1, 5);
    waits_for(0, STAY + 1);
    ck_assert_ptr_eq(placement_steal(&all[1], &threads[STAY + 2]), &threads[STAY + 1]);
}
END_TEST

/* ---- who is pushed out ---- */

START_TEST(goes_where_it_runs_at_once)
{
    for (unsigned i = 0; i < CPUS; i++)
        runs(i, i);
    real_time(0, 20);
    real_time(1, 20);
    real_time(2, 30);
    real_time(3, 30);
    ck_assert(!placement_is_to_go(&all[0], &threads[0], true)); /* nobody pushes it out */
    waits_for(0, 4);
    ck_assert(!placement_is_to_go(&all[0], &threads[0], true));
    real_time(5, 20);
    waits_for(0, 5);
    threads[1].sched.rt_priority = 19;
    ck_assert(!placement_is_to_go(&all[0], &threads[0], true));
    ck_assert(placement_is_to_go(&all[0], &threads[0], false)); /* its slice is over */
    threads[1].sched.rt_priority = 20;
    ck_assert(!placement_is_to_go(&all[0], &threads[0], false)); /* nowhere better */
    real_time(6, 40);
    waits_for(0, 6);
    ck_assert(!placement_is_to_go(&all[0], &threads[0], true));
    threads[1].sched.policy = SCHED_OTHER;
    ck_assert(placement_is_to_go(&all[0], &threads[0], true));
    threads[0].sched.allowed = 1u << 0 | 1u << 2;
    ck_assert(!placement_is_to_go(&all[0], &threads[0], true));
    threads[0].sched.allowed = 1u << 2; /* it has to */
    ck_assert(placement_is_to_go(&all[0], &threads[0], true));
}
END_TEST

START_TEST(ordinary_ones_stay)
{
    runs(0, 0);
    real_time(1, 10);
    waits_for(0, 1);
    ck_assert(!placement_is_to_go(&all[0], &threads[0], false));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("placement");
    TCase *tcase = tcase_create("CPUs");

    tcase_add_checked_fixture(tcase, begin, NULL);
    tcase_add_test(tcase, chooses_where_it_was);
    tcase_add_test(tcase, chooses_where_less_is_to_do);
    tcase_add_test(tcase, chooses_what_is_allowed);
    tcase_add_test(tcase, stays_where_its_stack_is);
    tcase_add_test(tcase, real_time_goes_where_it_runs_at_once);
    tcase_add_test(tcase, moves_with_its_time);
    tcase_add_test(tcase, steals_from_the_longest_queue);
    tcase_add_test(tcase, steals_no_one_that_must_stay);
    tcase_add_test(tcase, steals_who_goes_before_its_own);
    tcase_add_test(tcase, balances_what_gets_better);
    tcase_add_test(tcase, pushes_to_who_is_free);
    tcase_add_test(tcase, forgets_nobody);
    tcase_add_test(tcase, forgets_nobody_in_between);
    tcase_add_test(tcase, forgets_no_real_time_one);
    tcase_add_test(tcase, goes_where_it_runs_at_once);
    tcase_add_test(tcase, ordinary_ones_stay);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
