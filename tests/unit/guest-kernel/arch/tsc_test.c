/* SPDX-License-Identifier: Apache-2.0 */
/* tsc_test.c - the measured frequency is right whatever the reads cost, and wherever the CPU is lost in between. */
// sources: guest-kernel/arch/x86_64/tsc.c
#include "tsc.h"

#include <check.h>
#include <stdlib.h>

#define TIMER_HZ 1000000000ull

/* A machine whose reads take time, the first ones much, and that stands still now and then. */
static struct machine {
    uint64_t now_ns, tsc_hz;
    uint64_t tsc_ns, timer_ns, first_ns, stall_ns;
    unsigned reads, stall_every;
} machine;

static void spend(uint64_t ns)
{
    machine.now_ns += ns + (machine.reads < 3 ? machine.first_ns : 0);
    machine.reads++;
    if (machine.stall_every != 0 && machine.reads % machine.stall_every == 0)
        machine.now_ns += machine.stall_ns;
}

static uint64_t tsc(void)
{
    spend(machine.tsc_ns);
    return (uint64_t)((unsigned __int128)machine.now_ns * machine.tsc_hz / 1000000000u);
}

static uint32_t timer(void)
{
    uint32_t count;

    spend(machine.timer_ns / 2);
    count = machine.now_ns < UINT32_MAX ? UINT32_MAX - (uint32_t)machine.now_ns : 0;
    machine.now_ns += machine.timer_ns / 2;
    return count;
}

/* pause_ns: between the beginning of the measurement and the question. */
static void check_frequency_after(uint64_t pause_ns, uint64_t hz)
{
    struct tsc_instant first;
    uint64_t got, error;

    machine.tsc_hz = hz;
    first = tsc_instant_take(tsc, timer);
    machine.now_ns += pause_ns;
    got = tsc_measure(first, tsc, timer, TIMER_HZ);
    error = got > hz ? got - hz : hz - got;
    ck_assert_msg(error * 1000 < hz, "%llu in place of %llu", (unsigned long long)got, (unsigned long long)hz);
}

static void check_frequency(uint64_t hz)
{
    check_frequency_after(0, hz);
}

START_TEST(reads_cost)
{
    static const uint64_t frequencies[] = {1000000000, 2299998000, 4700000000};

    for (int i = 0; i < 3; i++) {
        machine = (struct machine){.tsc_ns = 50, .timer_ns = 1000};
        check_frequency(frequencies[i]);
    }
}
END_TEST

/* QEMU translates what runs first: the error of the first read was that of the clock. */
START_TEST(first_reads_cost_much)
{
    machine = (struct machine){.tsc_ns = 50, .timer_ns = 1000, .first_ns = 40000};
    check_frequency(2299998000);
}
END_TEST

START_TEST(cpu_is_lost)
{
    for (unsigned every = 2; every < 40; every++) {
        machine = (struct machine){.tsc_ns = 50, .timer_ns = 1000, .stall_ns = 300000, .stall_every = every + 2};
        check_frequency(2299998000);
    }
}
END_TEST

/* Who asks late doesn't wait: what has passed is the span. */
START_TEST(asked_late)
{
    uint64_t before_ns;

    for (uint64_t pause_ns = 1000000; pause_ns < 4000000000; pause_ns *= 3) {
        machine = (struct machine){.tsc_ns = 50, .timer_ns = 1000};
        before_ns = machine.now_ns;
        check_frequency_after(pause_ns, 2299998000);
        ck_assert_uint_lt(machine.now_ns - before_ns, pause_ns + 100000);
    }
}
END_TEST

/* The timer stands at 0 after 4.3 s. */
START_TEST(asked_too_late)
{
    struct tsc_instant first;

    machine = (struct machine){.tsc_ns = 50, .timer_ns = 1000, .tsc_hz = 2299998000};
    first = tsc_instant_take(tsc, timer);
    machine.now_ns = 5000000000;
    ck_assert_uint_eq(tsc_measure(first, tsc, timer, TIMER_HZ), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest-kernel/arch/tsc");
    TCase *tc = tcase_create("tsc");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tc, reads_cost);
    tcase_add_test(tc, first_reads_cost_much);
    tcase_add_test(tc, cpu_is_lost);
    tcase_add_test(tc, asked_late);
    tcase_add_test(tc, asked_too_late);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
