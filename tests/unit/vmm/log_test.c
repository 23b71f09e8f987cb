/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/log.c
/* log_test.c - messages: what may not reach a terminal, and a stderr that nobody reads. */
#include "vmm/log.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/vmm/capture.h"

static const struct {
    const char *text, *line;
} texts[] = {
    {"plain", "lvmm: plain\n"},
    {"a\nb\x1b[2J\x7f", "lvmm: a?b?[2J?\n"},
    {"\xc3\xa9 \xe2\x80\x93 \xf0\x9f\x98\x80", "lvmm: \xc3\xa9 \xe2\x80\x93 \xf0\x9f\x98\x80\n"}, /* letters stay */
    {"\xc2\x9b"
     "2J",
     "lvmm: \xc2?2J\n"}, /* CSI in UTF-8 */
    {"\x9b"
     "2J \x90",
     "lvmm: ?2J ?\n"},                  /* in 8 bits */
    {"\xe2\x80", "lvmm: \xe2?\n"},      /* cut */
    {"\xe9t\xe9", "lvmm: \xe9t\xe9\n"}, /* Latin-1 */
    {"\xe0\x9b\x41", "lvmm: \xe0?A\n"},
};

START_TEST(what_a_line_may_hold)
{
    struct capture capture;

    capture_start(&capture);
    log_error("%s", texts[_i].text);
    capture_stop(&capture);
    ck_assert_str_eq(capture.text, texts[_i].line);
}
END_TEST

/* Each message that finds no room is lost, only the first of them waits, and the sum is told when there is room again.
 */
START_TEST(a_reader_that_does_not_read)
{
    static char buffer[1 << 20];
    int fds[2], saved = dup(STDERR_FILENO);
    struct timespec before, after;
    ssize_t size = 0, n;

    ck_assert_int_eq(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    clock_gettime(CLOCK_MONOTONIC, &before);
    for (unsigned i = 0; i < 100000; i++)
        log_error("message %u", i);
    clock_gettime(CLOCK_MONOTONIC, &after);
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    while ((n = read(fds[0], buffer, sizeof(buffer))) > 0)
        size += n;
    log_error("the last one");
    n = read(fds[0], buffer, sizeof(buffer) - 1);
    dup2(saved, STDERR_FILENO);
    ck_assert_int_gt(size, 0);
    ck_assert_int_gt(n, 0);
    buffer[n] = '\0';
    ck_assert_ptr_nonnull(strstr(buffer, "messages were lost"));
    ck_assert_ptr_nonnull(strstr(buffer, "lvmm: the last one\n"));
    /* Had each waited, it would have been hours. */
    ck_assert_int_lt(after.tv_sec - before.tv_sec, 60);
}
END_TEST

static int full[2];
static volatile sig_atomic_t ticks;

/* The third time there is room. */
static void on_tick(int number)
{
    char bytes[4096];

    (void)number;
    if (++ticks == 3)
        while (read(full[0], bytes, sizeof(bytes)) > 0)
            ;
}

/* A signal while a message waits for room is no reason to lose it. */
START_TEST(signals_while_it_waits)
{
    const struct itimerval often = {.it_value.tv_usec = 2000, .it_interval.tv_usec = 2000}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
    char line[64] = "";
    int saved = dup(STDERR_FILENO);

    ck_assert_int_eq(pipe2(full, O_NONBLOCK), 0);
    while (write(full[1], line, sizeof(line)) > 0)
        ;
    dup2(full[1], STDERR_FILENO);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    log_error("it arrives");
    setitimer(ITIMER_REAL, &never, NULL);
    dup2(saved, STDERR_FILENO);
    ck_assert_int_ge(ticks, 3);
    ck_assert_int_gt(read(full[0], line, sizeof(line)), 0);
    ck_assert_mem_eq(line, "lvmm: it arrives\n", 17);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("log");
    Suite *suite = suite_create("vmm/log");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 100);
    tcase_add_loop_test(tc, what_a_line_may_hold, 0, sizeof(texts) / sizeof(texts[0]));
    tcase_add_test(tc, signals_while_it_waits); /* first: nothing is lost yet */
    tcase_add_test(tc, a_reader_that_does_not_read);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
