/* SPDX-License-Identifier: Apache-2.0 */
/* futex_pi.h - locks whose owner the kernel knows (futex(2), "Priority-inheritance futexes"). Their
 * owner has the priority of who waits: futex_boost.h. */
#ifndef GK_SYS_FUTEX_PI_H
#define GK_SYS_FUTEX_PI_H

#include "sys/futex_queue.h"

struct thread;

/* FUTEX_LOCK_PI and its like: 0 or -errno, as futex(2). Waits for the lock, unless only_try. */
int64_t futex_lock_pi(uaddr_t address, bool shared, uint64_t deadline_ns, bool only_try);
/* FUTEX_UNLOCK_PI: the longest waiting one of the highest priority has the lock then. */
int64_t futex_unlock_pi(uaddr_t address, bool shared);

/* FUTEX_CMP_REQUEUE_PI: how many have got the lock or wait for it now, or -errno. */
int64_t futex_requeue_pi(struct futex_pair *pair);
/* FUTEX_WAIT_REQUEUE_PI: 0 with the lock, or -errno. */
int64_t futex_wait_requeue_pi(const struct futex_wait *wait, uaddr_t lock);

/* The current thread ends: who waits for one of its locks gets it. */
void futex_pi_exit(struct thread *thread);

#endif
