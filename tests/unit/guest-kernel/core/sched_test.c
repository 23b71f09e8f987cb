/* SPDX-License-Identifier: Apache-2.0 */
/* sched_test.c - who gets the CPU, for how long, and how threads give it up and get it back. */
// sources: guest-kernel/core/news.c tests/unit/guest-kernel/turns.c guest-kernel/core/sched.c guest-kernel/core/wait.c
// guest-kernel/core/timer.c guest-kernel/lib/tree.c sources: guest-kernel/core/cpu.c guest-kernel/core/runq.c
// guest-kernel/core/rank.c guest-kernel/core/placement.c guest-kernel/core/residence.c guest-kernel/core/asid.c
#include "sched_setup.h"

#define WITHIN(value, low, high)                 \
    do {                                         \
        ck_assert_uint_ge((value), (low) * MS);  \
        ck_assert_uint_le((value), (high) * MS); \
    } while (0)

static void computes(struct actor *actor)
{
    compute(actor->work_ns);
    note((char)(actor->name - 'a' + 'A')); /* it is done */
}

static uint64_t cpu_of(unsigned index)
{
    return sched_cpu_ns(&actors[index].thread);
}

/* ---- ordinary threads ---- */

static void computes_on(struct actor *actor)
{
    (void)actor;
    for (;;) {
        compute(5 * MS);
        memset(trace, 0, sizeof(trace));
    }
}

START_TEST(equal_shares)
{
    for (unsigned i = 0; i < 3; i++)
        make(i, computes_on, i == 2 ? SCHED_BATCH : SCHED_OTHER, 0, 0);
    run_for(300 * MS);
    for (unsigned i = 0; i < 3; i++)
        WITHIN(cpu_of(i), 94, 106);
}
END_TEST

START_TEST(shares_by_weight)
{
    make(0, computes_on, SCHED_OTHER, 0, 0);
    make(1, computes_on, SCHED_OTHER, 0, 5); /* 335 to 1024 */
    make(2, computes_on, SCHED_OTHER, 0, -5);
    run_for(1000 * MS);
    WITHIN(cpu_of(0), 215, 250); /* 1024 of 4480 */
    WITHIN(cpu_of(1), 65, 85);
    WITHIN(cpu_of(2), 675, 710);
}
END_TEST

START_TEST(idle_ones_have_what_is_left)
{
    make(0, computes, SCHED_IDLE, 0, 0);
    make(1, computes, SCHED_OTHER, 0, 19);
    actors[0].work_ns = actors[1].work_ns = 50 * MS;
    run_for(400 * MS);
    ck_assert_ptr_nonnull(strchr(trace, 'A'));
    ck_assert(strchr(trace, 'B') < strchr(trace, 'A'));
}
END_TEST

static void computes_and_sleeps(struct actor *actor)
{
    for (;;) {
        sched_sleep(now_ns + 10 * MS, 0);
        uint64_t woken_ns = now_ns;
        compute(MS / 2);
        memset(trace, 0, sizeof(trace));
        if (now_ns - woken_ns > actor->work_ns)
            actor->work_ns = now_ns - woken_ns;
    }
}

START_TEST(a_sleeper_is_served_soon)
{
    make(0, computes_on, SCHED_OTHER, 0, 0);
    make(1, computes_on, SCHED_OTHER, 0, 0);
    make(2, computes_and_sleeps, SCHED_OTHER, 0, 0);
    run_for(500 * MS);
    ck_assert_uint_gt(actors[2].work_ns, 0);
    ck_assert_uint_le(actors[2].work_ns, 8 * MS);
}
END_TEST

START_TEST(sleep_is_no_credit)
{
    make(0, computes_on, SCHED_OTHER, 0, 0);
    make(1, computes_on, SCHED_OTHER, 0, 0);
    run_for(200 * MS);
    uint64_t before = cpu_of(0);
    make(2, computes_on, SCHED_OTHER, 0, 0); /* has had nothing: that is no reason to have all of it now */
    run_for(90 * MS);
    WITHIN(cpu_of(2), 22, 38);
    WITHIN(cpu_of(0) - before, 22, 38);
}
END_TEST

