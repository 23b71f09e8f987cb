/* SPDX-License-Identifier: Apache-2.0 */
/* futex.h - for the tests of futex(2): Linux's names, which musl's headers haven't, and the call. */
#ifndef TESTS_GUEST_FUTEX_H
#define TESTS_GUEST_FUTEX_H

#include <sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    FUTEX_WAIT,
    FUTEX_WAKE,
    FUTEX_REQUEUE = 3,
    FUTEX_CMP_REQUEUE,
    FUTEX_WAKE_OP,
    FUTEX_LOCK_PI,
    FUTEX_UNLOCK_PI,
    FUTEX_TRYLOCK_PI,
    FUTEX_WAIT_BITSET,
    FUTEX_WAKE_BITSET,
    FUTEX_WAIT_REQUEUE_PI,
    FUTEX_CMP_REQUEUE_PI,
    FUTEX_LOCK_PI2,
    FUTEX_PRIVATE_FLAG = 128,
    FUTEX_CLOCK_REALTIME = 256,
};
enum { FUTEX_OP_SET, FUTEX_OP_ADD, FUTEX_OP_OR, FUTEX_OP_ANDN, FUTEX_OP_XOR, FUTEX_OP_OPARG_SHIFT = 8 };
enum { FUTEX_OP_CMP_EQ, FUTEX_OP_CMP_NE, FUTEX_OP_CMP_LT, FUTEX_OP_CMP_LE, FUTEX_OP_CMP_GT, FUTEX_OP_CMP_GE };
#define FUTEX_WAITERS 0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_TID_MASK 0x3fffffffu

static inline long futex(void *word, int operation, uint32_t value, const void *timeout, void *other, uint32_t third)
{
    return syscall(SYS_futex, word, operation, value, timeout, other, third);
}

/* In the timeout's place: a count, or an address that nobody has. */
static inline void *number(unsigned long value)
{
    return (void *)value; /* NOLINT(performance-no-int-to-ptr) */
}

/* fork, or the program ends: who waits for a child that isn't there waits for ever. */
static inline pid_t fork_or_end(void)
{
    pid_t child = fork();

    if (child < 0)
        _exit(1);
    return child;
}

/* How many wait for the word: they are moved to where they are. */
static inline long waiting(void *word, int flags)
{
    return futex(word, FUTEX_REQUEUE | flags, 0, number(1000), word, 0);
}

static inline void until_waiting(void *word, int flags, long count)
{
    while (waiting(word, flags) != count)
        sched_yield();
}

#endif
