/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ids.h - what System V's shared memory, semaphores and message queues have in common (sysvipc(7)): keys, numbers, and
 * who may do what.
 *
 * A number is a place in a table and how often the table's places have been gone through, so that the number of
 * something that was removed isn't soon another's. Nothing here waits, but where it says so.
 */
#ifndef GK_IPC_IDS_H
#define GK_IPC_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/tree.h"

#define IPC_PRIVATE 0
#define IPC_PLACES 32768u /* of a table; a number is sequence * IPC_PLACES + place */

/* Linux's values (linux/ipc.h). */
enum { IPC_CREAT = 01000, IPC_EXCL = 02000, IPC_NOWAIT = 04000 };
enum { IPC_RMID, IPC_SET, IPC_STAT, IPC_INFO };
enum { IPC_READ = 0444, IPC_WRITE = 0222, IPC_RIGHTS = 0777 };

struct ipc_perm { /* of one object; the first member of what it is in */
    int key, id;
    uint32_t uid, gid, cuid, cgid; /* the owner's; who made it */
    uint32_t mode;                 /* rights, and flags of the kind's own */
    struct tree_node by_key;       /* unless the key is IPC_PRIVATE */
};

struct ipc_ids { /* all zero but for next_id: empty */
    struct ipc_perm **slot;
    unsigned slots, in_use;
    unsigned cursor;   /* where the next place is looked for */
    unsigned sequence; /* of numbers that are given now */
    int last;          /* the place that was given last, and 1 */
    int next_id;       /* what the next one's number is to be, if its place is free; -1: any */
    struct tree by_key;
};

struct ipc_change { /* IPC_SET */
    uint32_t uid, gid, mode;
};

/* Room for one more: 0 or -ENOMEM. May wait. */
int ipc_reserve(struct ipc_ids *ids);
/* Puts a new one of the current thread's in, for which there is room, and whose key nobody has: 0; -ENOSPC: there are
 * `most` already. */
int ipc_add(struct ipc_ids *ids, struct ipc_perm *perm, int key, uint32_t mode, int most);
/* Nobody finds it any more. */
void ipc_remove(struct ipc_ids *ids, struct ipc_perm *perm);
/* It is found by its number only. */
void ipc_drop_key(struct ipc_ids *ids, struct ipc_perm *perm);

/* NULL: there is none of that number; of that key; at that place. */
struct ipc_perm *ipc_find(const struct ipc_ids *ids, int id);
struct ipc_perm *ipc_find_key(const struct ipc_ids *ids, int key);
struct ipc_perm *ipc_at(const struct ipc_ids *ids, unsigned place);
/* The highest place that is in use; 0 also if none is. */
int ipc_highest(const struct ipc_ids *ids);
/* What semctl and its like look at, by number or (by_place) by place: 0 or -EINVAL. */
int ipc_look(const struct ipc_ids *ids, int id, bool by_place, struct ipc_perm **out);

/* Whether the current thread may: `wanted` is some of the bits of a mode. 0 or -EACCES. */
int ipc_may(const struct ipc_perm *perm, uint32_t wanted);
/* Whether it may change or remove it: 0 or -EPERM. */
int ipc_may_change(const struct ipc_perm *perm);
/* IPC_SET: 0 or -EINVAL. */
int ipc_change(struct ipc_perm *perm, const struct ipc_change *change);
/* Whether one that is there already isn't what the flags of shmget(2) and its like ask for. */
static inline bool ipc_wants_new(uint32_t flags)
{
    return (flags & (IPC_CREAT | IPC_EXCL)) == (IPC_CREAT | IPC_EXCL);
}

/* Zeroed memory for what programs leave in the kernel by these calls, and its return with the same size. All of it
 * together is a part of the machine's memory at most: beyond that NULL. May wait. */
void *ipc_alloc(size_t size);
void ipc_free(void *object, size_t size); /* NULL is allowed */

/* The current time in seconds, as IPC_STAT tells it. */
int64_t ipc_now(void);

#endif