/* Makes another one each millisecond, which goes before it as long as it is new. */
static void spawns(struct actor *actor)
{
    for (unsigned i = 2; i < ACTORS; i++) {
        actors[i].work_ns = 20 * MS;
        make(i, computes, SCHED_OTHER, 0, 0);
        sched_sleep(now_ns + 3 * MS, 0);
    }
    actor->result = 1;
}

START_TEST(latecomers_starve_nobody)
{
    make(0, computes_on, SCHED_OTHER, 0, 0);
    run_for(100 * MS);
    uint64_t before = cpu_of(0);
    make(1, spawns, SCHED_OTHER, 0, 0);
    run_for(60 * MS);
    ck_assert_int_eq(actors[1].result, 1);
    WITHIN(cpu_of(0) - before, 7, 30);
}
END_TEST

/* Two lines of heirs, each of which ends once it has made its own, where somebody was who has ended before. */
static void has_an_heir(struct actor *actor)
{
    unsigned heir = (unsigned)(actor - actors + 1) % 6 + 1;

    compute(MS);
    memset(&actors[heir], 0, sizeof(actors[heir]));
    actors[heir].thread.sched.weight = 1024;
    make(heir, has_an_heir, SCHED_OTHER, 0, 0);
    memset(trace, 0, sizeof(trace));
}

START_TEST(heirs_starve_nobody)
{
    make(0, computes_on, SCHED_OTHER, 0, 0);
    run_for(2 * MS);
    make(1, has_an_heir, SCHED_OTHER, 0, 0);
    make(2, has_an_heir, SCHED_OTHER, 0, 0);
    run_for(90 * MS);
    WITHIN(cpu_of(0), 20, 50);
}
END_TEST

static void yields(struct actor *actor)
{
    for (unsigned i = 0; i < 3; i++) {
        note(actor->name);
        sched_yield();
    }
}

START_TEST(yielding)
{
    for (unsigned i = 0; i < 3; i++)
        make(i, yields, SCHED_OTHER, 0, 0);
    run_for(1);
    ck_assert_str_eq(trace, "abcabcabc");
    ck_assert_uint_eq(freed, 3);
}
END_TEST

/* ---- real-time ones ---- */

static void wakes_and_computes(struct actor *actor)
{
    compute(MS);
    ck_assert(sched_wake(&actors[actor->result].thread));
    compute(MS);
    note((char)(actor->name - 'a' + 'A'));
}

static void sleeps_and_computes(struct actor *actor)
{
    sched_sleep(WAIT_FOREVER, 0);
    computes(actor);
}

START_TEST(fifo_has_it_until_it_waits)
{
    for (unsigned i = 0; i < 3; i++) {
        actors[i].work_ns = 900 * MS;
        make(i, computes, i == 0 ? SCHED_OTHER : SCHED_FIFO, i == 0 ? 0 : 5, 0);
    }
    run_for(3000 * MS);
    ck_assert_str_eq(trace, "bBcCaA");
}
END_TEST

/* What the higher one has interrupted goes on before its equals; who waits gets behind them. */
START_TEST(fifo_by_priority)
{
    make(2, sleeps_and_computes, SCHED_FIFO, 9, 0);
    run_for(1);
    actors[0].result = 2;
    make(0, wakes_and_computes, SCHED_FIFO, 5, 0);
    actors[1].work_ns = MS;
    make(1, computes, SCHED_FIFO, 5, 0);
    run_for(100 * MS);
    ck_assert_str_eq(trace, "aacCaAbB");
}
END_TEST

START_TEST(the_highest_first)
{
    static const int priorities[5] = {1, 99, 63, 64, 30};

    for (unsigned i = 0; i < 5; i++)
        make(i, computes, i % 2 == 0 ? SCHED_FIFO : SCHED_RR, priorities[i], 0);
    run_for(1);
    ck_assert_str_eq(trace, "bBdDcCeEaA");
}
END_TEST

START_TEST(round_robin)
{
    for (unsigned i = 0; i < 2; i++) {
        actors[i].work_ns = 250 * MS;
        make(i, computes, SCHED_RR, 5, 0);
    }
    actors[2].work_ns = MS;
    make(2, computes, SCHED_RR, 4, 0);
    run_for(1000 * MS);
    ck_assert_str_eq(trace, "ababaAbBcC");
}
END_TEST

static void interrupts(struct actor *actor)
{
    for (unsigned i = 0; i < 4; i++) {
        sched_sleep(now_ns + 30 * MS, 0);
        note(actor->name);
    }
}

