/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/limits.c vmm/stop.c vmm/sandbox/*.c vmm/syscall_names.c
/* limits_test.c - meters, of this process and of those that share them, and that a limit is a reason to end. */
#include "vmm/limits.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct stop stop;
static struct limits *limits;
static unsigned refused;

static void count_refusal(void *owner)
{
    (*(unsigned *)owner)++;
}

static void setup(void)
{
    refused = 0;
    ck_assert_int_eq(stop_init(&stop, 0, 77), 0);
    signal(STOP_DEADLINE_SIGNAL, SIG_IGN); /* the tests may take as long as they like */
}

START_TEST(a_meter_gives_what_is_left)
{
    struct meter meter = {.most = 100, .over = count_refusal, .owner = &refused};

    ck_assert_uint_eq(meter_take(&meter, 0), 0);
    ck_assert_uint_eq(meter_take(&meter, 60), 60);
    ck_assert(!meter_take_all(&meter, 41));
    ck_assert_uint_eq(refused, 1);
    ck_assert_uint_eq(meter.used, 60);
    ck_assert_uint_eq(meter_take(&meter, UINT64_MAX), 40);
    ck_assert_uint_eq(refused, 1); /* some are something */
    ck_assert_uint_eq(meter_take(&meter, 1), 0);
    ck_assert_uint_eq(refused, 2);
    ck_assert_uint_eq(meter_take(&meter, 0), 0); /* nothing is no refusal */
    ck_assert(meter_take_all(&meter, 0));
    ck_assert_uint_eq(refused, 2);
    meter_give_back(&meter, 10);
    ck_assert(meter_take_all(&meter, 10));
    ck_assert_uint_eq(meter.used, 100);
    meter_add(&meter, 5);
    ck_assert_uint_eq(meter_take(&meter, 1), 0);
    ck_assert_uint_eq(meter.used, 105);
}
END_TEST

START_TEST(no_meter_lets_all_through)
{
    ck_assert_uint_eq(meter_take(NULL, UINT64_MAX), UINT64_MAX);
    ck_assert(meter_take_all(NULL, UINT64_MAX));
    meter_give_back(NULL, 1);
    meter_add(NULL, 1);
    ck_assert_ptr_null(limits_input(NULL));
    ck_assert_ptr_null(limits_output(NULL));
    ck_assert_ptr_null(limits_disks(NULL));
    ck_assert(!limits_is_hit(NULL, LIMIT_OUTPUT));
    ck_assert_int_eq(limits_guest_begins(NULL, 0), 0);
}
END_TEST

START_TEST(without_a_wish_nothing_is_counted)
{
    const struct limits_wanted wanted = {.output_bytes = METER_NO_LIMIT, .disk_bytes = METER_NO_LIMIT};

    ck_assert_int_eq(limits_create(&wanted, &stop, &limits), 0);
    ck_assert_ptr_null(limits);
}
END_TEST

/* Has the run been told to end, and why? */
static void is_to_end(int reason)
{
    struct pollfd fd = {.fd = stop.fd, .events = POLLIN};

    while (poll(&fd, 1, -1) < 0)
        ck_assert_int_eq(errno, EINTR);
    ck_assert_int_eq(stop_reason(&stop), reason);
}

START_TEST(output_is_a_reason_to_end)
{
    const struct limits_wanted wanted = {.output_bytes = 10, .disk_bytes = METER_NO_LIMIT};

    ck_assert_int_eq(limits_create(&wanted, &stop, &limits), 0);
    ck_assert_ptr_null(limits_disks(limits));
    ck_assert_uint_eq(meter_take(limits_output(limits), 11), 10);
    ck_assert_int_eq(stop_reason(&stop), STOP_NONE);
    ck_assert_uint_eq(meter_take(limits_output(limits), 1), 0);
    is_to_end(STOP_LIMIT);
    ck_assert(limits_is_hit(limits, LIMIT_OUTPUT));
    ck_assert(!limits_is_hit(limits, LIMIT_DISK));
}
END_TEST

/* Another process counts, and that is what ends this one's run. */
START_TEST(disks_are_counted_elsewhere)
{
    const struct limits_wanted wanted = {.output_bytes = METER_NO_LIMIT, .disk_bytes = 1000};
    int status;

    ck_assert_int_eq(limits_create(&wanted, &stop, &limits), 0);
    pid_t pid = fork();
    if (pid == 0) {
        const struct disk_image image = {.meters = limits_disks(limits)};
        bool right = disk_image_count(&image, false, 5000) && disk_image_count(&image, true, 1000) &&
                     !disk_image_count(&image, true, 512);

        _exit(right ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    is_to_end(STOP_LIMIT);
    ck_assert(limits_is_hit(limits, LIMIT_DISK));
    ck_assert_uint_eq(limits->disks.read.used, 5000);
    ck_assert_uint_eq(limits->disks.written.used, 1000);
}
END_TEST

/* Of this process, or of a child. */
START_TEST(cpu_time_is_a_reason_to_end)
{
    const struct limits_wanted wanted = {
        .cpu_ns = 20000000, .output_bytes = METER_NO_LIMIT, .disk_bytes = METER_NO_LIMIT};
    pid_t pid = 0;

    ck_assert_int_eq(limits_create(&wanted, &stop, &limits), 0);
    ck_assert_uint_eq(limits_cpu_ns(limits), 0);
    if (_i == 1) {
        pid = fork();
        while (pid == 0)
            ;
    }
    ck_assert_int_eq(limits_guest_begins(limits, pid), 0);
    while (pid == 0 && stop_reason(&stop) == STOP_NONE)
        ;
    is_to_end(STOP_LIMIT);
    ck_assert(limits_is_hit(limits, LIMIT_CPU_TIME));
    if (pid != 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    ck_assert_uint_ge(limits_cpu_ns(limits), 10000000);
}
END_TEST

/* It is a signal like others where there is no limit, or none was reached. */
START_TEST(the_signal_alone_is_a_signal)
{
    const struct limits_wanted wanted = {.output_bytes = 10, .disk_bytes = METER_NO_LIMIT};

    if (_i == 1)
        ck_assert_int_eq(limits_create(&wanted, &stop, &limits), 0);
    kill(getpid(), STOP_LIMIT_SIGNAL);
    is_to_end(STOP_LIMIT_SIGNAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/limits");
    TCase *tc = tcase_create("limits");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, a_meter_gives_what_is_left);
    tcase_add_test(tc, no_meter_lets_all_through);
    tcase_add_test(tc, without_a_wish_nothing_is_counted);
    tcase_add_test(tc, output_is_a_reason_to_end);
    tcase_add_test(tc, disks_are_counted_elsewhere);
    tcase_add_loop_test(tc, cpu_time_is_a_reason_to_end, 0, 2);
    tcase_add_loop_test(tc, the_signal_alone_is_a_signal, 0, 2);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
