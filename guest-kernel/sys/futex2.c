/* SPDX-License-Identifier: Apache-2.0 */
/* futex2.c - see futex2.h: futex_wake, futex_wait and futex_requeue, and what futex_waitv has in common with them. */
#include "sys/futex2.h"

#include "abi/time.h"
#include "core/wait.h"
#include "sys/futex_queue.h"
#include "sys/syscall.h"
#include "sys/timeout.h"
#include "sys/user.h"

/* Linux's FUTEX2_* */
#define SIZE_U32 2u
#define PRIVATE 128u

bool futex2_flags_are_good(uint32_t flags)
{
    return (flags & ~PRIVATE) == SIZE_U32;
}

bool futex2_is_shared(uint32_t flags)
{
    return !(flags & PRIVATE);
}

int futex2_words_get(struct futex_word *words, unsigned count, uaddr_t address)
{
    if (copy_from_user(words, address, count * sizeof(*words)) != 0)
        return -EFAULT;
    for (unsigned i = 0; i < count; i++)
        if (!futex2_flags_are_good(words[i].flags) || words[i].reserved != 0 || words[i].value > UINT32_MAX)
            return -EINVAL;
    return 0;
}

int futex2_deadline_get(uaddr_t timeout, int clock, uint64_t *deadline_ns)
{
    uint64_t ns;
    int error;

    *deadline_ns = WAIT_FOREVER;
    if (timeout == 0)
        return 0;
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
        return -EINVAL;
    error = timeout_read(timeout, &ns);
    if (error == 0)
        *deadline_ns = deadline_at(clock, ns);
    return error;
}

/* Of FUTEX_WAKE this differs in one: none is none, rather than one. */
int64_t sys_futex_wake(const uint64_t arg[6])
{
    struct futex_key key;
    int64_t result;

    if (!futex2_flags_are_good((uint32_t)arg[3]) || arg[1] > UINT32_MAX || arg[1] == 0)
        return -EINVAL;
    result = futex_key_get(arg[0], futex2_is_shared((uint32_t)arg[3]), false, &key);
    if (result != 0)
        return result;
    if ((int)arg[2] != 0)
        result = futex_wake_by_key(&key, (int)arg[2], (uint32_t)arg[1]);
    futex_key_put(&key);
    return result;
}

/* The time is one of a clock, so that a wait that a signal interrupts is begun anew with the same. */
int64_t sys_futex_wait(const uint64_t arg[6])
{
    struct futex_wait wait = {.address = arg[0], .shared = futex2_is_shared((uint32_t)arg[3])};
    struct futex_waiter waiter = {.bitset = (uint32_t)arg[2]};
    int error;

    if (!futex2_flags_are_good((uint32_t)arg[3]) || arg[1] > UINT32_MAX || arg[2] > UINT32_MAX)
        return -EINVAL;
    wait.expected = (uint32_t)arg[1];
    error = futex2_deadline_get(arg[4], (int)arg[5], &wait.deadline_ns);
    if (error == 0 && waiter.bitset == 0)
        error = -EINVAL;
    if (error == 0)
        error = futex_wait_begin(&wait, &waiter);
    if (error != 0)
        return error;
    error = futex_sleep(&waiter, wait.deadline_ns);
    futex_unqueue(&waiter);
    return error;
}

int64_t sys_futex_requeue(const uint64_t arg[6])
{
    struct futex_word words[2];
    struct futex_pair pair = {.wake = (int)arg[2], .other = (int)arg[3]};
    uint32_t expected;
    int error;

    if ((uint32_t)arg[1] != 0 || arg[0] == 0)
        return -EINVAL;
    error = futex2_words_get(words, 2, arg[0]);
    if (error != 0)
        return error;
    for (unsigned i = 0; i < 2; i++) {
        pair.address[i] = words[i].address;
        pair.shared[i] = futex2_is_shared(words[i].flags);
    }
    expected = (uint32_t)words[0].value;
    pair.value = &expected;
    return futex_requeue(&pair);
}
