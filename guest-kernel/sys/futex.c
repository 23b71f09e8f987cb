/* SPDX-License-Identifier: Apache-2.0 */
/* futex.c - futex(2) for one thread: nobody waits when it wakes, and nobody but a signal or a timeout wakes it. */
#include "abi/time.h"
#include "core/wait.h"
#include "sys/syscall.h"
#include "sys/timeout.h"
#include "sys/user.h"

enum {
    FUTEX_WAIT = 0,
    FUTEX_WAKE = 1,
    FUTEX_REQUEUE = 3,
    FUTEX_CMP_REQUEUE = 4,
    FUTEX_WAIT_BITSET = 9,
    FUTEX_WAKE_BITSET = 10,
};
#define FUTEX_PRIVATE_FLAG 128u
#define FUTEX_CLOCK_REALTIME 256u

/* -EAGAIN if the word isn't `expected`. */
static int word_check(uaddr_t address, uint32_t expected)
{
    uint32_t value;

    if (user_get(value, address))
        return -EFAULT;
    return value == expected ? 0 : -EAGAIN;
}

static int64_t futex_wait(uaddr_t address, uint32_t expected, uint64_t deadline);

static int64_t futex_resume(struct thread *thread)
{
    return futex_wait(thread->restart.arg[0], (uint32_t)thread->restart.arg[1], thread->restart.deadline_ns);
}

static int64_t futex_wait(uaddr_t address, uint32_t expected, uint64_t deadline)
{
    int error = word_check(address, expected);

    if (error == 0)
        error = wait_for_deadline(deadline);
    if (error != -ERESTARTSYS || deadline == WAIT_FOREVER)
        return error;
    current_thread()->restart =
        (struct restart){.resume = futex_resume, .deadline_ns = deadline, .arg = {address, expected}};
    return -ERESTART_RESTARTBLOCK;
}

/* FUTEX_WAIT's timeout is a duration, FUTEX_WAIT_BITSET's a time of the chosen clock. */
static int wait_deadline(unsigned operation, uaddr_t timeout, uint64_t *deadline)
{
    uint64_t ns;

    *deadline = WAIT_FOREVER;
    if (timeout == 0)
        return 0;
    int error = timeout_read(timeout, &ns);
    if (error != 0)
        return error;
    if ((operation & 127) == FUTEX_WAIT)
        *deadline = deadline_after(ns);
    else
        *deadline = deadline_at(operation & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC, ns);
    return 0;
}

int64_t sys_futex(const uint64_t arg[6])
{
    uaddr_t address = arg[0];
    unsigned operation = (unsigned)arg[1] & ~FUTEX_PRIVATE_FLAG;
    uint64_t deadline;
    int error;

    if (address & 3)
        return -EINVAL;
    switch (operation & 127) {
    case FUTEX_WAIT_BITSET:
        if ((uint32_t)arg[5] == 0)
            return -EINVAL;
        /* fallthrough */
    case FUTEX_WAIT:
        error = wait_deadline(operation, arg[3], &deadline);
        return error != 0 ? error : futex_wait(address, (uint32_t)arg[2], deadline);
    case FUTEX_WAKE_BITSET:
        return (uint32_t)arg[5] != 0 ? 0 : -EINVAL;
    case FUTEX_WAKE:
    case FUTEX_REQUEUE:
        return 0;
    case FUTEX_CMP_REQUEUE:
        return word_check(address, (uint32_t)arg[5]);
    default:
        return -ENOSYS;
    }
}
