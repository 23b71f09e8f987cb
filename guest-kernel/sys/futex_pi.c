/* SPDX-License-Identifier: Apache-2.0 */
/* futex_pi.c - see futex_pi.h. */
#include "sys/futex_pi.h"

#include "abi/futex.h"
#include "core/pid.h"
#include "core/sched.h"
#include "core/threads.h"
#include "mm/kmalloc.h"
#include "sys/futex_boost.h"
#include "sys/user.h"

/* ---- locks ---- */

/* Of what was allocated before, as nothing may wait or fail any more. */
static struct futex_pi *pi_make(struct futex_pi **spare, struct thread *owner)
{
    struct futex_pi *pi = *spare;

    *spare = NULL;
    futex_pi_init(pi);
    futex_pi_set_owner(pi, owner);
    return pi;
}

static void pi_drop_unused(struct futex_pi *pi)
{
    if (pi == NULL || pi->waiters != 0)
        return;
    futex_pi_set_owner(pi, NULL);
    kfree(pi);
}

static void pi_leave(struct futex_waiter *waiter)
{
    futex_pi_stop(waiter);
    waiter->pi->waiters--;
    pi_drop_unused(waiter->pi);
    waiter->pi = NULL;
}

/* It stays queued until it runs, so that others see a lock with an owner or a waiter meanwhile. */
static void grant(struct futex_waiter *waiter)
{
    waiter->granted = true;
    futex_pi_stop(waiter);
    (void)sched_wake(waiter->waiter.thread);
}

/* Its owner has ended: the next one finds out when it runs. */
static void pi_orphan(struct futex_pi *pi)
{
    struct futex_waiter *next;

    futex_pi_set_owner(pi, NULL);
    next = futex_pi_first(pi);
    if (next != NULL)
        grant(next);
}

/* ---- the word ---- */

/* What the program has made of the word must be what the kernel knows, as Linux wants it. */
static int word_check(const struct futex_pi *pi, uint32_t value)
{
    uint32_t tid = value & FUTEX_TID_MASK;

    if (pi == NULL)
        return -EINVAL;
    if (pi->owner == NULL)
        return (value & FUTEX_OWNER_DIED) && tid == 0 ? 0 : -EINVAL;
    if ((value & FUTEX_OWNER_DIED) && tid == 0)
        return 0;
    return tid == (uint32_t)pi->owner->tid ? 0 : -EINVAL;
}

/* Takes the lock for `thread`, in one step: 1; 0: *pi is what it has to wait for; or an error. mark: others are going
 * to wait for it then, for *pi. */
static int lock_take(uint32_t *word, const struct futex_key *key, struct thread *thread, bool mark,
                     struct futex_pi **spare, struct futex_pi **pi)
{
    const struct futex_waiter *first = futex_first(key);
    uint32_t value, changed, tid;
    struct thread *owner;

    do { /* the owner may give it up meanwhile, without a call */
        value = user_word_read(word);
        tid = value & FUTEX_TID_MASK;
        if (tid == (uint32_t)thread->tid)
            return -EDEADLK;
        if (first != NULL) {
            *pi = first->pi;
            return word_check(first->pi, value);
        }
        changed = value | FUTEX_WAITERS;
        if (tid == 0)
            changed = (value & FUTEX_OWNER_DIED) | (uint32_t)thread->tid | (mark ? FUTEX_WAITERS : 0);
    } while (!user_word_exchange(word, value, changed));
    if (tid == 0) {
        if (mark)
            *pi = pi_make(spare, thread);
        return 1;
    }
    owner = thread_find((int)tid);
    if (owner == NULL || owner->pi_left)
        return -ESRCH;
    if (owner->process == process_kernel())
        return -EPERM;
    *pi = pi_make(spare, owner);
    return 0;
}

/* The current thread's waiter was granted the lock by one that gave it up, or that ended. 0 or -EFAULT. */
static int take_over(const struct futex_waiter *waiter, uaddr_t address)
{
    struct thread *thread = current_thread();
    uint32_t *word;

    if (waiter->pi->owner == thread)
        return 0;
    if (user_word(address, true, &word) != 0)
        return -EFAULT;
    while (!user_word_exchange(word, user_word_read(word), (uint32_t)thread->tid | FUTEX_WAITERS | FUTEX_OWNER_DIED))
        ;
    futex_pi_set_owner(waiter->pi, thread);
    return 0;
}

