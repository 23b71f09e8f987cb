/* SPDX-License-Identifier: Apache-2.0 */
/* timer_test.c - timers on a CPU's timer that can't wait long. */
// sources: guest-kernel/core/timer.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/one_cpu.c
#include <check.h>

#include "arch/arch.h"
#include "core/timer.h"

#define LONGEST_NS 4000u

static uint64_t now_ns, fires_ns = UINT64_MAX;
static unsigned expirations;

uint64_t arch_clock_ns(void)
{
    return now_ns;
}

void arch_timer_set(uint64_t deadline_ns)
{
    fires_ns = deadline_ns == UINT64_MAX || deadline_ns < now_ns + LONGEST_NS ? deadline_ns : now_ns + LONGEST_NS;
}

static void expired(struct timer *timer)
{
    ck_assert(!timer->is_set);
    ck_assert_uint_ge(now_ns, timer->deadline_ns);
    expirations++;
}

/* Time passes until the CPU's timer fires. */
static void fire(void)
{
    ck_assert_uint_ne(fires_ns, UINT64_MAX);
    if (now_ns < fires_ns)
        now_ns = fires_ns;
    timers_run(true);
}

START_TEST(a_long_time)
{
    struct timer timer = {.expired = expired};

    timer_set(&timer, now_ns + 3 * LONGEST_NS);
    for (unsigned i = 0; i < 2; i++) {
        fire();
        ck_assert_uint_eq(expirations, 0);
    }
    timers_run(false); /* another interrupt */
    fire();
    ck_assert_uint_eq(expirations, 1);
    ck_assert_uint_eq(fires_ns, UINT64_MAX);
}
END_TEST

START_TEST(several)
{
    struct timer timer[3] = {{.expired = expired}, {.expired = expired}, {.expired = expired}};

    timer_set(&timer[0], now_ns + 300);
    timer_set(&timer[1], now_ns + 100);
    timer_set(&timer[2], now_ns + 200);
    ck_assert_uint_eq(fires_ns, now_ns + 100);
    timer_cancel(&timer[1]);
    fire(); /* too early: who cancels doesn't set the CPU's timer */
    ck_assert_uint_eq(expirations, 0);
    fire();
    ck_assert_uint_eq(expirations, 1);
    timer_set(&timer[0], now_ns + 900);
    timer_set(&timer[0], now_ns + 50);
    fire();
    ck_assert_uint_eq(expirations, 2);
    ck_assert(!timer[0].is_set);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/timer");
    TCase *tcase = tcase_create("timer");

    tcase_add_test(tcase, a_long_time);
    tcase_add_test(tcase, several);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
