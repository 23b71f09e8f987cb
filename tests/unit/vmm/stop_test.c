/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/stop.c vmm/sandbox/*.c vmm/syscall_names.c vmm/log.c
/* stop_test.c - a process that is told to end does, whatever its threads do; each case is a child process. */
#include "vmm/stop.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMEOUT_STATUS 77

static struct stop stop;
static int told[2]; /* a pipe: what handlers were called, as letters */

static void on_request(void *owner)
{
    (void)(write(told[1], owner, 1) == 0);
}

/* Hangs as badly as a thread can: in a write that nobody reads, which starts again after each signal. */
static void *hang(void *unused)
{
    int full[2];
    static const char bytes[1 << 20];

    ck_assert_int_eq(pipe(full), 0);
    for (;;)
        (void)(write(full[1], bytes, sizeof(bytes)) == 0);
    return unused;
}

static const int ending[] = {SIGHUP,  SIGINT,    SIGQUIT, SIGUSR1,   SIGALRM, SIGTERM, SIGABRT,
                             SIGXCPU, SIGVTALRM, SIGPROF, SIGSTKFLT, SIGIO,   SIGPWR};

static pid_t start(uint64_t timeout_ns, void (*before)(void), void (*body)(void))
{
    pid_t pid;

    ck_assert_int_eq(pipe(told), 0);
    pid = fork();
    if (pid != 0) {
        close(told[1]);
        return pid;
    }
    for (unsigned i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
        signal(ending[i], SIG_DFL); /* the test framework has handlers of its own */
    signal(STOP_TRACE_SIGNAL, SIG_DFL);
    if (before != NULL)
        before();
    if (stop_init(&stop, timeout_ns, TIMEOUT_STATUS) != 0)
        _exit(90);
    stop_on_request(&stop, on_request, "r");
    stop_at_end(&stop, on_request, "e");
    (void)(write(told[1], "g", 1) == 0); /* going */
    body();
    _exit(91);
}

static void expect_told(const char *letters)
{
    for (; *letters != '\0'; letters++) {
        char c = 0;

        ck_assert_int_eq(read(told[0], &c, 1), 1);
        ck_assert_int_eq(c, *letters);
    }
}

static int end_of(pid_t pid)
{
    int status;

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    close(told[0]);
    return status;
}

static void hang_all(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, hang, NULL);
    hang(NULL);
}

START_TEST(a_timeout_ends_a_process_that_hangs)
{
    pid_t pid = start(20000000, NULL, hang_all);
    int status;

    expect_told("gre");
    status = end_of(pid);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), TIMEOUT_STATUS);
}
END_TEST

static void expect_end_by(int number)
{
    pid_t pid = start(0, NULL, hang_all);
    int status;

    expect_told("g");
    kill(pid, number);
    expect_told("re");
    status = end_of(pid);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), number);
}

START_TEST(a_signal_ends_a_process_that_hangs)
{
    expect_end_by(ending[_i]);
}
END_TEST

/* All of them, those that have a use of our own included: somebody else has sent them. */
START_TEST(a_real_time_signal_ends_a_process_that_hangs)
{
    const int numbers[] = {SIGRTMIN, SIGRTMIN + 1, SIGRTMIN + 2, SIGRTMAX};

    expect_end_by(numbers[_i]);
}
END_TEST

/* The one that makes KVM_RUN return does no more than that. */
static void kick_self(void)
{
    pthread_kill(pthread_self(), STOP_KICK_SIGNAL);
    _exit(stop_reason(&stop) == STOP_NONE ? 3 : 4);
}

START_TEST(a_kick_of_our_own)
{
    pid_t pid = start(0, NULL, kick_self);

    expect_told("g");
    ck_assert_int_eq(WEXITSTATUS(end_of(pid)), 3);
}
END_TEST

/* The one signal that ends nothing: it is counted, and told of, also one from before anybody wanted to hear. */
static void take_traces(void)
{
    (void)(kill(getpid(), STOP_TRACE_SIGNAL) == 0);
    stop_on_trace(&stop, on_request, "t");
    (void)(kill(getpid(), STOP_TRACE_SIGNAL) == 0);
    stop_on_trace(&stop, NULL, NULL);
    (void)(kill(getpid(), STOP_TRACE_SIGNAL) == 0);
    _exit(stop_reason(&stop) == STOP_NONE && stop_traces(&stop) == 3 ? 3 : 4);
}

