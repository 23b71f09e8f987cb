/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shm.h - segments of shared memory (sysvipc(7)): what there is, and how often each is attached.
 *
 * A segment's memory is a file in memory that has no name and whose st_ino is the segment's number; each mapping of it
 * counts as one more attachment (mm/object.h, count_area). One that was removed is there until the last of them goes. A
 * pointer to a segment is good until the thread waits, unless it is held.
 */
#ifndef GK_IPC_SHM_H
#define GK_IPC_SHM_H

#include "ipc/ids.h"

struct file;
struct inode;
struct thread;
struct vm_object;

struct shm {
    struct ipc_perm perm; /* mode: SHM_DEST, SHM_LOCKED, too */
    struct file *file;
    uint64_t size;               /* bytes, as asked for */
    int64_t atime, dtime, ctime; /* s */
    int cpid, lpid;
    uint64_t attached;
    const struct thread *creator; /* NULL: it has ended */
    uint32_t locker;              /* with SHM_LOCKED: the user it counts for */
};

extern uint64_t shm_max, shm_all; /* /proc/sys/kernel/shmmax, shmall (pages), shmmni, shm_rmid_forced */
extern int shm_mni, shm_rmid_forced;
extern struct ipc_ids shm_ids;
extern uint64_t shm_total; /* pages of all segments */

/* shmget(2): a number or -errno. May wait. */
int shm_get(int key, uint64_t size, uint32_t flags);
/* The segment of that number; NULL: there is none. */
struct shm *shm_find(int id);
/* The segment that the object is the memory of; NULL: of none that is there. */
struct shm *shm_of_object(struct vm_object *object);
struct vm_object *shm_object(const struct shm *shm);
/* How many pages of it are there. */
uint64_t shm_resident(const struct shm *shm);

/* It stays until shm_release, removed or not. */
void shm_hold(struct shm *shm);
void shm_release(struct shm *shm);
/* IPC_RMID: it goes, now or with its last attachment. */
void shm_remove(struct shm *shm);

/* SHM_LOCK, SHM_UNLOCK: all memory stays in memory here, but RLIMIT_MEMLOCK is asked. 0, -EPERM, -ENOMEM. */
int shm_lock(struct shm *shm, bool lock);
/* The thread that made some has ended; with shm_rmid_forced those that nobody has attached go. May give way. */
void shm_thread_ends(const struct thread *thread);
/* shm_rmid_forced was set: those that nobody has attached go, if who made them has ended. May give way. */
void shm_remove_orphans(void);

#endif