START_TEST(round_robin_keeps_its_slice)
{
    for (unsigned i = 0; i < 2; i++) {
        actors[i].work_ns = 150 * MS;
        make(i, computes, SCHED_RR, 5, 0);
    }
    make(2, interrupts, SCHED_FIFO, 6, 0);
    run_for(1000 * MS);
    /* it is a's turn again after each of them until 100 ms are full */
    ck_assert_str_eq(trace, "acacacabcbaAbB");
}
END_TEST

/* ---- policies change ---- */

START_TEST(a_queued_one_becomes_another)
{
    for (unsigned i = 0; i < 4; i++)
        make(i, computes, SCHED_OTHER, 0, 0);
    sched_set_policy(&actors[2].thread, SCHED_FIFO, 3, 0);
    sched_set_policy(&actors[3].thread, SCHED_RR, 7, 0);
    sched_set_policy(&actors[1].thread, SCHED_FIFO, 7, 0);
    sched_set_policy(&actors[3].thread, SCHED_RR, 2, 0);
    sched_set_policy(&actors[1].thread, SCHED_IDLE, 0, 0);
    run_for(1);
    ck_assert_str_eq(trace, "cCdDaAbB");
}
END_TEST

static void raises(struct actor *actor)
{
    compute(MS);
    sched_set_policy(&actors[1].thread, SCHED_FIFO, 1, 0);
    compute(MS);
    (void)actor;
}

START_TEST(and_has_the_cpu_at_once)
{
    make(0, raises, SCHED_OTHER, 0, 0);
    make(1, computes, SCHED_OTHER, 0, 0);
    run_for(10 * MS);
    ck_assert_str_eq(trace, "aabBa");
}
END_TEST

static void lowers_itself(struct actor *actor)
{
    compute(200 * MS);
    sched_set_policy(&actor->thread, SCHED_OTHER, 0, 0);
    compute(40 * MS);
    note('A');
}

/* The time that it had is no credit, and no debt. */
START_TEST(from_real_time_to_an_ordinary_one)
{
    make(0, lowers_itself, SCHED_FIFO, 5, 0);
    make(1, computes, SCHED_OTHER, 0, 0);
    actors[1].work_ns = 40 * MS;
    run_for(260 * MS);
    WITHIN(cpu_of(0), 225, 235);
    WITHIN(cpu_of(1), 25, 35);
}
END_TEST

/* ---- priorities that are lent ---- */

static void lent_is(unsigned i, int policy, int priority, int nice)
{
    const struct sched_entity *sched = &actors[i].thread.sched;

    ck_assert_int_eq(sched->policy, policy);
    ck_assert_int_eq(sched->rt_priority, priority);
    ck_assert_int_eq(sched->nice, nice);
}

START_TEST(the_better_rank_counts)
{
    struct thread *thread = &actors[0].thread, *lender = &actors[1].thread, *child = &actors[2].thread;

    sched_set_policy(thread, SCHED_IDLE, 0, 15);
    ck_assert(!sched_lend(thread, NULL));
    sched_set_policy(lender, SCHED_OTHER, 0, 5);
    ck_assert(sched_lend(thread, lender));
    lent_is(0, SCHED_OTHER, 0, 5);
    ck_assert(!sched_lend(thread, lender));
    sched_set_policy(lender, SCHED_RR, 20, 0);
    ck_assert(sched_lend(thread, lender));
    lent_is(0, SCHED_FIFO, 20, 15);
    sched_set_policy(thread, SCHED_RR | SCHED_RESET_ON_FORK, 10, 0);
    lent_is(0, SCHED_RR, 20, 0);
    sched_set_policy(thread, SCHED_RR, 30, 0);
    lent_is(0, SCHED_RR, 30, 0);
    sched_set_policy(thread, SCHED_BATCH, 0, 3);
    sched_inherit(child, thread);
    lent_is(2, SCHED_BATCH, 0, 3);
    ck_assert(sched_lend(thread, NULL));
    lent_is(0, SCHED_BATCH, 0, 3);
}
END_TEST

static void lends(struct actor *actor)
{
    compute(MS);
    (void)sched_lend(&actors[1].thread, &actor->thread);
    sched_yield();
    compute(MS);
}

