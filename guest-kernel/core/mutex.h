/* SPDX-License-Identifier: Apache-2.0 */
/* mutex.h - a lock for who may wait while holding it: others sleep meanwhile. All zero: nobody has it. */
#ifndef GK_CORE_MUTEX_H
#define GK_CORE_MUTEX_H

#include <stdbool.h>

#include "core/wait.h"

struct mutex {
    struct thread *owner; /* NULL: nobody */
    struct wait_queue waiting;
};

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
