/* SPDX-License-Identifier: Apache-2.0 */
/* wait_test.c - how threads wait, and what ends it: wakers, deadlines, signals. */
// sources: guest-kernel/core/news.c tests/unit/guest-kernel/turns.c guest-kernel/core/sched.c guest-kernel/core/wait.c
// guest-kernel/core/timer.c guest-kernel/lib/tree.c sources: guest-kernel/core/cpu.c guest-kernel/core/runq.c
// guest-kernel/core/rank.c guest-kernel/core/placement.c sources: guest-kernel/core/residence.c
// guest-kernel/core/asid.c
#include "sched_setup.h"

static struct wait_queue queue;
static uint64_t deadline_ns;
static unsigned how;

static void waits(struct actor *actor)
{
    note(actor->name);
    actor->result = wait_on(&queue, deadline_ns, how);
    note((char)(actor->name - 'a' + 'A'));
}

static void make_waiting(unsigned index, unsigned with)
{
    deadline_ns = WAIT_FOREVER;
    how = with;
    make(index, waits, SCHED_OTHER, 0, 0);
    run_for(1);
}

/* ---- queues ---- */

START_TEST(all_at_once)
{
    for (unsigned i = 0; i < 3; i++)
        make_waiting(i, WAIT_INTERRUPTIBLE);
    wait_wake_all(&queue, 0);
    ck_assert(wait_is_empty(&queue));
    run_for(1);
    ck_assert_str_eq(trace, "abcCBA"); /* the last to come is the first in the queue */
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(actors[i].result, 0);
    ck_assert_uint_eq(wait_wake(&queue, 0, 1), 0);
}
END_TEST

START_TEST(exclusive_ones_in_order)
{
    make_waiting(0, WAIT_EXCLUSIVE);
    make_waiting(1, WAIT_EXCLUSIVE);
    make_waiting(2, 0);
    make_waiting(3, WAIT_EXCLUSIVE);
    ck_assert_uint_eq(wait_wake(&queue, 0, 1), 2); /* and all that aren't exclusive */
    run_for(1);
    ck_assert_str_eq(trace, "abcdCA");
    ck_assert_uint_eq(wait_wake(&queue, 0, 0), 0);
    ck_assert_uint_eq(wait_wake(&queue, 0, 1), 1);
    run_for(1);
    ck_assert_str_eq(trace, "abcdCAB");
    ck_assert_uint_eq(wait_wake(&queue, 0, 5), 1);
    run_for(1);
    ck_assert_str_eq(trace, "abcdCABD");
}
END_TEST

struct called {
    struct waiter waiter;
    unsigned count;
    uint32_t events;
    bool leaves, counts;
};

static bool call(struct waiter *waiter, uint32_t events)
{
    struct called *called = (struct called *)waiter;

    called->count++;
    called->events = events;
    if (called->leaves)
        wait_remove(waiter);
    return called->counts;
}

START_TEST(functions_instead)
{
    struct called stays = {.waiter.wake = call}, leaves = {.waiter.wake = call, .leaves = true, .counts = true};
    struct called refuses = {.waiter = {.wake = call, .exclusive = true}};
    struct called takes = {.waiter = {.wake = call, .exclusive = true}, .leaves = true, .counts = true};
    struct called late = takes;

    wait_add(&queue, &refuses.waiter);
    wait_add(&queue, &takes.waiter);
    wait_add(&queue, &late.waiter);
    wait_add(&queue, &leaves.waiter);
    wait_add(&queue, &stays.waiter);
    ck_assert_uint_eq(wait_wake(&queue, 7, 1), 2); /* who refuses takes nobody's turn */
    ck_assert_uint_eq(stays.count, 1);
    ck_assert_uint_eq(stays.events, 7);
    ck_assert_uint_eq(leaves.count, 1);
    ck_assert_ptr_null(leaves.waiter.queue);
    ck_assert_uint_eq(refuses.count, 1);
    ck_assert_uint_eq(takes.count, 1);
    ck_assert_uint_eq(late.count, 0);
    ck_assert_uint_eq(wait_wake(&queue, 0, UINT32_MAX), 1);
    ck_assert_uint_eq(stays.count, 2);
    ck_assert_uint_eq(leaves.count, 1);
    ck_assert_uint_eq(late.count, 1);
    wait_remove(&leaves.waiter); /* it is in none */
    wait_remove(&stays.waiter);
    wait_remove(&refuses.waiter);
    ck_assert(wait_is_empty(&queue));
    ck_assert_ptr_null(queue.last);
}
END_TEST

