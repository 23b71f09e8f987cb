/* SPDX-License-Identifier: Apache-2.0 */
/* seccomp_metadata.c - what a tracer is told of its tracee's filters: how each was made. */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "show.h"

enum { GET_METADATA = 0x420d, MODE_FILTER = 1, FLAG_LOG = 2 };

static void filter(unsigned flags)
{
    struct {
        uint16_t code;
        uint8_t yes, no;
        uint32_t k;
    } allow = {6, 0, 0, 0x7fff0000};
    struct {
        uint16_t length;
        void *instructions;
    } program = {1, &allow};

    syscall(SYS_seccomp, MODE_FILTER, flags, &program);
}

static pid_t tracee(int filters)
{
    pid_t pid = fork();

    if (pid < 0)
        exit(1);
    if (pid == 0) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (filters != 0) {
            filter(FLAG_LOG);
            filter(0);
        }
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    return pid;
}

static void ask(pid_t pid, uint64_t number, unsigned long size)
{
    uint64_t metadata[3] = {number, 0xeeee, 0xeeee};

    printf("filter %u, %lu bytes\n", (unsigned)number, size);
    show("  metadata", syscall(SYS_ptrace, (long)GET_METADATA, pid, size, metadata));
    printf("  %lx %lx %lx\n", (unsigned long)metadata[0], (unsigned long)metadata[1], (unsigned long)metadata[2]);
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

int main(void)
{
    pid_t pid = tracee(1);

    for (uint64_t number = 0; number < 3; number++)
        for (unsigned long size = 0; size <= 24; size += 4)
            ask(pid, number, size);
    show("nowhere", syscall(SYS_ptrace, (long)GET_METADATA, pid, 16L, 8L));
    end(pid);
    pid = tracee(0);
    ask(pid, 0, 16);
    filter(0);
    ask(pid, 0, 16);
    end(pid);
    return 0;
}