/* After its sleep with `error`, of one that waited for a lock. */
static int wait_end(struct futex_waiter *waiter, uaddr_t address, int error)
{
    if (waiter->granted) {
        error = take_over(waiter, address);
        if (error != 0) {
            wait_remove(&waiter->waiter);
            pi_orphan(waiter->pi);
        }
    }
    wait_remove(&waiter->waiter);
    pi_leave(waiter);
    return error;
}

/* ---- FUTEX_LOCK_PI, FUTEX_LOCK_PI2, FUTEX_TRYLOCK_PI, FUTEX_UNLOCK_PI ---- */

/* lock_take for the current thread, and whether it may wait. */
static int lock_begin(uaddr_t address, struct futex_waiter *waiter, bool only_try, struct futex_pi **pi)
{
    struct futex_pi *spare = kmalloc(sizeof(*spare));
    struct thread *thread = current_thread();
    uint32_t *word;
    int error;

    if (spare == NULL)
        return -ENOMEM;
    if (user_word(address, true, &word) != 0)
        error = -EFAULT;
    else
        error = lock_take(word, &waiter->key, thread, false, &spare, pi);
    if (error == 0 && only_try)
        error = -EAGAIN;
    else if (error == 0)
        error = futex_pi_check(*pi, thread);
    if (error < 0)
        pi_drop_unused(*pi);
    kfree(spare);
    return error;
}

int64_t futex_lock_pi(uaddr_t address, bool shared, uint64_t deadline_ns, bool only_try)
{
    struct futex_waiter waiter = {.bitset = FUTEX_ANY};
    struct futex_pi *pi = NULL;
    int error = futex_key_get(address, shared, true, &waiter.key);

    if (error != 0)
        return error;
    error = lock_begin(address, &waiter, only_try, &pi);
    if (error == 0) {
        futex_queue(&waiter);
        futex_pi_join(&waiter, pi);
        error = wait_end(&waiter, address, futex_sleep(&waiter, deadline_ns));
    } else if (error > 0) {
        error = 0;
    }
    futex_unqueue(&waiter);
    return error == -ERESTARTSYS ? -ERESTARTNOINTR : error;
}

/* The word, whose owner is the current thread, becomes `after` in one step. */
static int word_give(uint32_t *word, uint32_t after)
{
    uint32_t value;

    do {
        value = user_word_read(word);
        if ((value & FUTEX_TID_MASK) != (uint32_t)current_thread()->tid)
            return -EPERM;
    } while (!user_word_exchange(word, value, after));
    return 0;
}

static int unlock(uint32_t *word, const struct futex_key *key)
{
    const struct thread *thread = current_thread();
    const struct futex_waiter *first = futex_first(key);
    struct futex_waiter *next;
    struct futex_pi *pi;
    int error;

    if ((user_word_read(word) & FUTEX_TID_MASK) != (uint32_t)thread->tid)
        return -EPERM;
    if (first == NULL)
        return word_give(word, 0);
    pi = first->pi;
    if (pi == NULL || pi->owner != thread)
        return -EINVAL;
    next = futex_pi_first(pi);
    if (next == NULL)
        return -EINVAL;
    error = word_give(word, (uint32_t)next->waiter.thread->tid | FUTEX_WAITERS);
    if (error != 0)
        return error;
    futex_pi_stop(next);
    futex_pi_set_owner(pi, next->waiter.thread);
    grant(next);
    return 0;
}

int64_t futex_unlock_pi(uaddr_t address, bool shared)
{
    struct futex_key key;
    uint32_t value, *word;
    int error;

    if (user_get(value, address) != 0)
        return -EFAULT;
    if ((value & FUTEX_TID_MASK) != (uint32_t)current_thread()->tid)
        return -EPERM;
    error = futex_key_get(address, shared, true, &key);
    if (error != 0)
        return error;
    error = user_word(address, true, &word) != 0 ? -EFAULT : unlock(word, &key);
    futex_key_put(&key);
    return error;
}

/* ---- FUTEX_CMP_REQUEUE_PI, FUTEX_WAIT_REQUEUE_PI ---- */

/* Whether one that waits for the first word is one that may be moved to the second. */
static bool may_move(const struct futex_pair *pair, const struct futex_waiter *waiter)
{
    return waiter->lock != NULL && waiter->pi == NULL && futex_key_equal(waiter->lock, &pair->key[1]);
}

