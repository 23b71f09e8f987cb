/* SPDX-License-Identifier: Apache-2.0 */
/* futex.c - futex(2): threads wait until others say that they have changed a word; which operation is whose. */
#include "abi/futex.h"

#include "abi/time.h"
#include "mm/space.h"
#include "sys/futex.h"
#include "sys/futex_pi.h"
#include "sys/futex_queue.h"
#include "sys/syscall.h"
#include "sys/timeout.h"
#include "sys/user.h"

/* ---- waiting ---- */

static int64_t futex_wait(const struct futex_wait *wait);

#define RESTART_SHARED (1ull << 32)

static int64_t wait_resume(struct thread *thread)
{
    const uint64_t *arg = thread->restart.arg;
    const struct futex_wait wait = {
        .address = arg[0],
        .deadline_ns = thread->restart.deadline_ns,
        .expected = (uint32_t)arg[1],
        .bitset = (uint32_t)arg[2],
        .shared = (arg[1] & RESTART_SHARED) != 0,
    };

    return futex_wait(&wait);
}

static int64_t futex_wait(const struct futex_wait *wait)
{
    struct futex_waiter waiter = {.bitset = wait->bitset};
    int error;

    if (wait->bitset == 0)
        return -EINVAL;
    error = futex_wait_begin(wait, &waiter);
    if (error != 0)
        return error;
    error = futex_sleep(&waiter, wait->deadline_ns);
    futex_unqueue(&waiter);
    if (error != -ERESTARTSYS || wait->deadline_ns == WAIT_FOREVER)
        return error;
    current_thread()->restart = (struct restart){
        .resume = wait_resume,
        .deadline_ns = wait->deadline_ns,
        .arg = {wait->address, wait->expected | (wait->shared ? RESTART_SHARED : 0), wait->bitset},
    };
    return -ERESTART_RESTARTBLOCK;
}

/* ---- waking ---- */

int64_t futex_wake(uaddr_t address, bool shared, int most, uint32_t bitset)
{
    struct futex_key key;
    int64_t result;

    if (bitset == 0)
        return -EINVAL;
    result = futex_key_get(address, shared, false, &key);
    if (result != 0)
        return result;
    result = futex_wake_by_key(&key, most, bitset);
    futex_key_put(&key);
    return result;
}

/* ---- the system call ---- */

static bool has_timeout(unsigned operation)
{
    return operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET || operation == FUTEX_LOCK_PI ||
           operation == FUTEX_LOCK_PI2 || operation == FUTEX_WAIT_REQUEUE_PI;
}

static bool has_clock(unsigned operation)
{
    return operation == FUTEX_WAIT_BITSET || operation == FUTEX_LOCK_PI2 || operation == FUTEX_WAIT_REQUEUE_PI;
}

/* FUTEX_WAIT's timeout is a duration, the others' a time of the chosen clock. */
static int wait_deadline(unsigned operation, bool realtime, uaddr_t timeout, uint64_t *deadline_ns)
{
    uint64_t ns;
    int error;

    *deadline_ns = WAIT_FOREVER;
    if (timeout == 0 || !has_timeout(operation))
        return 0;
    error = timeout_read(timeout, &ns);
    if (error != 0)
        return error;
    if (operation == FUTEX_WAIT)
        *deadline_ns = deadline_after(ns);
    else
        *deadline_ns = deadline_at(realtime || operation == FUTEX_LOCK_PI ? CLOCK_REALTIME : CLOCK_MONOTONIC, ns);
    return 0;
}

int64_t sys_futex(const uint64_t arg[6])
{
    unsigned operation = (unsigned)arg[1] & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
    bool realtime = (arg[1] & FUTEX_CLOCK_REALTIME) != 0, shared = !(arg[1] & FUTEX_PRIVATE_FLAG);
    uint32_t value = (uint32_t)arg[2], third = (uint32_t)arg[5];
    struct futex_wait wait = {.address = arg[0], .expected = value, .bitset = FUTEX_ANY, .shared = shared};
    struct futex_pair pair = {
        .address = {arg[0], arg[4]}, .shared = {shared, shared}, .wake = (int)value, .other = (int)arg[3]};
    int error = wait_deadline(operation, realtime, arg[3], &wait.deadline_ns);

    if (error != 0)
        return error;
    if (realtime && !has_clock(operation))
        return -ENOSYS;
    switch (operation) {
    case FUTEX_WAIT_BITSET:
        wait.bitset = third;
        return futex_wait(&wait);
    case FUTEX_WAIT:
        return futex_wait(&wait);
    case FUTEX_WAKE_BITSET:
        return futex_wake(arg[0], shared, (int)value, third);
    case FUTEX_WAKE:
        return futex_wake(arg[0], shared, (int)value, FUTEX_ANY);
    case FUTEX_CMP_REQUEUE:
        pair.value = &third;
        return futex_requeue(&pair);
    case FUTEX_REQUEUE:
        return futex_requeue(&pair);
    case FUTEX_WAKE_OP:
        return futex_wake_op(&pair, third);
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
    case FUTEX_TRYLOCK_PI:
        return futex_lock_pi(arg[0], shared, wait.deadline_ns, operation == FUTEX_TRYLOCK_PI);
    case FUTEX_UNLOCK_PI:
        return futex_unlock_pi(arg[0], shared);
    case FUTEX_WAIT_REQUEUE_PI:
        return futex_wait_requeue_pi(&wait, arg[4]);
    case FUTEX_CMP_REQUEUE_PI:
        pair.value = &third;
        return futex_requeue_pi(&pair);
    default:
        return -ENOSYS;
    }
}
