/* SPDX-License-Identifier: Apache-2.0 */
/* lock_wait.c - waiting for a lock, and the look at who waits for whom, so that processes don't wait for each other. */
#include "abi/errno.h"
#include "core/wait.h"
#include "vfs/lock.h"

#define CHAIN_MAX 10u /* so far Linux looks, too (MAX_DEADLK_ITERATIONS) */

static struct lock_waiting *blocked;

/* Owners that are open files may belong to anybody: only a process's record locks are looked at. */
static bool is_of_process(const struct file_lock *lock)
{
    return lock->kind == LOCK_RECORD && !lock->of_file;
}

/* What stands in the way of a lock that the owner waits for; NULL: it waits for none. */
static const struct file_lock *obstacle_of(const void *owner)
{
    for (const struct lock_waiting *at = blocked; at != NULL; at = at->next)
        if (at->wanted->owner == owner && is_of_process(at->wanted))
            return lock_conflict(at->inode, at->wanted);
    return NULL;
}

/* Whether who has the lock that is wanted waits, by however many others, for the one who wants it. */
static bool closes_a_circle(const struct inode *inode, const struct file_lock *wanted)
{
    const struct file_lock *other = is_of_process(wanted) ? lock_conflict(inode, wanted) : NULL;

    for (unsigned i = 0; i < CHAIN_MAX && other != NULL && is_of_process(other); i++) {
        if (other->owner == wanted->owner)
            return true;
        other = obstacle_of(other->owner);
    }
    return false;
}

void lock_waiting_begin(struct lock_waiting *self, const struct inode *inode, const struct file_lock *wanted)
{
    *self = (struct lock_waiting){blocked, inode, wanted};
    blocked = self;
}

void lock_waiting_end(struct lock_waiting *self)
{
    struct lock_waiting **at = &blocked;

    while (*at != self)
        at = &(*at)->next;
    *at = self->next;
}

const struct lock_waiting *lock_waiting_first(void)
{
    return blocked;
}

int lock_wait(const struct inode *inode, const struct file_lock *wanted)
{
    struct lock_waiting self;
    int error;

    if (closes_a_circle(inode, wanted))
        return -EDEADLK;
    lock_waiting_begin(&self, inode, wanted);
    error = wait_on(lock_queue(inode), WAIT_FOREVER, WAIT_INTERRUPTIBLE);
    lock_waiting_end(&self);
    return error;
}
