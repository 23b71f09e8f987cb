/* SPDX-License-Identifier: Apache-2.0 */
/* cputimer_test.c - timers of CPU time where there are two CPUs: who runs on the other one is concerned at once. */
// sources: guest-kernel/core/cputimer.c guest-kernel/core/timer.c guest-kernel/core/cpu.c guest-kernel/lib/tree.c
#include <check.h>
#include <string.h>

#include "core/cputimer.h"
#include "core/kick.h"
#include "core/sched.h"
#include "core/tick.h"
#include "suite_run.h"

#define MS 1000000ull

static uint64_t now_ns;
static unsigned here; /* which CPU this is */
static struct cpu second;
static struct process process, other_process;
static struct thread threads[2], other;
static unsigned kicks, expired;

void (*sched_runs)(struct thread *thread);
void (*tick_begin)(const struct thread *at);

uint64_t arch_clock_ns(void)
{
    return now_ns;
}

void arch_timer_set(uint64_t deadline_ns)
{
    (void)deadline_ns;
}

struct thread *arch_current(void)
{
    return cpus[here]->current;
}

uint64_t sched_cpu_ns(const struct thread *thread)
{
    return thread->sched.cpu_ns;
}

void kick_cpu(struct cpu *cpu)
{
    ck_assert_ptr_eq(cpu, &second);
    kicks++;
}

static void runs_on(unsigned cpu, struct thread *thread)
{
    thread->sched.cpu = cpus[cpu];
    cpus[cpu]->current = thread;
    cpus[cpu]->is_idle = false;
}

static void begin(void)
{
    memset(&process, 0, sizeof(process));
    memset(&other_process, 0, sizeof(other_process));
    memset(threads, 0, sizeof(threads));
    memset(&other, 0, sizeof(other));
    list_init(&process.threads);
    list_init(&other_process.threads);
    for (unsigned i = 0; i < 2; i++) {
        threads[i].process = &process;
        list_insert(&process.threads, &threads[i].sibling);
    }
    other.process = &other_process;
    list_insert(&other_process.threads, &other.sibling);
    second.number = 1;
    cpus[1] = &second;
    cpu_count = 2;
    cpu_is_one_of_many = true;
    cpu_boot.timers.armed_ns = second.timers.armed_ns = TIMER_NEVER;
    runs_on(0, &threads[0]);
    runs_on(1, &threads[1]);
}

static void expires(struct cpu_timer *timer)
{
    (void)timer;
    expired++;
}

/* The second CPU comes into the kernel and leaves it (sched_leaves). */
static void second_leaves(void)
{
    ck_assert(second.cpu_time_is_new);
    second.cpu_time_is_new = false;
    here = 1;
    sched_runs(second.current);
    here = 0;
}

START_TEST(of_a_thread_there)
{
    struct cpu_timer timer = {.expired = expires};

    threads[1].sched.cpu_ns = 5 * MS;
    cputimer_set(&timer, &process, &threads[1], 6 * MS);
    ck_assert_uint_eq(kicks, 1);
    ck_assert(!cpu_boot.cpu_time.is_set);
    second_leaves();
    ck_assert(second.cpu_time.is_set);
    ck_assert_uint_eq(second.cpu_time.deadline_ns, MS);
    cputimer_set(&timer, &process, &threads[1], 9 * MS); /* it looks early enough already */
    ck_assert_uint_eq(kicks, 1);
    now_ns = 4 * MS;
    threads[1].sched.cpu_ns = 9 * MS;
    here = 1;
    timers_run(true);
    ck_assert_uint_eq(expired, 1);
}
END_TEST

START_TEST(of_a_process_there)
{
    struct cpu_timer timer = {.expired = expires};

    cputimer_set(&timer, &process, NULL, 6 * MS);
    ck_assert_uint_eq(kicks, 1);
    ck_assert_uint_eq(cpu_boot.cpu_time.deadline_ns, 3 * MS + 1); /* two use it up */
    second_leaves();
    ck_assert_uint_eq(second.cpu_time.deadline_ns, 3 * MS + 1);
    cputimer_set(&timer, &process, NULL, 2 * MS);
    ck_assert_uint_eq(kicks, 2);
}
END_TEST

START_TEST(of_nobody_there)
{
    struct cpu_timer timer = {.expired = expires};

    cputimer_set(&timer, &process, &threads[0], 6 * MS); /* its own */
    ck_assert_uint_eq(cpu_boot.cpu_time.deadline_ns, 6 * MS);
    cputimer_set(&timer, &other_process, &other, 6 * MS); /* it has no CPU */
    ck_assert_uint_eq(kicks, 0);
    runs_on(1, &other);
    cputimer_set(&timer, &process, NULL, 6 * MS); /* another process */
    ck_assert_uint_eq(kicks, 0);
    cputimer_set(&timer, &other_process, NULL, 6 * MS); /* as with RLIMIT_CPU, by prlimit */
    ck_assert_uint_eq(kicks, 1);
    second.is_idle = true;
    cputimer_set(&timer, &other_process, NULL, 3 * MS);
    ck_assert_uint_eq(kicks, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/cputimer");
    TCase *tcase = tcase_create("two CPUs");

    tcase_add_checked_fixture(tcase, begin, NULL);
    tcase_add_test(tcase, of_a_thread_there);
    tcase_add_test(tcase, of_a_process_there);
    tcase_add_test(tcase, of_nobody_there);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
