/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/terminal.c vmm/streams.c vmm/log.c
/* terminal_test.c - what becomes of the signals of job control. The rest: tests/cli/jobs.sh and tty.sh. */
#include "vmm/terminal.h"

#include <check.h>
#include <signal.h>
#include <unistd.h>

static bool is_blocked(int number)
{
    sigset_t now;

    ck_assert_int_eq(sigprocmask(SIG_BLOCK, NULL, &now), 0);
    return sigismember(&now, number) == 1;
}

static void block(int number)
{
    sigset_t one;

    sigemptyset(&one);
    sigaddset(&one, number);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, &one, NULL), 0);
}

/* Then signals are none of our business, and cost nothing. */
START_TEST(without_a_terminal_nothing_is_touched)
{
    struct streams streams = {0};
    struct terminal terminal;

    block(SIGTSTP);
    ck_assert_int_eq(terminal_init(&terminal, &streams, false), 0);
    ck_assert_int_eq(terminal.fd, -1);
    ck_assert(!is_blocked(SIGCONT));
    terminal_fini(&terminal);
    ck_assert(is_blocked(SIGTSTP));
}
END_TEST

START_TEST(with_one_they_are_taken_and_given_back_once)
{
    struct streams streams = {.tty = 1u << STDOUT_FILENO};
    struct terminal terminal;

    ck_assert_int_eq(terminal_init(&terminal, &streams, false), 0);
    ck_assert_int_ge(terminal.fd, 0);
    ck_assert(is_blocked(SIGTSTP) && is_blocked(SIGCONT) && is_blocked(SIGWINCH));
    terminal_fini(&terminal);
    ck_assert(!is_blocked(SIGTSTP) && !is_blocked(SIGCONT) && !is_blocked(SIGWINCH));
    block(SIGTSTP);
    terminal_fini(&terminal);
    ck_assert(is_blocked(SIGTSTP));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("terminal");
    TCase *tc = tcase_create("signals");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, without_a_terminal_nothing_is_touched);
    tcase_add_test(tc, with_one_they_are_taken_and_given_back_once);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