/* The first waiter gets the lock if it is free; the rest, and the first if it isn't, wait for it now. */
static int64_t requeue(const struct futex_pair *pair, uint32_t *word, struct futex_pi **spare)
{
    struct futex_waiter *waiter = futex_first(&pair->key[0]), *next;
    struct futex_pi *pi = NULL;
    int64_t count = 0;
    int error;

    if (waiter == NULL)
        return 0;
    if (!may_move(pair, waiter))
        return -EINVAL;
    error = lock_take(word, &pair->key[1], waiter->waiter.thread, pair->other != 0, spare, &pi);
    if (error < 0)
        return error;
    if (error == 1) {
        next = futex_next(&pair->key[0], waiter);
        wait_remove(&waiter->waiter);
        grant(waiter);
        waiter = next;
        count++;
    }
    for (error = 0; pi != NULL && waiter != NULL && count - pair->wake < pair->other; waiter = next, count++) {
        next = futex_next(&pair->key[0], waiter);
        error = may_move(pair, waiter) ? futex_pi_check(pi, waiter->waiter.thread) : -EINVAL;
        if (error != 0)
            break;
        futex_waiter_move(waiter, &pair->key[1]);
        futex_pi_join(waiter, pi);
    }
    pi_drop_unused(pi);
    return error != 0 ? error : count;
}

/* Both words are at hand at the same time, and stay so until the thread waits. */
static int words_get(const struct futex_pair *pair, uint32_t *word[2])
{
    do {
        if (user_word(pair->address[0], false, &word[0]) != 0 || user_word(pair->address[1], true, &word[1]) != 0)
            return -EFAULT;
    } while (!user_word_at_hand(pair->address[0], false, &word[0]) ||
             !user_word_at_hand(pair->address[1], true, &word[1]));
    return 0;
}

int64_t futex_requeue_pi(struct futex_pair *pair)
{
    struct futex_pi *spare;
    uint32_t *word[2];
    int64_t result;

    if (pair->wake != 1 || pair->other < 0 || pair->address[0] == pair->address[1])
        return -EINVAL;
    result = futex_pair_get(pair, true);
    if (result != 0)
        return result;
    spare = kmalloc(sizeof(*spare));
    if (spare == NULL)
        result = -ENOMEM;
    else if (futex_key_equal(&pair->key[0], &pair->key[1]))
        result = -EINVAL;
    else if (words_get(pair, word) != 0)
        result = -EFAULT;
    else
        result = user_word_read(word[0]) == *pair->value ? requeue(pair, word[1], &spare) : -EAGAIN;
    kfree(spare);
    futex_pair_put(pair);
    return result;
}

/* The call ends as one of the lock's, once it was moved there. */
static int wait_requeue_end(struct futex_waiter *waiter, uaddr_t lock, int error)
{
    if (waiter->pi != NULL) {
        error = wait_end(waiter, lock, error);
        return error == -ERESTARTSYS ? -EAGAIN : error; /* it can't be made again: it isn't there any more */
    }
    if (waiter->granted)
        return 0;
    return error == -ERESTARTSYS ? -ERESTARTNOINTR : error != 0 ? error : -EAGAIN;
}

int64_t futex_wait_requeue_pi(const struct futex_wait *wait, uaddr_t lock)
{
    struct futex_waiter waiter = {.bitset = wait->bitset};
    struct futex_key key;
    int error;

    if (wait->address == lock)
        return -EINVAL;
    error = futex_key_get(lock, wait->shared, true, &key);
    if (error != 0)
        return error;
    waiter.lock = &key;
    error = futex_wait_begin(wait, &waiter);
    if (error == 0) {
        if (futex_key_equal(&waiter.key, &key))
            error = -EINVAL;
        else
            error = wait_requeue_end(&waiter, lock, futex_sleep(&waiter, wait->deadline_ns));
        futex_unqueue(&waiter);
    }
    futex_key_put(&key);
    return error;
}

/* ---- the end of a thread ---- */

void futex_pi_exit(struct thread *thread)
{
    thread->pi_left = true;
    while (!list_is_empty(&thread->pi_locks))
        pi_orphan(container_of(thread->pi_locks.next, struct futex_pi, link));
}
