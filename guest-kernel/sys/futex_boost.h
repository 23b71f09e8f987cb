/* SPDX-License-Identifier: Apache-2.0 */
/* futex_boost.h - locks whose owner the kernel knows, who waits for them in which order, and the priority that those
 * lend the owner (priority inheritance): so that who has a lock isn't kept from its CPU by threads that are less urgent
 * than one that waits for it. */
#ifndef GK_SYS_FUTEX_BOOST_H
#define GK_SYS_FUTEX_BOOST_H

#include "lib/list.h"
#include "sys/futex_queue.h"

struct thread;

/* A lock that somebody waits for. */
struct futex_pi {
    struct thread *owner; /* NULL: it has ended, and who is the next one hasn't taken over yet */
    struct list link;     /* owner->pi_locks */
    struct list waiting;  /* futex_waiter.link: by their priority, and then in order; without those that have it */
    unsigned waiters;     /* with those that were granted it and haven't run yet */
};

/* Nobody has it or waits for it. */
void futex_pi_init(struct futex_pi *pi);
/* It has another owner, or none: the first waiter's priority is lent to that one. */
void futex_pi_set_owner(struct futex_pi *pi, struct thread *owner);
/* The waiter waits for the lock: what it lends goes on to whom the owner waits for. */
void futex_pi_join(struct futex_waiter *waiter, struct futex_pi *pi);
/* It doesn't wait any more: it has got the lock, or given up. waiter->pi stays. Nothing, if it was told. */
void futex_pi_stop(struct futex_waiter *waiter);
/* Who is to have the lock next. NULL: nobody waits. */
struct futex_waiter *futex_pi_first(const struct futex_pi *pi);
/* 0; -EDEADLK: `thread` would wait for itself, over others that wait for each other, or over too many of them. */
int futex_pi_check(const struct futex_pi *pi, const struct thread *thread);
/* The thread has another priority of its own (sched_set_policy): so have those that it waits for. */
void futex_pi_priority_changed(struct thread *thread);

#endif
