/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/streams.c vmm/log.c
/* streams_test.c - standard streams that are closed: their numbers are taken, with /dev/null and without. */
#include "vmm/streams.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* In a child of Check's own: its standard streams are ours to close. */
START_TEST(closed_streams)
{
    const char *nothing = _i == 0 ? "/dev/null" : "/nonexistent/null";
    int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 100);
    int first = open("/proc/self/exe", O_RDONLY); /* the lowest that is free */
    struct streams streams;
    char byte;

    close(first);
    for (int fd = 0; fd <= 2; fd++)
        close(fd);
    int error = streams_init(&streams, nothing);
    int next = open("/proc/self/exe", O_RDONLY);
    ssize_t got = read(STDIN_FILENO, &byte, 1);
    ssize_t put = write(STDOUT_FILENO, "x", 1);
    dup2(kept, STDERR_FILENO);
    ck_assert_int_eq(error, 0);
    ck_assert_int_eq(next, first);
    ck_assert_int_eq(got, 0);
    ck_assert_int_eq(put, _i == 0 ? 1 : -1);
    ck_assert_uint_eq(streams.tty, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/streams");
    TCase *tc = tcase_create("closed");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(tc, closed_streams, 0, 2);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
