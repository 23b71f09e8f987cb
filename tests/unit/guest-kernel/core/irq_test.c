/* SPDX-License-Identifier: Apache-2.0 */
/* irq_test.c - handlers of interrupt inputs, some of them shared. */
// sources: guest-kernel/core/irq.c
// sources: tests/unit/guest-kernel/one_cpu.c
#include "core/irq.h"

#include <check.h>
#include <string.h>

#include "abi/errno.h"
#include "arch/arch.h"
#include "core/cpu.h"
#include "core/timer.h"
#include "core/wait.h"

static char called[64];
static unsigned enabled;

int arch_irq_enable(unsigned irq)
{
    enabled++;
    return irq == 13 ? -EINVAL : 0;
}

unsigned arch_wait_for_interrupt(void)
{
    return ARCH_IRQ_NONE;
}

static bool was_due;

bool timers_run(bool fired)
{
    (void)fired;
    return was_due;
}

void wait_interrupt(void)
{
}

static void note(void *arg)
{
    strcat(called, arg);
}

START_TEST(all_that_share_an_input_are_called)
{
    ck_assert_int_eq(irq_register(5, note, "a"), 0);
    ck_assert_int_eq(irq_register(6, note, "b"), 0);
    ck_assert_int_eq(irq_register(5, note, "c"), 0);
    ck_assert_int_eq(irq_register(5, note, "d"), 0);
    ck_assert_uint_eq(enabled, 4);
    irq_dispatch(5);
    ck_assert_uint_eq(strlen(called), 3);
    ck_assert(strchr(called, 'a') && strchr(called, 'c') && strchr(called, 'd'));
    irq_dispatch(6);
    ck_assert_uint_eq(strlen(called), 4);
    irq_dispatch(7); /* nobody's */
    irq_dispatch(1000);
    ck_assert_uint_eq(strlen(called), 4);
}
END_TEST

START_TEST(what_is_refused)
{
    unsigned shared = 0;

    ck_assert_int_eq(irq_register(64, note, "x"), -EINVAL);
    ck_assert_int_eq(irq_register(13, note, "x"), -EINVAL);
    ck_assert_int_eq(irq_register(1, note, "x"), 0);
    while (irq_register(1, note, "x") == 0)
        ck_assert_uint_lt(++shared, 100);
    ck_assert_int_eq(irq_register(1, note, "x"), -EBUSY);
    ck_assert_int_eq(irq_register(2, note, "x"), 0); /* the first of an input always has room */
}
END_TEST

START_TEST(each_kind_is_counted)
{
    was_due = false;
    irq_dispatch(5);
    irq_dispatch(5);
    irq_dispatch(ARCH_IRQ_NONE); /* where there is but one CPU nobody kicks */
    ck_assert_uint_eq(irq_timer_count(cpus[0]), 1);
    cpu_is_one_of_many = true;
    irq_dispatch(ARCH_IRQ_NONE);
    was_due = true;
    irq_dispatch(ARCH_IRQ_NONE);
    irq_dispatch(6); /* the timer's comes by itself, if it does */
    cpu_is_one_of_many = false;
    ck_assert_uint_eq(irq_count(cpus[0], 5), 2);
    ck_assert_uint_eq(irq_count(cpus[0], 6), 1);
    ck_assert_uint_eq(irq_timer_count(cpus[0]), 2);
    ck_assert_uint_eq(irq_kick_count(cpus[0]), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest-kernel/core/irq");
    TCase *tc = tcase_create("irq");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tc, all_that_share_an_input_are_called);
    tcase_add_test(tc, what_is_refused);
    tcase_add_test(tc, each_kind_is_counted);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
