/* SPDX-License-Identifier: Apache-2.0 */
/* mutex.c - see mutex.h. Who comes while a woken waiter has not run yet may be first: nobody waits for a thread that
 * has not got the CPU. */
#include "core/mutex.h"

#include "abi/errno.h"
#include "arch/arch.h"
#include "core/lock_check.h"
#include "core/thread.h"

static void own(struct mutex *mutex)
{
    mutex->owner = arch_current();
    lock_check_taken(mutex);
}

static int lock(struct mutex *mutex, unsigned how)
{
    int error = 0;

    lock_check_order(mutex);
    while (mutex->owner != NULL && error == 0)
        error = wait_on(&mutex->waiting, WAIT_FOREVER, how | WAIT_EXCLUSIVE);
    if (error == 0)
        own(mutex);
    return error;
}

void mutex_lock(struct mutex *mutex)
{
    (void)lock(mutex, 0);
}

int mutex_lock_interruptible(struct mutex *mutex)
{
    return lock(mutex, WAIT_INTERRUPTIBLE);
}

bool mutex_try_lock(struct mutex *mutex)
{
    if (mutex->owner != NULL)
        return false;
    own(mutex);
    return true;
}

int mutex_lock_for(struct mutex *mutex, bool no_wait)
{
    if (!no_wait)
        return mutex_lock_interruptible(mutex);
    return mutex_try_lock(mutex) ? 0 : -EAGAIN;
}

void mutex_unlock(struct mutex *mutex)
{
    lock_check_given(mutex);
    mutex->owner = NULL;
    if (!wait_is_empty(&mutex->waiting))
        (void)wait_wake(&mutex->waiting, 0, 1);
}

bool mutex_is_mine(const struct mutex *mutex)
{
    return mutex->owner == arch_current();
}
