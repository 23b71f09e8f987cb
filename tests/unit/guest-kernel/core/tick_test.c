/* SPDX-License-Identifier: Apache-2.0 */
/* tick_test.c - what a tick counts as, when there are ticks, and how the time is split by them. */
// sources: guest-kernel/core/load.c
// sources: guest-kernel/core/tick.c guest-kernel/core/cputimer.c guest-kernel/core/timer.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/one_cpu.c
#include <check.h>
#include <string.h>

#include "core/cputimer.h"
#include "core/sched.h"
#include "core/tick.h"
#include "mm/usercopy.h"

#define MS 1000000ull

static uint64_t now_ns;
static uint8_t code[8];
static bool code_is_there;
static struct process process;
static struct thread thread;
static unsigned expired, rt_told;

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
    return &thread;
}

uint64_t arch_frame_pc(const struct trap_frame *frame)
{
    return frame->rip;
}

bool arch_is_syscall(const uint8_t at[4])
{
    return at[2] == 0x0f && at[3] == 0x05;
}

bool user_word_at_hand(uaddr_t addr, bool to_write, uint32_t **word)
{
    ck_assert(!to_write);
    ck_assert_uint_eq(addr % 4, 0);
    *word = (uint32_t *)(void *)(code + (addr - 0x1000));
    return code_is_there && addr >= 0x1000 && addr < 0x1008;
}

uint64_t sched_cpu_ns(const struct thread *of)
{
    return of->sched.cpu_ns;
}

unsigned cpu_ready_count(void)
{
    return 1;
}

void sched_balance(void)
{
    ck_abort_msg("there is one CPU");
}

static void setup(void)
{
    memset(&process, 0, sizeof(process));
    memset(&thread, 0, sizeof(thread));
    list_init(&process.threads);
    list_insert(&process.threads, &thread.sibling);
    process.space = (struct space *)&process; /* it has one */
    thread.process = &process;
    thread.sched.cpu = cpus[0];
    cpus[0]->current = &thread;
    cpus[0]->is_idle = false;
    thread.vector = &thread; /* there are others */
    thread.frame.rip = 0x1006;
    memcpy(code, "\x90\x90\x90\x90\x0f\x05\x90\x90", 8);
    code_is_there = true;
    tick_init();
}

static void pass(uint64_t ns)
{
    now_ns += ns;
    timers_run(true);
}

START_TEST(counts)
{
    tick_keep(&thread);
    ck_assert_uint_eq(cpu_this()->tick.deadline_ns % TICK_NS, 0);
    pass(10 * MS);
    ck_assert_uint_eq(thread.ticks.system, 1); /* right behind a call; from here on it goes on by itself */
    thread.frame.rip = 0x1004;
    pass(10 * MS);
    ck_assert_uint_eq(thread.ticks.user, 1);
    thread.in_fault = true; /* a long loop of it has let the interrupt in */
    pass(10 * MS);
    thread.in_fault = false;
    thread.frame.rip = 0x1006;
    code_is_there = false;
    pass(10 * MS);
    thread.frame.rip = 2;
    pass(10 * MS);
    ck_assert_uint_eq(thread.ticks.system, 2);
    ck_assert_uint_eq(thread.ticks.user, 3);
    ck_assert_uint_eq(process.ticks.system + process.ticks.user, 5);
}
END_TEST

START_TEST(none_in_idle)
{
    tick_keep(&thread);
    cpu_this()->is_idle = true;
    thread.sched.since_ns = now_ns + 1; /* since before the tick was due */
    pass(10 * MS);
    ck_assert_uint_eq(thread.ticks.system + thread.ticks.user, 0);
    ck_assert(!cpu_this()->tick.is_set);
    tick_keep(&thread);
    thread.sched.since_ns = now_ns + 11 * MS; /* it came in the call that waits now */
    pass(12 * MS);
    ck_assert_uint_eq(thread.ticks.system, 1);
    ck_assert(!cpu_this()->tick.is_set);
}
END_TEST

START_TEST(none_for_the_kernel)
{
    process.space = NULL;
    tick_keep(&thread);
    ck_assert(!cpu_this()->tick.is_set);
}
END_TEST

