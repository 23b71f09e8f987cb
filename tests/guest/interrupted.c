/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interrupted.c - calls that wait under a mask which lets a waiting signal in: with a handler they end with EINTR,
 * SA_RESTART or not; a signal that is ignored doesn't end them. (Signals from outside: tests/cli/restart.sh.)
 */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>

#include "show.h"

static int seen;

static void handler(int signal)
{
    (void)signal;
    seen++;
}

static void handle(int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

    sigaction(SIGUSR1, &action, NULL);
}

static void all(const char *what)
{
    struct timespec soon = {0, 5000000}, left = {1000, 0}, late = {1000, 0};
    sigset_t none, one;

    printf("%s\n", what);
    seen = 0;
    sigemptyset(&none);
    sigemptyset(&one);
    sigaddset(&one, SIGUSR2);
    raise(SIGUSR1);
    show("sigsuspend", sigsuspend(&none));
    raise(SIGUSR1);
    show("ppoll", ppoll(NULL, 0, &late, &none));
    raise(SIGUSR1);
    show("pselect", pselect(0, NULL, NULL, NULL, &late, &none));
    raise(SIGUSR1);
    /* The calls themselves, as libraries keep what is left to themselves. */
    show("ppoll", syscall(SYS_ppoll, NULL, 0, &left, &none, 8));
    show_bool("what is left is less", left.tv_sec < 1000 && left.tv_sec > 900);
    show("seen", seen);
    show("time runs out", ppoll(NULL, 0, &soon, NULL));
    show("nothing comes", sigtimedwait(&one, NULL, &soon));
}

int main(void)
{
    struct timespec soon = {0, 5000000};
    struct sigaction action = {.sa_handler = handler, .sa_flags = 0x400}, got;
    sigset_t block, none;

    sigemptyset(&none);
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    sigaddset(&block, SIGCHLD);
    sigprocmask(SIG_BLOCK, &block, NULL);
    handle(0);
    all("a handler");
    handle(SA_RESTART);
    all("a handler with SA_RESTART");
    raise(SIGCHLD);
    show("ignored by default", ppoll(NULL, 0, &soon, &none));
    signal(SIGUSR1, SIG_IGN);
    raise(SIGUSR1);
    show("ignored", ppoll(NULL, 0, &soon, &none));
    show("restart_syscall of nothing", syscall(SYS_restart_syscall));
    sigaction(SIGUSR2, &action, NULL);
    sigaction(SIGUSR2, NULL, &got);
    show_bool("flags that nobody knows are gone", !(got.sa_flags & 0x400));
    return 0;
}