static void gives_back(struct actor *actor)
{
    compute(MS);
    (void)sched_lend(&actor->thread, NULL);
    compute(MS);
}

/* The second comes before the third as the first, which waits for it, is above that one. */
START_TEST(who_is_lent_to_runs)
{
    make(0, lends, SCHED_FIFO, 9, 0);
    make(1, gives_back, SCHED_OTHER, 0, 0);
    make(2, computes, SCHED_FIFO, 5, 0);
    run_for(10 * MS);
    ck_assert_str_eq(trace, "abbacCb");
}
END_TEST

START_TEST(inherited)
{
    struct thread *from = &actors[0].thread, *to = &actors[1].thread;

    sched_set_policy(from, SCHED_RR, 4, 3);
    sched_inherit(to, from);
    ck_assert_int_eq(to->sched.policy, SCHED_RR);
    ck_assert_int_eq(to->sched.rt_priority, 4);
    sched_set_policy(from, SCHED_RR | SCHED_RESET_ON_FORK, 4, -3);
    sched_inherit(to, from);
    ck_assert_int_eq(to->sched.policy, SCHED_OTHER);
    ck_assert_int_eq(to->sched.rt_priority, 0);
    ck_assert_int_eq(to->sched.nice, 0);
    sched_set_policy(from, SCHED_BATCH | SCHED_RESET_ON_FORK, 0, -3);
    sched_inherit(to, from);
    ck_assert_int_eq(to->sched.policy, SCHED_BATCH);
    ck_assert_int_eq(to->sched.nice, 0);
}
END_TEST

/* ---- time ---- */

START_TEST(idle_time_is_nobodys)
{
    make(0, computes_and_sleeps, SCHED_OTHER, 0, 0);
    run_for(106 * MS);
    ck_assert_uint_eq(cpu_of(0), 5 * MS);
    ck_assert_uint_eq(sched_cpu_ns(sched_boot_thread()), 0);
    ck_assert_uint_eq(actors[0].thread.sched.preemptions, 0);
    ck_assert_uint_ge(actors[0].thread.sched.waits, 10);
}
END_TEST

static void takes_long(void)
{
    now_ns += 3 * MS;
    (void)sched_wake(&actors[0].thread);
}

static void waits_idly(struct actor *actor)
{
    (void)actor;
    sched_before_idle = takes_long;
    (void)sched_sleep(now_ns + 1000 * MS, WAIT_INTERRUPTIBLE);
    compute(5 * MS);
}

/* What is done before it, too, also if that ends the wait. */
START_TEST(nor_is_what_comes_before)
{
    make(0, waits_idly, SCHED_OTHER, 0, 0);
    run_for(50 * MS);
    ck_assert_uint_eq(cpu_of(0), 5 * MS);
    ck_assert_uint_ge(sched_idle_ns(cpu_this()), 3 * MS);
}
END_TEST

static void add(TCase *tcase)
{
    tcase_add_test(tcase, equal_shares);
    tcase_add_test(tcase, shares_by_weight);
    tcase_add_test(tcase, idle_ones_have_what_is_left);
    tcase_add_test(tcase, a_sleeper_is_served_soon);
    tcase_add_test(tcase, sleep_is_no_credit);
    tcase_add_test(tcase, latecomers_starve_nobody);
    tcase_add_test(tcase, heirs_starve_nobody);
    tcase_add_test(tcase, yielding);
    tcase_add_test(tcase, fifo_has_it_until_it_waits);
    tcase_add_test(tcase, fifo_by_priority);
    tcase_add_test(tcase, the_highest_first);
    tcase_add_test(tcase, round_robin);
    tcase_add_test(tcase, round_robin_keeps_its_slice);
    tcase_add_test(tcase, a_queued_one_becomes_another);
    tcase_add_test(tcase, and_has_the_cpu_at_once);
    tcase_add_test(tcase, from_real_time_to_an_ordinary_one);
    tcase_add_test(tcase, the_better_rank_counts);
    tcase_add_test(tcase, who_is_lent_to_runs);
    tcase_add_test(tcase, inherited);
    tcase_add_test(tcase, idle_time_is_nobodys);
    tcase_add_test(tcase, nor_is_what_comes_before);
}

int main(void)
{
    Suite *suite = suite_create("core/sched");
    TCase *tcase = tcase_create("sched");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, NULL);
    add(tcase);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
