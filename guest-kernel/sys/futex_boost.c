/* SPDX-License-Identifier: Apache-2.0 */
/* futex_boost.c - see futex_boost.h. Of a lock's waiters the first one lends, as on Linux, so that ordinary threads
 * lend in the order of their coming. */
#include "sys/futex_boost.h"

#include "abi/errno.h"
#include "core/rank.h"
#include "core/sched.h"

#define DEPTH_MAX 1024u /* Linux's max_lock_depth: locks whose owners wait for each other */

/* ---- the order of waiters ---- */

static int priority_of(const struct futex_waiter *waiter)
{
    const struct thread *thread = waiter->waiter.thread;

    return sched_is_real_time(thread) ? thread->sched.rt_priority : 0;
}

static struct futex_waiter *waiter_at(struct list *link)
{
    return container_of(link, struct futex_waiter, link);
}

/* Behind those of the same priority, which as a rule are all. */
static void enqueue(struct futex_pi *pi, struct futex_waiter *waiter)
{
    struct list *before = pi->waiting.prev;

    while (before != &pi->waiting && priority_of(waiter_at(before)) < priority_of(waiter))
        before = before->prev;
    list_insert(before->next, &waiter->link);
}

struct futex_waiter *futex_pi_first(const struct futex_pi *pi)
{
    return list_is_empty(&pi->waiting) ? NULL : waiter_at(pi->waiting.next);
}

/* ---- what is lent ---- */

/* The best of what those lend that are the first to wait for the thread's locks. NULL: nobody waits. */
static const struct thread *lender_of(const struct thread *thread)
{
    const struct thread *best = NULL;
    struct sched_rank most = {0}, rank;

    for (struct list *at = thread->pi_locks.next; at != &thread->pi_locks; at = at->next) {
        const struct futex_waiter *first = futex_pi_first(container_of(at, struct futex_pi, link));
        if (first == NULL)
            continue;
        rank = rank_of(first->waiter.thread);
        if (best == NULL || rank_is_above(&rank, &most)) {
            best = first->waiter.thread;
            most = rank;
        }
    }
    return best;
}

/* What is lent to the thread may have changed, and with it what it lends. */
static void lend(struct thread *thread)
{
    for (unsigned depth = 0; thread != NULL && depth < DEPTH_MAX; depth++) {
        struct futex_waiter *waiter = thread->pi_waiter;
        if (!sched_lend(thread, lender_of(thread)) || waiter == NULL)
            return;
        list_remove(&waiter->link);
        enqueue(waiter->pi, waiter);
        thread = waiter->pi->owner;
    }
}

void futex_pi_priority_changed(struct thread *thread)
{
    struct futex_waiter *waiter = thread->pi_waiter;

    if (waiter == NULL)
        return;
    list_remove(&waiter->link);
    enqueue(waiter->pi, waiter);
    lend(waiter->pi->owner);
}

/* ---- locks ---- */

void futex_pi_init(struct futex_pi *pi)
{
    *pi = (struct futex_pi){0};
    list_init(&pi->link);
    list_init(&pi->waiting);
}

void futex_pi_set_owner(struct futex_pi *pi, struct thread *owner)
{
    struct thread *before = pi->owner;

    list_remove(&pi->link);
    list_init(&pi->link);
    pi->owner = owner;
    if (owner != NULL)
        list_insert(&owner->pi_locks, &pi->link);
    lend(before);
    lend(owner);
}

void futex_pi_join(struct futex_waiter *waiter, struct futex_pi *pi)
{
    waiter->pi = pi;
    waiter->waiter.thread->pi_waiter = waiter;
    pi->waiters++;
    enqueue(pi, waiter);
    lend(pi->owner);
}

void futex_pi_stop(struct futex_waiter *waiter)
{
    struct thread *thread = waiter->waiter.thread;

    if (thread->pi_waiter != waiter)
        return;
    thread->pi_waiter = NULL;
    list_remove(&waiter->link);
    lend(waiter->pi->owner);
}

int futex_pi_check(const struct futex_pi *pi, const struct thread *thread)
{
    for (unsigned depth = 0; pi->owner != NULL; depth++) {
        if (pi->owner == thread || depth == DEPTH_MAX)
            return -EDEADLK;
        if (pi->owner->pi_waiter == NULL)
            return 0;
        pi = pi->owner->pi_waiter->pi;
    }
    return 0;
}