START_TEST(none_for_who_is_young_and_alone)
{
    thread.vector = NULL;
    tick_keep(&thread);
    ck_assert(!cpu_this()->tick.is_set);
    thread.sched.cpu_ns = TICK_NS;
    tick_keep(&thread);
    ck_assert(cpu_this()->tick.is_set);
    timer_cancel(&cpu_this()->tick);
    thread.sched.cpu_ns = 0;
    tick_want(); /* from now on */
    ck_assert(cpu_this()->tick.is_set);
    timer_cancel(&cpu_this()->tick);
    tick_keep(&thread);
    ck_assert(cpu_this()->tick.is_set);
}
END_TEST

static void user_expired(struct cpu_timer *timer)
{
    ck_assert(!cputimer_is_set(timer));
    expired++;
}

START_TEST(timers_of_user_time)
{
    struct cpu_timer timer = {.expired = user_expired}, other = {.expired = user_expired};

    thread.frame.rip = 0x1004;
    cputimer_set_user(&timer, &process, process_user_ns(&process) + 2 * TICK_NS);
    cputimer_set_user(&other, &process, process_user_ns(&process) + 5 * TICK_NS);
    tick_want();
    pass(10 * MS);
    ck_assert_uint_eq(expired, 0);
    thread.frame.rip = 0x1006; /* system time doesn't count */
    pass(10 * MS);
    ck_assert_uint_eq(expired, 0);
    thread.frame.rip = 0x1004;
    pass(10 * MS);
    ck_assert_uint_eq(expired, 1);
    cputimer_process_ends(&process);
    ck_assert(!cputimer_is_set(&other));
    ck_assert_ptr_null(process.user_timers);
}
END_TEST

static void rt_tell(struct thread *of, uint64_t rt_ns)
{
    ck_assert_ptr_eq(of, &thread);
    ck_assert_uint_eq(rt_ns, of->sched.rt_ticks * TICK_NS);
    rt_told++;
}

START_TEST(real_time)
{
    tick_real_time = rt_tell;
    tick_keep(&thread);
    pass(10 * MS);
    ck_assert_uint_eq(rt_told, 0);
    thread.sched.policy = SCHED_FIFO;
    pass(10 * MS);
    pass(10 * MS);
    ck_assert_uint_eq(rt_told, 2);
    ck_assert_uint_eq(thread.sched.rt_ticks, 2);
}
END_TEST

static void split_is(struct cpu_split *told, uint64_t user, uint64_t system, uint64_t total_ns, uint64_t user_ns)
{
    const struct cpu_ticks ticks = {user, system};

    tick_split(told, &ticks, total_ns);
    ck_assert_uint_eq(told->user_ns, user_ns);
    ck_assert_uint_eq(told->system_ns, total_ns - user_ns);
}

START_TEST(split)
{
    struct cpu_split told = {0, 0};

    split_is(&told, 0, 0, 7, 7);        /* no ticks: its own */
    split_is(&told, 0, 5, 100, 7);      /* what was told stays */
    split_is(&told, 1, 1, 400, 200);    /* by halves */
    split_is(&told, 1000, 1, 500, 300); /* the system's 200 stay */
    split_is(&told, 1, 1000, 600, 300); /* and now the user's */
    split_is(&told, 1000, 1, 600, 300); /* nothing has passed: nothing changes */
    split_is(&told, 1000, 1, 1300, 1000);
    told = (struct cpu_split){0, 0};
    split_is(&told, 3ull << 40, 1ull << 40, 1ull << 60, 3ull << 58); /* no overflow */
    told = (struct cpu_split){0, 0};
    split_is(&told, 0, 9, 1ull << 62, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/tick");
    TCase *tcase = tcase_create("tick");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, counts);
    tcase_add_test(tcase, none_in_idle);
    tcase_add_test(tcase, none_for_the_kernel);
    tcase_add_test(tcase, none_for_who_is_young_and_alone);
    tcase_add_test(tcase, timers_of_user_time);
    tcase_add_test(tcase, real_time);
    tcase_add_test(tcase, split);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
