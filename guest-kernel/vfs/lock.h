/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock.h - advisory locks on files (fcntl(2), flock(2)) and leases.
 *
 * Locks of one kind stand in each other's way if their owners differ, they overlap and one of them is for writing. The
 * owner of a record lock is a process's descriptor table (F_SETLK) or an open file (F_OFD_SETLK); of the others, an
 * open file. A file's locks end with it (vfs/owner.h), a table's on an inode when any of its descriptors for that inode
 * is closed.
 */
#ifndef GK_VFS_LOCK_H
#define GK_VFS_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"

struct file;
struct inode;
struct wait_queue;

enum lock_kind { LOCK_RECORD, LOCK_WHOLE, LOCK_LEASE }; /* fcntl's, flock's, F_SETLEASE's */
enum lock_type { LOCK_READ, LOCK_WRITE, LOCK_NONE };    /* F_RDLCK, F_WRLCK, F_UNLCK */

struct file_lock {
    struct file_lock *next; /* of the same inode, by `first` */
    const void *owner;
    uint64_t first, last; /* bytes of the file that it covers; 0 and INT64_MAX where it is all of it */
    uint8_t kind, type;
    uint8_t becomes;         /* of a lease: the type that it is to have, as another open is in its way; else its type */
    bool of_file;            /* the owner is an open file, not a process */
    int pid;                 /* who took it, for those who ask */
    const struct file *file; /* by which, to be compared alone */
    int fd;                  /* of a lease: the descriptor that it was taken by */

    /* ---- vfs/lock.c's, of one that was set ---- */
    struct list all; /* in the order of their numbers */
    uint64_t number; /* how many were set before it, and it */
    const struct inode *inode;
};

/* The first lock that stands in the way of `wanted`, borrowed, or NULL. */
const struct file_lock *lock_conflict(const struct inode *inode, const struct file_lock *wanted);

/* Gives the owner this lock on [first, last] in place of what it has there of the same kind (LOCK_NONE: nothing),
 * whether or not it conflicts. 0, or -ENOLCK without memory: then nothing has changed. */
int lock_set(struct inode *inode, const struct file_lock *wanted);

/* The same in two steps, for who may fail at nothing any more once others have been asked: memory first. */
struct lock_room {
    struct file_lock *lock, *spare;
};
int lock_room_get(struct lock_room *room, const struct file_lock *wanted); /* 0 or -ENOLCK */
void lock_room_put(struct lock_room *room);                                /* it wasn't used */
/* Uses the room up. */
void lock_set_in(struct inode *inode, const struct file_lock *wanted, struct lock_room *room);

/* The owner's lock of a kind, borrowed; NULL: it has none. */
const struct file_lock *lock_find(const struct inode *inode, enum lock_kind kind, const void *owner);

/* Waits, since something stands in the way of `wanted`, until locks on the inode have been given up: 0 (look again),
 * -ERESTARTSYS or -EDEADLK (a process's record lock: its holder waits for the caller). */
int lock_wait(const struct inode *inode, const struct file_lock *wanted);
/* The current thread waits otherwise than by lock_wait for `wanted`, in whose way something may come meanwhile: from
 * one call to the other it is seen as one that waits. */
struct lock_waiting {
    struct lock_waiting *next;
    const struct inode *inode;
    const struct file_lock *wanted;
};
void lock_waiting_begin(struct lock_waiting *self, const struct inode *inode, const struct file_lock *wanted);
void lock_waiting_end(struct lock_waiting *self);
/* The one that began last, borrowed; NULL: none waits. */
const struct lock_waiting *lock_waiting_first(void);
/* In which all hear, as well as some for nothing, that locks on the inode have been given up or leases have changed. */
struct wait_queue *lock_queue(const struct inode *inode);

/* Whether there is a lease on any file. */
bool lock_lease_is_there(void);

/* The first of all locks that were set after the one of that number (0: of all), borrowed; NULL: there is none. */
const struct file_lock *lock_set_after(uint64_t number);
/* The next of them. */
const struct file_lock *lock_set_next(const struct file_lock *lock);

/* Takes away all that the owner has on the inode. */
void lock_release(struct inode *inode, const void *owner);

#endif
