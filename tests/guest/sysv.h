/* SPDX-License-Identifier: Apache-2.0 */
/* sysv.h - for the guest tests of System V IPC and of message queues: names that no other run of the same test has at
 * the same time, and processes of another user. */
#ifndef TESTS_GUEST_SYSV_H
#define TESTS_GUEST_SYSV_H

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"

/* On Linux in a name space of its own, where that may be had: with the limits that Linux begins with, whatever this
 * machine's are, and nothing stays there of a run that was cut off. Under lvmm the machine is the program's own. */
static inline void own_ipc(void)
{
    (void)unshare(CLONE_NEWIPC);
}

/* A key of this process's own; which: 0 to 15. */
static inline key_t own_key(int which)
{
    return (key_t)(0x4c000000 | (getpid() & 0xfffff) << 4 | which);
}

/* What `work` does, in a child of its own: as nobody, with no right, if `as_nobody`. How it ended. */
static inline int in_child(void (*work)(int arg), int arg, int as_nobody)
{
    int status;

    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (as_nobody && (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0))
            _exit(99);
        work(arg);
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, &status, 0);
    return status;
}

/* Limits hold for who has this right as for others, wherever the test runs. */
static inline void drop_resource_right(void)
{
    struct {
        unsigned version;
        int pid;
    } header = {0x20080522, 0};
    unsigned data[6] = {0};

    syscall(SYS_capget, &header, data);
    data[0] &= ~(1u << 24); /* CAP_SYS_RESOURCE */
    data[1] &= ~(1u << 24);
    syscall(SYS_capset, &header, data);
}

static inline void show_end(const char *what, int status)
{
    if (WIFSIGNALED(status))
        printf("%s: signal %d\n", what, WTERMSIG(status));
    else
        printf("%s: status %d\n", what, WEXITSTATUS(status));
}

#endif
