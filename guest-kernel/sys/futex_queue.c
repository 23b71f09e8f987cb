/* SPDX-License-Identifier: Apache-2.0 */
/* futex_queue.c - see futex_queue.h: waiters are in one of many queues, which a hash of their key chooses. */
#include "sys/futex_queue.h"

#include "abi/errno.h"
#include "core/sched.h"
#include "lib/list.h"
#include "mm/mapping.h"
#include "mm/object.h"
#include "mm/usercopy.h"

#define BUCKETS 256u

/* In an offset, as on Linux: a word that is said to be private isn't what others call shared, even at one address. */
enum { KEY_OBJECT = 1, KEY_SHARED = 2 };

static struct wait_queue buckets[BUCKETS];

/* ---- keys ---- */

/* As Linux: a word that can only be read is one of a file, or nobody is ever going to change it. */
static int shared_key(struct space *space, uaddr_t address, bool writable, struct futex_key *key)
{
    const struct area *area = area_first(space, address);

    if (area == NULL || area->start > address)
        return -EFAULT;
    if (area->object != NULL && (area->shared || !writable)) {
        area->object->ops->get(area->object);
        *key = (struct futex_key){area->object, (area->offset + (address - area->start)) | KEY_OBJECT};
        return 0;
    }
    *key = (struct futex_key){space, address | KEY_SHARED};
    return writable ? 0 : -EFAULT;
}

int futex_key_get(uaddr_t address, bool shared, bool to_write, struct futex_key *key)
{
    struct space *space = current_process()->space;
    bool writable = true;
    uint32_t *word;

    if (address & 3)
        return -EINVAL;
    if (address >= ISA_USER_TOP)
        return -EFAULT;
    if (!shared) {
        *key = (struct futex_key){space, address};
        return 0;
    }
    if (user_word(address, true, &word) != 0) {
        if (to_write || user_word(address, false, &word) != 0)
            return -EFAULT;
        writable = false;
    }
    return shared_key(space, address, writable, key);
}

void futex_key_put(struct futex_key *key)
{
    struct vm_object *object = (struct vm_object *)key->owner;

    if (key->offset & KEY_OBJECT)
        object->ops->put(object);
    *key = (struct futex_key){0};
}

/* ---- waiters ---- */

static struct wait_queue *bucket_of(const struct futex_key *key)
{
    uint64_t hash =
        ((uint64_t)(uintptr_t)key->owner + key->offset) * 0x9e3779b97f4a7c15u; /* 2^64 by the golden ratio */

    return &buckets[hash >> 56];
}

static struct futex_waiter *match_from(const struct futex_key *key, struct waiter *at)
{
    for (; at != NULL; at = at->next) {
        struct futex_waiter *waiter = container_of(at, struct futex_waiter, waiter);
        if (futex_key_equal(&waiter->key, key))
            return waiter;
    }
    return NULL;
}

struct futex_waiter *futex_first(const struct futex_key *key)
{
    return match_from(key, bucket_of(key)->first);
}

struct futex_waiter *futex_next(const struct futex_key *key, const struct futex_waiter *waiter)
{
    return match_from(key, waiter->waiter.next);
}

static int priority_of(const struct thread *thread)
{
    int policy = thread->sched.own.policy & ~SCHED_RESET_ON_FORK;

    return policy == SCHED_FIFO || policy == SCHED_RR ? thread->sched.own.rt_priority : 0;
}

/* Behind those of the same priority, which as a rule are all. */
static void bucket_add(struct futex_waiter *waiter)
{
    struct wait_queue *bucket = bucket_of(&waiter->key);
    struct waiter *self = &waiter->waiter, *before = bucket->last;
    int priority = priority_of(self->thread);

    while (before != NULL && priority_of(before->thread) < priority)
        before = before->previous;
    self->queue = bucket;
    self->previous = before;
    self->next = before != NULL ? before->next : bucket->first;
    *(before != NULL ? &before->next : &bucket->first) = self;
    *(self->next != NULL ? &self->next->previous : &bucket->last) = self;
}

void futex_queue(struct futex_waiter *waiter)
{
    waiter->waiter.thread = arch_current();
    bucket_add(waiter);
}

int futex_sleep(struct futex_waiter *waiter, uint64_t deadline_ns)
{
    int error = 0;

    while (waiter->waiter.queue != NULL && !waiter->granted && error == 0)
        error = sched_sleep(deadline_ns, WAIT_INTERRUPTIBLE);
    return waiter->waiter.queue == NULL || waiter->granted ? 0 : error; /* whatever else has come */
}

void futex_unqueue(struct futex_waiter *waiter)
{
    wait_remove(&waiter->waiter);
    futex_key_put(&waiter->key);
}

void futex_waiter_wake(struct futex_waiter *waiter)
{
    wait_remove(&waiter->waiter);
    (void)sched_wake(waiter->waiter.thread);
}

void futex_waiter_move(struct futex_waiter *waiter, const struct futex_key *key)
{
    struct vm_object *object = (struct vm_object *)key->owner;

    wait_remove(&waiter->waiter);
    if (key->offset & KEY_OBJECT)
        object->ops->get(object);
    futex_key_put(&waiter->key);
    waiter->key = *key;
    bucket_add(waiter);
}

/* ---- what most calls do ---- */

/* Nobody can change the word between the look at it and the queue, as nothing waits there. */
int futex_wait_begin(const struct futex_wait *wait, struct futex_waiter *waiter)
{
    uint32_t *word;
    int error = futex_key_get(wait->address, wait->shared, false, &waiter->key);

    if (error != 0)
        return error;
    if (user_word(wait->address, false, &word) != 0)
        error = -EFAULT;
    else if (user_word_read(word) != wait->expected)
        error = -EAGAIN;
    if (error == 0)
        futex_queue(waiter);
    else
        futex_key_put(&waiter->key);
    return error;
}

int64_t futex_wake_by_key(const struct futex_key *key, int most, uint32_t bitset)
{
    struct futex_waiter *waiter = futex_first(key), *next;
    int count = 0;

    for (; waiter != NULL; waiter = next) {
        next = futex_next(key, waiter);
        if (!futex_is_plain(waiter))
            return -EINVAL;
        if (!(waiter->bitset & bitset))
            continue;
        futex_waiter_wake(waiter);
        if (++count >= most)
            break;
    }
    return count;
}
