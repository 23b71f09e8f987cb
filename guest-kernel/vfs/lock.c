/* SPDX-License-Identifier: Apache-2.0 */
/* lock.c - the list of locks that each inode has, and what a new one does to it. */
#include "vfs/lock.h"

#include "abi/errno.h"
#include "mm/kmalloc.h"
#include "vfs/vfs.h"

static unsigned lease_count;

bool lock_lease_is_there(void)
{
    return lease_count != 0;
}

static bool is_same_owner(const struct file_lock *a, const struct file_lock *b)
{
    return a->kind == b->kind && a->owner == b->owner;
}

static bool overlap(const struct file_lock *a, const struct file_lock *b)
{
    return a->first <= b->last && b->first <= a->last;
}

const struct file_lock *lock_conflict(const struct inode *inode, const struct file_lock *wanted)
{
    for (const struct file_lock *lock = inode->locks; lock != NULL; lock = lock->next)
        if (lock->kind == wanted->kind && lock->owner != wanted->owner && overlap(lock, wanted) &&
            (lock->type == LOCK_WRITE || wanted->type == LOCK_WRITE))
            return lock;
    return NULL;
}

const struct file_lock *lock_find(const struct inode *inode, enum lock_kind kind, const void *owner)
{
    for (const struct file_lock *lock = inode->locks; lock != NULL; lock = lock->next)
        if (lock->kind == kind && lock->owner == owner)
            return lock;
    return NULL;
}

static void lock_insert(struct inode *inode, struct file_lock *lock)
{
    struct file_lock **at = &inode->locks;

    while (*at != NULL && (*at)->first < lock->first)
        at = &(*at)->next;
    lock->next = *at;
    *at = lock;
}

static void lock_unlink(struct file_lock **at)
{
    struct file_lock *lock = *at;

    *at = lock->next;
    lease_count -= lock->kind == LOCK_LEASE;
    kfree(lock);
}

/* Takes `wanted`'s range out of the owner's locks. One that it lies within becomes two, the second of which is *spare.
 */
static void range_clear(struct inode *inode, const struct file_lock *wanted, struct file_lock **spare)
{
    struct file_lock **at = &inode->locks, *behind = NULL;

    while (*at != NULL) {
        struct file_lock *lock = *at;

        if (!is_same_owner(lock, wanted) || !overlap(lock, wanted)) {
            at = &lock->next;
        } else if (lock->first < wanted->first) {
            if (lock->last > wanted->last) {
                behind = *spare;
                *spare = NULL;
                *behind = *lock;
                behind->first = wanted->last + 1;
            }
            lock->last = wanted->first - 1;
            at = &lock->next;
        } else if (lock->last > wanted->last) {
            /* It begins later now; what follows the range begins later still, or is another owner's. */
            behind = lock;
            *at = lock->next;
            behind->first = wanted->last + 1;
        } else {
            lock_unlink(at);
        }
    }
    if (behind != NULL)
        lock_insert(inode, behind);
}

/* Takes in the owner's locks of the same type that touch `lock`. */
static void neighbours_join(struct inode *inode, struct file_lock *lock)
{
    struct file_lock **at = &inode->locks;

    while (*at != NULL) {
        const struct file_lock *other = *at;
        bool touches = other->last + 1 == lock->first || lock->last + 1 == other->first;

        if (!is_same_owner(other, lock) || other->type != lock->type || !touches) {
            at = &(*at)->next;
            continue;
        }
        if (other->first < lock->first)
            lock->first = other->first;
        else
            lock->last = other->last;
        lock_unlink(at);
    }
}

int lock_set(struct inode *inode, const struct file_lock *wanted)
{
    struct file_lock *lock = NULL, *spare = kmalloc(sizeof(*spare));

    if (wanted->type != LOCK_NONE)
        lock = kmalloc(sizeof(*lock));
    if (spare == NULL || (lock == NULL && wanted->type != LOCK_NONE)) {
        kfree(spare);
        kfree(lock);
        return -ENOLCK;
    }
    range_clear(inode, wanted, &spare);
    kfree(spare);
    if (lock != NULL) {
        *lock = *wanted;
        lease_count += lock->kind == LOCK_LEASE;
        neighbours_join(inode, lock);
        lock_insert(inode, lock);
    }
    return 0;
}

void lock_release(struct inode *inode, const void *owner)
{
    struct file_lock **at = &inode->locks;

    while (*at != NULL) {
        if ((*at)->owner == owner)
            lock_unlink(at);
        else
            at = &(*at)->next;
    }
}

static void extra_release(struct file *file)
{
    if (file->inode != NULL)
        lock_release(file->inode, file);
    kfree(file->extra);
}

struct file_extra *file_extra_get(struct file *file)
{
    if (file->extra == NULL) {
        file->extra = kmalloc(sizeof(*file->extra));
        if (file->extra != NULL)
            file->extra->release = extra_release;
    }
    return file->extra;
}
