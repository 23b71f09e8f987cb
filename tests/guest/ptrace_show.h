/* SPDX-License-Identifier: Apache-2.0 */
/* ptrace_show.h - for the tests of ptrace(2): a tracee, what it stops for, and requests by their numbers, so that no C
 * library comes in between. */
#ifndef TESTS_GUEST_PTRACE_SHOW_H
#define TESTS_GUEST_PTRACE_SHOW_H

#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "show.h"

static inline long trace(long request, pid_t pid, unsigned long addr, unsigned long data)
{
    return syscall(SYS_ptrace, request, pid, addr, data);
}

static inline void show_status(const char *what, pid_t pid)
{
    int status;
    pid_t got = waitpid(pid, &status, __WALL);

    if (got == -1)
        printf("%s: %s\n", what, error_name(errno));
    else if (WIFSTOPPED(status))
        printf("%s: %sstopped by %d, event %d\n", what, got == pid || pid == -1 ? "" : "another ", WSTOPSIG(status),
               status >> 16);
    else if (WIFEXITED(status))
        printf("%s: exited %d\n", what, WEXITSTATUS(status));
    else
        printf("%s: killed %d\n", what, WTERMSIG(status));
}

/* fork, or the end: a child that isn't there has the number of all. */
static inline pid_t forked(void)
{
    pid_t pid = fork();

    if (pid == -1)
        exit(1);
    return pid;
}

/* What else waits for ever. */
static inline void need(long result, pid_t pid)
{
    if (result == 0)
        return;
    kill(pid, SIGKILL);
    exit(1);
}

/* A child that its parent traces, and that has stopped before it calls `child`. */
static inline pid_t begin(void (*child)(void))
{
    pid_t pid = forked();

    if (pid != 0)
        return pid;
    if (trace(PTRACE_TRACEME, 0, 0, 0) != 0)
        _exit(99);
    kill(getpid(), SIGSTOP); /* where raise would block signals */
    child();
    _exit(0);
}

static inline unsigned long message_of(pid_t pid)
{
    unsigned long message = 0;

    if (trace(PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&message) != 0)
        printf("message: %s\n", error_name(errno));
    return message;
}

/* Linux's Yama lets only ancestors trace where nobody has asked for others; elsewhere it isn't there to be asked. */
static inline void allow_tracers(void)
{
    (void)prctl(0x59616d61 /* PR_SET_PTRACER */, -1ul, 0, 0, 0);
}

#endif