START_TEST(the_signal_of_the_trace)
{
    pid_t pid = start(0, NULL, take_traces);

    expect_told("gtt");
    ck_assert_int_eq(WEXITSTATUS(end_of(pid)), 3);
}
END_TEST

/* The first reason counts, and the process has its time to end by itself. */
static void end_well(void)
{
    struct pollfd fd = {.fd = stop.fd, .events = POLLIN};

    while (poll(&fd, 1, -1) != 1) {
    }
    _exit(stop_reason(&stop) == SIGINT ? 3 : 4);
}

START_TEST(the_descriptor_and_the_reason)
{
    pid_t pid = start(0, NULL, end_well);
    int status;

    expect_told("g");
    kill(pid, SIGINT);
    kill(pid, SIGTERM);
    expect_told("r");
    status = end_of(pid);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 3);
}
END_TEST

static void block_all(void)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
}

START_TEST(what_the_parent_blocked)
{
    pid_t pid = start(0, block_all, hang_all);

    expect_told("g");
    kill(pid, SIGTERM);
    expect_told("re");
    ck_assert_int_eq(WTERMSIG(end_of(pid)), SIGTERM);
}
END_TEST

static void ignore_hangups(void)
{
    signal(SIGHUP, SIG_IGN);
}

START_TEST(what_the_parent_ignored)
{
    pid_t pid = start(0, ignore_hangups, hang_all);

    expect_told("g");
    kill(pid, SIGHUP);
    kill(pid, SIGTERM);
    expect_told("re");
    ck_assert_int_eq(WTERMSIG(end_of(pid)), SIGTERM);
}
END_TEST

/* No memory for a timer of our own. */
static void no_timers(void)
{
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_SIGPENDING, &none);
}

START_TEST(without_a_timer)
{
    pid_t pid = start(20000000, no_timers, hang_all);
    int status;

    expect_told("gre");
    status = end_of(pid);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), TIMEOUT_STATUS);
}
END_TEST

static void write_too_much(void)
{
    const struct rlimit one = {1, 1};
    char name[] = "/tmp/stop_test.XXXXXX";
    int fd = mkstemp(name);

    unlink(name);
    setrlimit(RLIMIT_FSIZE, &one);
    (void)(write(fd, "ab", 2) == 0);
    _exit(write(fd, "c", 1) < 0 && errno == EFBIG ? 5 : 6);
}

START_TEST(a_file_that_may_not_grow)
{
    pid_t pid = start(0, NULL, write_too_much);

    expect_told("g");
    ck_assert_int_eq(WEXITSTATUS(end_of(pid)), 5);
}
END_TEST

static void call_abort(void)
{
    abort();
}

/* A fault of our own: the terminal is put back, and the process dies of it at once. */
START_TEST(an_abort_of_our_own)
{
    pid_t pid = start(0, NULL, call_abort);

    expect_told("ge");
    ck_assert_int_eq(WTERMSIG(end_of(pid)), SIGABRT);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("stop");
    Suite *suite = suite_create("vmm/stop");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_timeout_ends_a_process_that_hangs);
    tcase_add_loop_test(tc, a_signal_ends_a_process_that_hangs, 0, sizeof(ending) / sizeof(ending[0]));
    tcase_add_loop_test(tc, a_real_time_signal_ends_a_process_that_hangs, 0, 4);
    tcase_add_test(tc, a_kick_of_our_own);
    tcase_add_test(tc, the_signal_of_the_trace);
    tcase_add_test(tc, the_descriptor_and_the_reason);
    tcase_add_test(tc, what_the_parent_blocked);
    tcase_add_test(tc, what_the_parent_ignored);
    tcase_add_test(tc, without_a_timer);
    tcase_add_test(tc, a_file_that_may_not_grow);
    tcase_add_test(tc, an_abort_of_our_own);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
