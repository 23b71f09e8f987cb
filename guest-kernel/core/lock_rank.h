/* SPDX-License-Identifier: Apache-2.0 */
/* lock_rank.h - the type of mutexes (core/mutex.h), and in which order they are taken. */
#ifndef GK_CORE_LOCK_RANK_H
#define GK_CORE_LOCK_RANK_H

#include "core/wait_queue.h"

struct thread;

/* Each lock has a rank: who has one may wait for those behind it alone, so that nobody waits in a circle. (A page that
 * is being filled comes between RANK_INODE and RANK_VOLUME: vfs/volume.h.) A directory comes before those in it; where
 * neither is in the other, vfs/rename.c has an order. */
enum lock_rank {
    RANK_NONE,
    RANK_POSITION,  /* file->pos_lock */
    RANK_TEXT,      /* what a reader of procfs or the log has open */
    RANK_READING,   /* a terminal's, or a stream's: who reads, */
    RANK_WRITING,   /* and who writes */
    RANK_REMOUNT,   /* filesystem->remount */
    RANK_MOVING,    /* vfs/rename.c */
    RANK_DIRECTORY, /* inode->lock: a directory's */
    RANK_INODE,     /* and that of anything else */
    RANK_VOLUME,    /* filesystem->volume */
};

struct mutex {
    struct thread *owner; /* NULL: nobody */
    struct wait_queue waiting;
#ifdef GK_CHECKS
    enum lock_rank rank;
    struct mutex *next_held; /* of those that its owner has */
#endif
};

#endif
