/* SPDX-License-Identifier: Apache-2.0 */
/* sigstate.c - actions and masks come back as they were set; blocked signals wait; ignored ones are gone. */
#define _GNU_SOURCE
#include <signal.h>

#include "show.h"

static volatile sig_atomic_t seen;

static void handler(int signal)
{
    seen = seen * 100 + signal;
}

static void actions(void)
{
    struct sigaction set = {.sa_handler = handler, .sa_flags = SA_RESTART | SA_NODEFER}, got;

    sigemptyset(&set.sa_mask);
    sigaddset(&set.sa_mask, SIGUSR2);
    sigaddset(&set.sa_mask, SIGKILL);
    show("sigaction", sigaction(SIGUSR1, NULL, &got));
    show_bool("the default", got.sa_handler == SIG_DFL);
    show("sigaction", sigaction(SIGUSR1, &set, NULL));
    show("sigaction", sigaction(SIGUSR1, NULL, &got));
    show_bool("the handler", got.sa_handler == handler);
    show("the flags", got.sa_flags & (SA_RESTART | SA_NODEFER | SA_SIGINFO));
    printf("  mask: %d %d %d\n", sigismember(&got.sa_mask, SIGUSR2), sigismember(&got.sa_mask, SIGKILL),
           sigismember(&got.sa_mask, SIGUSR1));
    show("SIGKILL", sigaction(SIGKILL, &set, NULL));
}

static void masks(void)
{
    sigset_t set, old, pending;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGKILL);
    show("block", sigprocmask(SIG_BLOCK, &set, &old));
    show("was it blocked", sigismember(&old, SIGUSR1));
    show("read", sigprocmask(SIG_BLOCK, NULL, &old));
    show("is it blocked", sigismember(&old, SIGUSR1));
    show("SIGKILL is not", sigismember(&old, SIGKILL));
    show("kill", kill(getpid(), SIGUSR1));
    show("kill twice", kill(getpid(), SIGUSR1));
    show("seen", seen);
    sigpending(&pending);
    show("pending", sigismember(&pending, SIGUSR1));
    show("unblock", sigprocmask(SIG_UNBLOCK, &set, NULL));
    show("seen", seen);
    sigpending(&pending);
    show("pending", sigismember(&pending, SIGUSR1));
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    signal(SIGUSR1, SIG_IGN);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    show("ignored while it waited", seen);
    raise(SIGUSR1);
    raise(SIGCHLD);
    raise(SIGWINCH);
    show("ignored", seen);
}

static void suspend(void)
{
    sigset_t block, none, now;

    signal(SIGUSR2, handler);
    sigemptyset(&block);
    sigemptyset(&none);
    sigaddset(&block, SIGUSR2);
    sigprocmask(SIG_BLOCK, &block, NULL);
    raise(SIGUSR2);
    seen = 0;
    show("sigsuspend", sigsuspend(&none));
    show("seen", seen);
    sigprocmask(SIG_BLOCK, NULL, &now);
    show("blocked again", sigismember(&now, SIGUSR2));
}

int main(void)
{
    stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536}, old;

    actions();
    masks();
    suspend();
    show("sigaltstack", sigaltstack(&stack, &old));
    show("flags", old.ss_flags);
    show("sigaltstack", sigaltstack(NULL, &old));
    show_bool("as set", old.ss_sp == stack.ss_sp && old.ss_size == stack.ss_size && old.ss_flags == 0);
    stack.ss_size = 100;
    show("too small", sigaltstack(&stack, NULL));
    return 0;
}
