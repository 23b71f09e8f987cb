/* SPDX-License-Identifier: Apache-2.0 */
/* lock.c - the list of locks that each inode has, and what a new one does to it. */
#include "vfs/lock.h"

#include "abi/errno.h"
#include "core/wait.h"
#include "mm/kmalloc.h"
#include "vfs/vfs.h"

#define QUEUES 16u /* inodes share them */

static struct wait_queue queues[QUEUES];
static unsigned lease_count;
static struct list all = {&all, &all}; /* of all inodes */

struct wait_queue *lock_queue(const struct inode *inode)
{
    return &queues[(uintptr_t)inode / 64 % QUEUES];
}

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

/* One begins where the other ends. */
static bool touch(const struct file_lock *a, const struct file_lock *b)
{
    return a->last + 1 == b->first || b->last + 1 == a->first;
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

static void all_add(struct inode *inode, struct file_lock *lock)
{
    static uint64_t last;

    lock->number = ++last;
    lock->inode = inode;
    list_insert(&all, &lock->all);
}

const struct file_lock *lock_set_next(const struct file_lock *lock)
{
    return lock->all.next != &all ? container_of(lock->all.next, struct file_lock, all) : NULL;
}

const struct file_lock *lock_set_after(uint64_t number)
{
    const struct file_lock *lock = list_is_empty(&all) ? NULL : container_of(all.next, struct file_lock, all);

    while (lock != NULL && lock->number <= number)
        lock = lock_set_next(lock);
    return lock;
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
    list_remove(&lock->all);
    lease_count -= lock->kind == LOCK_LEASE;
    kfree(lock);
}

/* The owner's lock becomes what of it lies before the range, and `behind` what lies behind. */
static void lock_split(struct inode *inode, struct file_lock *lock, const struct file_lock *range,
                       struct file_lock *behind)
{
    *behind = *lock;
    behind->first = range->last + 1;
    lock->last = range->first - 1;
    all_add(inode, behind);
    lock_insert(inode, behind);
}

/* Takes `wanted`'s range out of the owner's locks. True: it lay within one, which is two now, and *spare is the second.
 */
static bool range_clear(struct inode *inode, const struct file_lock *wanted, struct file_lock *spare)
{
    struct file_lock **at = &inode->locks, *later = NULL;

    while (*at != NULL) {
        struct file_lock *lock = *at;

        if (!is_same_owner(lock, wanted) || !overlap(lock, wanted)) {
            at = &lock->next;
        } else if (lock->first < wanted->first && lock->last > wanted->last) {
            lock_split(inode, lock, wanted, spare);
            return true; /* the owner's locks don't overlap: no other is concerned */
        } else if (lock->first < wanted->first) {
            lock->last = wanted->first - 1;
            at = &lock->next;
        } else if (lock->last > wanted->last) {
            later = lock; /* it begins later now, and finds another place */
            *at = lock->next;
        } else {
            lock_unlink(at);
        }
    }
    if (later != NULL) {
        later->first = wanted->last + 1;
        lock_insert(inode, later);
    }
    return false;
}

/* Takes in the owner's locks of the same type that touch `lock`. */
static void neighbours_join(struct inode *inode, struct file_lock *lock)
{
    struct file_lock **at = &inode->locks;

    while (*at != NULL) {
        const struct file_lock *other = *at;

        if (!is_same_owner(other, lock) || other->type != lock->type || !touch(other, lock)) {
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

/* The open file that a record lock is told by once it is set: that of the first lock which it is joined with, unless
 * one of another type, which lies within it, comes before. As on Linux, where the first that it meets becomes the new
 * one. */
static const struct file *told_by(const struct inode *inode, const struct file_lock *wanted)
{
    for (const struct file_lock *lock = inode->locks; lock != NULL; lock = lock->next) {
        if (!is_same_owner(lock, wanted))
            continue;
        if (lock->type == wanted->type && (overlap(lock, wanted) || touch(lock, wanted)))
            return lock->file;
        if (lock->type != wanted->type && wanted->first <= lock->first && lock->last <= wanted->last)
            break;
    }
    return wanted->file;
}

int lock_room_get(struct lock_room *room, const struct file_lock *wanted)
{
    *room = (struct lock_room){NULL, kmalloc(sizeof(*room->spare))};
    if (wanted->type != LOCK_NONE)
        room->lock = kmalloc(sizeof(*room->lock));
    if (room->spare != NULL && (room->lock != NULL || wanted->type == LOCK_NONE))
        return 0;
    lock_room_put(room);
    return -ENOLCK;
}

void lock_room_put(struct lock_room *room)
{
    kfree(room->spare);
    kfree(room->lock);
}

void lock_set_in(struct inode *inode, const struct file_lock *wanted, struct lock_room *room)
{
    struct file_lock *lock = room->lock;
    const struct file *file = wanted->kind == LOCK_RECORD ? told_by(inode, wanted) : wanted->file;

    if (!range_clear(inode, wanted, room->spare))
        kfree(room->spare);
    if (lock != NULL) {
        *lock = *wanted;
        lock->file = file;
        lease_count += lock->kind == LOCK_LEASE;
        neighbours_join(inode, lock);
        all_add(inode, lock);
        lock_insert(inode, lock);
    }
    wait_wake_all(lock_queue(inode), 0);
}

int lock_set(struct inode *inode, const struct file_lock *wanted)
{
    struct lock_room room;
    int error = lock_room_get(&room, wanted);

    if (error == 0)
        lock_set_in(inode, wanted, &room);
    return error;
}

void lock_release(struct inode *inode, const void *owner)
{
    struct file_lock **at = &inode->locks;
    bool has_some = false;

    while (*at != NULL) {
        if ((*at)->owner != owner) {
            at = &(*at)->next;
            continue;
        }
        has_some = has_some || (*at)->kind != LOCK_LEASE;
        lock_unlink(at);
    }
    if (inode->ops != NULL && inode->ops->unlock != NULL)
        inode->ops->unlock(inode, owner, has_some);
    wait_wake_all(lock_queue(inode), 0);
}
