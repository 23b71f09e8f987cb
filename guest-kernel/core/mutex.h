/* SPDX-License-Identifier: Apache-2.0 */
/* mutex.h - a lock for who may wait while holding it: others sleep meanwhile. All zero: nobody has it, and it has yet
 * to get its rank. */
#ifndef GK_CORE_MUTEX_H
#define GK_CORE_MUTEX_H

#include <stdbool.h>

#include "core/lock_rank.h"
#include "core/wait.h"

/* Before it is taken for the first time. Kernels with checks panic, with the names of both, when a lock is waited for
 * by who has one that comes behind it; when who hasn't got a lock gives it up; and when a thread ends with one. */
static inline void mutex_set_rank(struct mutex *mutex, enum lock_rank rank)
{
#ifdef GK_CHECKS
    mutex->rank = rank;
#else
    (void)mutex, (void)rank;
#endif
}

/* The current thread, which doesn't have it, waits for it. Not from an interrupt, nor with a lock that comes last
 * (thread->wants_no_wait, which kernels with GK_CHECKS look at). */
void mutex_lock(struct mutex *mutex);
/* The same, but a signal ends the wait: 0 or -ERESTARTSYS. */
int mutex_lock_interruptible(struct mutex *mutex);
/* False: another thread has it, or this one. */
bool mutex_try_lock(struct mutex *mutex);
/* mutex_lock_interruptible, or for who doesn't want to wait (`no_wait`) mutex_try_lock: -EAGAIN. */
int mutex_lock_for(struct mutex *mutex, bool no_wait);
void mutex_unlock(struct mutex *mutex);
bool mutex_is_mine(const struct mutex *mutex);

#endif
