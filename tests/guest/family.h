/* SPDX-License-Identifier: Apache-2.0 */
/* family.h - for the guest tests with several processes: memory that they share, turns that they wait for, raw calls.
 */
#ifndef TESTS_GUEST_FAMILY_H
#define TESTS_GUEST_FAMILY_H

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "show.h"

struct shared {
    atomic_int turn;
    atomic_int value[16];
};

static inline struct shared *shared_make(void)
{
    struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (shared == MAP_FAILED) {
        printf("no shared memory: %s\n", error_name(errno));
        exit(1);
    }
    return shared;
}

/* Until the others have come that far. */
static inline void turn_wait(struct shared *shared, int turn)
{
    while (atomic_load(&shared->turn) < turn)
        sched_yield();
}

static inline void turn_set(struct shared *shared, int turn)
{
    atomic_store(&shared->turn, turn);
}

/* As vfork, which not every library has: the child, on a stack of its own, has our memory, and we wait until it lets it
 * go. */
static inline pid_t branch_vm(int (*body)(void *), void *arg)
{
    const size_t size = 1 << 16;
    char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pid_t pid;

    fflush(stdout);
    pid = clone(body, stack + size, CLONE_VM | CLONE_VFORK | SIGCHLD, arg);
    munmap(stack, size);
    return pid;
}

/* fork, with what was printed printed once. */
static inline pid_t branch(void)
{
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == -1) {
        printf("fork: %s\n", error_name(errno));
        exit(1);
    }
    return pid;
}

static inline void leave(int code)
{
    fflush(stdout);
    _exit(code);
}

/* What a wait status says. */
static inline void show_status(const char *what, int status)
{
    if (WIFEXITED(status))
        printf("%s: exited with %d\n", what, WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        printf("%s: ended by signal %d%s\n", what, WTERMSIG(status), WCOREDUMP(status) ? ", core dumped" : "");
    else if (WIFSTOPPED(status))
        printf("%s: stopped by signal %d\n", what, WSTOPSIG(status));
    else if (WIFCONTINUED(status))
        printf("%s: continued\n", what);
    else
        printf("%s: status %x\n", what, (unsigned)status);
}

/* Waits for the child, and says how it ended. */
static inline void reap(const char *what, pid_t pid)
{
    int status = 0;
    pid_t got = waitpid(pid, &status, __WALL);

    if (got != pid)
        printf("%s: wait: %s\n", what, got == -1 ? error_name(errno) : "another");
    else
        show_status(what, status);
}

#endif