START_TEST(out_of_the_middle)
{
    struct waiter waiter[3] = {{.exclusive = true}, {.exclusive = true}, {.exclusive = true}};

    for (unsigned i = 0; i < 3; i++)
        wait_add(&queue, &waiter[i]);
    wait_remove(&waiter[1]);
    ck_assert_ptr_eq(queue.first, &waiter[0]);
    ck_assert_ptr_eq(waiter[0].next, &waiter[2]);
    ck_assert_ptr_eq(waiter[2].previous, &waiter[0]);
    wait_remove(&waiter[2]);
    ck_assert_ptr_eq(queue.last, &waiter[0]);
    wait_remove(&waiter[0]);
    ck_assert(wait_is_empty(&queue));
}
END_TEST

/* ---- what ends a wait ---- */

START_TEST(deadlines)
{
    uint64_t start_ns = now_ns;

    how = WAIT_INTERRUPTIBLE;
    for (unsigned i = 0; i < 3; i++) {
        deadline_ns = start_ns + (3 - i) * 10 * MS;
        make(i, waits, SCHED_OTHER, 0, 0);
        run_for(1);
    }
    deadline_ns = now_ns; /* it is over before it begins */
    make(3, waits, SCHED_OTHER, 0, 0);
    run_for(1);
    ck_assert_str_eq(trace, "abcdD");
    run_for(9 * MS);
    ck_assert_str_eq(trace, "abcdD");
    run_for(2 * MS);
    ck_assert_str_eq(trace, "abcdDC");
    wait_wake_all(&queue, 0);
    run_for(100 * MS);
    ck_assert_str_eq(trace, "abcdDCBA");
    ck_assert_int_eq(actors[0].result, 0);
    ck_assert_int_eq(actors[1].result, 0);
    ck_assert_int_eq(actors[2].result, -ETIMEDOUT);
    ck_assert_int_eq(actors[3].result, -ETIMEDOUT);
    ck_assert(wait_is_empty(&queue));
}
END_TEST

static void signal_to(unsigned index, bool fatal)
{
    actors[index].pending = true;
    actors[index].fatal = fatal;
    sched_signal(&actors[index].thread);
}

START_TEST(signals)
{
    make_waiting(0, WAIT_INTERRUPTIBLE);
    make_waiting(1, WAIT_KILLABLE);
    make_waiting(2, 0);
    for (unsigned i = 0; i < 3; i++)
        signal_to(i, false);
    run_for(1);
    ck_assert_str_eq(trace, "abcA");
    ck_assert_int_eq(actors[0].result, -ERESTARTSYS);
    ck_assert(actors[0].thread.interrupted);
    ck_assert(actors[0].thread.attention);
    ck_assert_uint_eq(actors[0].thread.syscall_first, 42);
    for (unsigned i = 1; i < 3; i++)
        signal_to(i, true);
    run_for(1);
    ck_assert_str_eq(trace, "abcAB");
    ck_assert_int_eq(actors[1].result, -ERESTARTSYS);
    wait_wake_all(&queue, 0);
    run_for(1);
    ck_assert_str_eq(trace, "abcABC");
    ck_assert_int_eq(actors[2].result, 0);
    ck_assert(!actors[2].thread.interrupted);
}
END_TEST

