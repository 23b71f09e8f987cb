/* SPDX-License-Identifier: Apache-2.0 */
/* futex_queue.h - who waits for which futex: keys, that name a word whatever address it has, and waiters. */
#ifndef GK_SYS_FUTEX_QUEUE_H
#define GK_SYS_FUTEX_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/wait.h"
#include "lib/types.h"

/* The word's place: in a space, or in an object that spaces share; then the key holds a reference to it. */
struct futex_key {
    const void *owner; /* struct space or struct vm_object */
    uint64_t offset;   /* the word's; its low bits, which words leave free, say what `owner` is */
};

/* A word that is private to its space, or may be shared with others (futex(2), FUTEX_PRIVATE_FLAG); to_write: the
 * operation is going to change it. 0; -EINVAL: not aligned; -EFAULT. May wait, for the word to be brought in. */
int futex_key_get(uaddr_t address, bool shared, bool to_write, struct futex_key *key);
void futex_key_put(struct futex_key *key);
static inline bool futex_key_equal(const struct futex_key *a, const struct futex_key *b)
{
    return a->offset == b->offset && a->owner == b->owner;
}

#define FUTEX_ANY UINT32_MAX /* the bitset of those that have none */

struct futex_waiter {
    struct waiter waiter; /* in a queue: it hasn't been woken yet */
    struct futex_key key; /* one reference, which goes over to the waiter when it is queued */
    uint32_t bitset;      /* woken by who names one of these */
};

/* Queues the current thread's waiter, whose key and bitset are set; behind those of the same or a higher priority. */
void futex_queue(struct futex_waiter *waiter);
/* Sleeps until it was woken (0, then it isn't queued any more), the deadline (-ETIMEDOUT) or a signal (-ERESTARTSYS):
 * as wait_on. Its key is put. */
int futex_sleep(struct futex_waiter *waiter, uint64_t deadline_ns);

/* The first that waits for the word, or the first after `waiter`; NULL: nobody else. */
struct futex_waiter *futex_first(const struct futex_key *key);
struct futex_waiter *futex_next(const struct futex_key *key, const struct futex_waiter *waiter);
void futex_waiter_wake(struct futex_waiter *waiter);
/* It waits for another word now. */
void futex_waiter_move(struct futex_waiter *waiter, const struct futex_key *key);

#endif
