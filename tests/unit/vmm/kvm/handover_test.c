/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/kvm/handover.c
/* handover_test.c - a file that outlives its process is closed all the same. */
#include "vmm/kvm/handover.h"

#include <check.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

/* With io_uring or without it, who reads at the other end sees the end of the file. */
START_TEST(the_file_is_closed_in_the_end)
{
    int ends[2], status;
    char byte;

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        handover_file(ends[1]);
        _exit(write(ends[1], "x", 1) == 1 ? 7 : 1); /* it is usable until then */
    }
    close(ends[1]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(WEXITSTATUS(status), 7);
    ck_assert_int_eq(read(ends[0], &byte, 1), 1);
    ck_assert_int_eq(read(ends[0], &byte, 1), 0);
    close(ends[0]);
}
END_TEST

START_TEST(what_is_no_file_leaves_no_ring)
{
    int before = dup(STDIN_FILENO);

    close(before);
    handover_file(-2);
    int after = dup(STDIN_FILENO);
    ck_assert_int_eq(after, before);
    close(after);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/handover");
    TCase *tc = tcase_create("handover");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tc, the_file_is_closed_in_the_end);
    tcase_add_test(tc, what_is_no_file_leaves_no_ring);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
