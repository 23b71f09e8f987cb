/* SPDX-License-Identifier: Apache-2.0 */
/* ptrace_ended.c - a tracee that is killed while its tracer's call waits for the memory that it was given: a page of a
 * file that nobody has read yet. What the call gives is left to chance: that all goes on is what is seen. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "show.h"

enum { GET_METADATA = 0x420d, MODE_FILTER = 1, ROUNDS = 8 };
#define APART 65536ul /* more than is read at a time */

/* In the program's file, and touched by nobody else. */
static const volatile char unread[(ROUNDS + 1) * APART] = "x";
static pid_t child;
static atomic_bool begins;

static void filter(void)
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

    syscall(SYS_seccomp, MODE_FILTER, 0, &program);
}

static void tracee(void)
{
    child = fork();
    if (child < 0)
        exit(1);
    if (child == 0) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        filter();
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        _exit(0);
    }
    waitpid(child, NULL, WUNTRACED);
}

static void *killer(void *arg)
{
    (void)arg;
    while (!atomic_load(&begins))
        sched_yield();
    kill(child, SIGKILL);
    return NULL;
}

static void ask(const volatile char *page)
{
    pthread_t thread;

    tracee();
    atomic_store(&begins, 0);
    if (pthread_create(&thread, NULL, killer, NULL) != 0)
        exit(1);
    atomic_store(&begins, 1);
    syscall(SYS_ptrace, (long)GET_METADATA, child, 16L, page);
    pthread_join(thread, NULL);
    waitpid(child, NULL, 0);
}

int main(void)
{
    uintptr_t first = ((uintptr_t)unread + APART) & ~(APART - 1);

    madvise((void *)first, ROUNDS * APART, MADV_RANDOM);
    for (unsigned i = 0; i < ROUNDS; i++)
        ask((const volatile char *)first + i * APART);
    show_bool("all goes on", 1);
    return 0;
}
