/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flusher.h - the kernel's thread that writes back what is dirty, within 5 s or when memory is short.
 *
 * It takes volumes (vfs/volume.h), one after the other, and no inode's lock, so that who has one may wait for it.
 */
#ifndef GK_VFS_FLUSHER_H
#define GK_VFS_FLUSHER_H

#include <stdbool.h>
#include <stdint.h>

struct flusher_work { /* what the thread calls: vfs/writeback.c's */
    /* Stores what is dirty on all file systems, as they order it. round: a number that counts up. False: something
     * failed, and no page got to a disk. */
    bool (*store)(uint64_t round);
    bool (*is_needed)(void); /* whether anything is dirty */
};

/* Something is dirty: it is written within 5 s. Without that no timer is set. Also from an interrupt. */
void flusher_note(const struct flusher_work *work);
/* It is written soon. */
void flusher_wake(void);
/* The same, and waits until all that is dirty now was tried, by the current round or the next. False: that can't be
 * waited for here (thread->wants_no_wait), or there is no thread; or the last round brought nothing, as a disk fails,
 * and not much has become dirty since: the next one comes by its timer. */
bool flusher_wait(void);
/* Waits while too much is dirty. For who makes pages dirty, without a lock with which it must not wait for memory. */
void flusher_throttle(void);

/* Has it at rest, for who takes a file system away: no volume is in use by it until flusher_resume. */
void flusher_pause(void);
void flusher_resume(void);

/* The thread has a reserve of frames: gives those back if it is the current one. How many. */
uint64_t flusher_use_reserve(void);
bool flusher_is_current(void); /* whether the caller is the writing thread */

#endif