START_TEST(signals_that_were_there_before)
{
    for (unsigned i = 0; i < 3; i++)
        actors[i].pending = true;
    make_waiting(0, WAIT_INTERRUPTIBLE);
    make_waiting(1, WAIT_KILLABLE);
    ck_assert_str_eq(trace, "aAb");
    ck_assert_int_eq(actors[0].result, -ERESTARTSYS);
    actors[2].fatal = true;
    make_waiting(2, WAIT_KILLABLE);
    ck_assert_str_eq(trace, "aAbcC");
    ck_assert_int_eq(actors[2].result, -ERESTARTSYS);
}
END_TEST

/* Else the wake-up of an exclusive waiter is lost: its waker has nobody else try. */
START_TEST(woken_with_a_signal_pending)
{
    make_waiting(0, WAIT_INTERRUPTIBLE | WAIT_EXCLUSIVE);
    make_waiting(1, WAIT_INTERRUPTIBLE | WAIT_EXCLUSIVE);
    ck_assert_uint_eq(wait_wake(&queue, 0, 1), 1);
    signal_to(0, false);
    signal_to(1, false); /* and the other way round */
    ck_assert_uint_eq(wait_wake(&queue, 0, 1), 1);
    run_for(1);
    ck_assert_str_eq(trace, "abAB");
    ck_assert_int_eq(actors[0].result, 0);
    ck_assert_int_eq(actors[1].result, 0);
}
END_TEST

START_TEST(interrupted_ones_leave_the_queue)
{
    make_waiting(0, WAIT_INTERRUPTIBLE | WAIT_EXCLUSIVE);
    make_waiting(1, WAIT_INTERRUPTIBLE | WAIT_EXCLUSIVE);
    signal_to(0, false);
    run_for(1);
    ck_assert_uint_eq(wait_wake(&queue, 0, 1), 1);
    run_for(1);
    ck_assert_int_eq(actors[0].result, -ERESTARTSYS);
    ck_assert_int_eq(actors[1].result, 0);
    ck_assert(wait_is_empty(&queue));
}
END_TEST

/* ---- stopping ---- */

static void stops(struct actor *actor)
{
    note(actor->name);
    sched_stop();
    note((char)(actor->name - 'a' + 'A'));
}

START_TEST(stopped)
{
    struct thread *thread = &actors[0].thread;

    make(0, stops, SCHED_OTHER, 0, 0);
    run_for(MS);
    ck_assert_int_eq(thread->state, THREAD_STOPPED);
    ck_assert(!sched_wake(thread));
    signal_to(0, true);
    run_for(MS);
    ck_assert_str_eq(trace, "a");
    sched_continue(thread);
    sched_continue(thread); /* it isn't stopped any more */
    run_for(MS);
    ck_assert_str_eq(trace, "aA");
    ck_assert_uint_eq(freed, 1);
}
END_TEST

START_TEST(nobody_waits)
{
    make_waiting(0, 0);
    wait_wake_all(&queue, 0);
    ck_assert(!sched_wake(&actors[0].thread)); /* it is ready */
    sched_continue(&actors[0].thread);
    run_for(1);
    ck_assert_str_eq(trace, "aA");
}
END_TEST

/* ---- where nobody wakes ---- */

static bool is_late(void *arg)
{
    return now_ns >= *(const uint64_t *)arg;
}

static void waits_in_place(struct actor *actor)
{
    uint64_t at_ns = now_ns + 5 * MS;

    note(actor->name);
    actor->result = wait_in_place(is_late, &at_ns, now_ns + actor->work_ns, true);
    note((char)(actor->name - 'a' + 'A'));
}

static void ticks(struct timer *timer)
{
    timer_set(timer, now_ns + MS);
}

/* Interrupts come, others don't run. */
START_TEST(in_place)
{
    struct timer timer = {.expired = ticks};

    timer_set(&timer, now_ns + MS);
    for (unsigned i = 0; i < 3; i++) {
        actors[i].work_ns = i == 1 ? 2 * MS : 9 * MS;
        actors[i].pending = i == 2;
        make(i, waits_in_place, SCHED_OTHER, 0, 0);
    }
    run_for(40 * MS);
    timer_cancel(&timer);
    ck_assert_str_eq(trace, "aAbBcC");
    ck_assert_int_eq(actors[0].result, 0);
    ck_assert_int_eq(actors[1].result, -ETIMEDOUT);
    ck_assert_int_eq(actors[2].result, -ERESTARTSYS);
    ck_assert(actors[2].thread.interrupted);
}
END_TEST

