/* SPDX-License-Identifier: Apache-2.0 */
/* sigpending.c - RLIMIT_SIGPENDING counts the signals and timers of all processes of a user. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "show.h"

#define USER 54323
#define SIGNAL (SIGRTMIN + 1)

static int queue_until_full(pid_t pid, int most)
{
    int n = 0;

    while (n < most && sigqueue(pid, SIGNAL, (union sigval){.sival_int = n}) == 0)
        n++;
    printf("%d, then %s\n", n, n == most ? "enough" : error_name(errno));
    return n;
}

static int take_all(void)
{
    sigset_t set;
    int n = 0;

    sigemptyset(&set);
    sigaddset(&set, SIGNAL);
    while (sigtimedwait(&set, NULL, &(struct timespec){0, 0}) > 0)
        n++;
    return n;
}

static void child(void)
{
    int id;

    queue_until_full(getpid(), 3);
    queue_until_full(getpid(), 3);
    show("a timer", syscall(SYS_timer_create, 1, NULL, &id));
    show("taken", take_all());
    show("a timer", syscall(SYS_timer_create, 1, NULL, &id));
    queue_until_full(getpid(), 10);
    queue_until_full(getppid(), 10); /* by the receiver's limit */
    fflush(stdout);
    _exit(0);
}

int main(void)
{
    struct rlimit limit = {8, 8};
    sigset_t set;

    sigfillset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    setrlimit(RLIMIT_SIGPENDING, &limit);
    if (setresuid(USER, USER, USER) != 0)
        return 1;
    queue_until_full(getpid(), 4);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        child();
    waitpid(pid, NULL, 0);
    queue_until_full(getpid(), 10);
    show("taken", take_all());
    queue_until_full(getpid(), 10);
    return 0;
}
