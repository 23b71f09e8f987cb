/* SPDX-License-Identifier: Apache-2.0 */
/* futex_queue.h - who waits for which futex: keys, that name a word whatever address it has, and waiters. */
#ifndef GK_SYS_FUTEX_QUEUE_H
#define GK_SYS_FUTEX_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/wait.h"
#include "lib/list.h"
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
    struct waiter waiter;         /* in a queue: it hasn't been woken yet */
    struct futex_key key;         /* one reference, which goes over to the waiter when it is queued */
    uint32_t bitset;              /* woken by who names one of these */
    struct futex_pi *pi;          /* the lock that it waits for (futex_boost.h); NULL: the word is no lock */
    struct list link;             /* pi->waiting */
    const struct futex_key *lock; /* FUTEX_WAIT_REQUEUE_PI: the lock that it is to be moved to, and to nothing else */
    bool granted;                 /* it has got the lock */
};

/* One that may just be woken. */
static inline bool futex_is_plain(const struct futex_waiter *waiter)
{
    return waiter->pi == NULL && waiter->lock == NULL;
}

/* Queues the current thread's waiter, whose key and bitset are set; behind those of the same or a higher priority. */
void futex_queue(struct futex_waiter *waiter);
/* Sleeps until it was woken (0, then it isn't queued any more) or has got its lock (0), the deadline (-ETIMEDOUT) or a
 * signal (-ERESTARTSYS): as wait_on. */
int futex_sleep(struct futex_waiter *waiter, uint64_t deadline_ns);
/* Afterwards: it waits no more, and its key is put. */
void futex_unqueue(struct futex_waiter *waiter);

/* The first that waits for the word, or the first after `waiter`; NULL: nobody else. */
struct futex_waiter *futex_first(const struct futex_key *key);
struct futex_waiter *futex_next(const struct futex_key *key, const struct futex_waiter *waiter);
/* FUTEX_WAKE_BITSET: at least one, as Linux does it. How many there were; -EINVAL: one of them waits for a lock. */
int64_t futex_wake_by_key(const struct futex_key *key, int most, uint32_t bitset);
void futex_waiter_wake(struct futex_waiter *waiter);
/* It waits for another word now. */
void futex_waiter_move(struct futex_waiter *waiter, const struct futex_key *key);

/* What the calls do with a wait for one word and with two words. */
struct futex_wait {
    uaddr_t address;
    uint64_t deadline_ns;
    uint32_t expected, bitset;
    bool shared;
};
/* Queues the current thread's waiter, whose bitset is set, if the word is as expected: 0; -EAGAIN: it isn't; errors of
 * futex_key_get. */
int futex_wait_begin(const struct futex_wait *wait, struct futex_waiter *waiter);

struct futex_pair {
    uaddr_t address[2];
    bool shared[2];
    int wake;        /* at most so many of the first's waiters */
    int other;       /* move so many, or wake so many of the second's */
    uint32_t *value; /* what the first must be; NULL: anything */
    struct futex_key key[2];
};
/* FUTEX_REQUEUE, FUTEX_CMP_REQUEUE: how many were woken or moved, or -errno. */
int64_t futex_requeue(struct futex_pair *pair);
/* FUTEX_WAKE_OP: how many were woken, or -errno. */
int64_t futex_wake_op(struct futex_pair *pair, uint32_t operation);
/* The keys of both words, to be put. As futex_key_get. */
int futex_pair_get(struct futex_pair *pair, bool to_write_second);
void futex_pair_put(struct futex_pair *pair);

#endif
