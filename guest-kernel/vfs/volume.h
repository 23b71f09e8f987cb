/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volume.h - the mutex of a mounted disk: around what reads or changes its tables and directories, and around writing
 * back.
 *
 * Locks are taken in this order (core/mutex.h has the ranks of all mutexes), and who waits for one has none that comes
 * after it:
 *
 *   0  file->pos_lock
 *   1  inode->lock         of directories, then of files
 *   2  a page of a file    locked while it is filled: page_wait (vfs/pagewait.h)
 *   3  the volume          this one; writing back has it, so that nobody who waits for a page to be written needs it
 *   4  a page of the disk's tables and directories, which only who has the volume looks at
 *
 * (Pages come before the volume, as who fills one asks the file system where it lies, like Linux's get_block.)
 *
 * Who has the volume may wait for the disk, but not for a file's page to be filled, for memory or for a program's
 * memory: the one who is waited for may be about to ask for the volume. A page that is dirty isn't locked, so writing
 * back never meets one that is. The disk waits for nobody: its requests end in interrupts.
 */
#ifndef GK_VFS_VOLUME_H
#define GK_VFS_VOLUME_H

#include "core/mutex.h"
#include "core/thread.h"
#include "vfs/vfs.h"

/* Waits for the volume, unless the current thread has it already. Then false, and the matching leave does nothing. */
static inline bool volume_enter(struct filesystem *fs)
{
    struct thread *thread = current_thread();
    unsigned held = thread->wants_no_wait; /* pages, after which this one may be taken */

    if (mutex_is_mine(&fs->volume))
        return false;
    thread->wants_no_wait = 0;
    mutex_set_rank(&fs->volume, RANK_VOLUME);
    mutex_lock(&fs->volume);
    thread->wants_no_wait = held + 1;
    return true;
}

static inline void volume_leave(struct filesystem *fs, bool entered)
{
    if (!entered)
        return;
    current_thread()->wants_no_wait--;
    mutex_unlock(&fs->volume);
}

#endif