static void waits_for_a_time(struct actor *actor)
{
    actor->result = wait_for_deadline(now_ns + 10 * MS);
    note(actor->name);
}

START_TEST(for_a_time)
{
    make(0, waits_for_a_time, SCHED_OTHER, 0, 0);
    make(1, waits_for_a_time, SCHED_OTHER, 0, 0);
    run_for(MS);
    ck_assert(sched_wake(&actors[0].thread)); /* for nothing */
    signal_to(1, false);
    run_for(MS);
    ck_assert_str_eq(trace, "b");
    run_for(20 * MS);
    ck_assert_str_eq(trace, "ba");
    ck_assert_int_eq(actors[0].result, -ETIMEDOUT);
    ck_assert_int_eq(actors[1].result, -ERESTARTSYS);
}
END_TEST

/* A long loop takes what has come, and ends for a signal. */
static void loops(struct actor *actor)
{
    for (unsigned i = 0; i < 100 && !wait_loop_ends(actor->fatal); i++) {
        now_ns += MS;
        actor->result++;
    }
}

static void gets_a_signal(struct timer *timer)
{
    (void)timer;
    actors[0].pending = true;
}

START_TEST(loops_end)
{
    struct timer timer = {.expired = gets_a_signal};

    timer_set(&timer, now_ns + 25 * MS);
    make(0, loops, SCHED_OTHER, 0, 0);
    run_for(200 * MS);
    ck_assert_int_ge(actors[0].result, 25);
    ck_assert_int_le(actors[0].result, 36);
}
END_TEST

/* Where another CPU waits for the kernel lock it gets it, however lately the loop looked; else there is no need. */
static void signals_there(void)
{
    if (given == 3)
        actors[0].pending = true;
}

static void loops_on_one_of_two(struct actor *actor)
{
    static struct cpu other = {.number = 1, .place = CPU_IN_USER};

    cpus[1] = &other;
    cpu_count = 2;
    cpu_is_one_of_many = true;
    while_given = signals_there;
    for (unsigned i = 0; i < 100 && !wait_loop_ends(false); i++) {
        actor->result++;
        if (i == 9)
            other.place = CPU_IN_KERNEL;
    }
    cpu_count = 1;
    cpu_is_one_of_many = false;
}

START_TEST(loops_let_others_in)
{
    make(0, loops_on_one_of_two, SCHED_OTHER, 0, 0);
    run_for(MS);
    ck_assert_uint_eq(given, 3);
    ck_assert_int_eq(actors[0].result, 12);
    ck_assert(!is_given);
}
END_TEST

static void add(TCase *tcase)
{
    tcase_add_test(tcase, all_at_once);
    tcase_add_test(tcase, exclusive_ones_in_order);
    tcase_add_test(tcase, functions_instead);
    tcase_add_test(tcase, out_of_the_middle);
    tcase_add_test(tcase, deadlines);
    tcase_add_test(tcase, signals);
    tcase_add_test(tcase, signals_that_were_there_before);
    tcase_add_test(tcase, woken_with_a_signal_pending);
    tcase_add_test(tcase, interrupted_ones_leave_the_queue);
    tcase_add_test(tcase, stopped);
    tcase_add_test(tcase, nobody_waits);
    tcase_add_test(tcase, in_place);
    tcase_add_test(tcase, for_a_time);
    tcase_add_test(tcase, loops_end);
    tcase_add_test(tcase, loops_let_others_in);
}

int main(void)
{
    Suite *suite = suite_create("core/wait");
    TCase *tcase = tcase_create("wait");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, NULL);
    add(tcase);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
