/* SPDX-License-Identifier: Apache-2.0 */
/* semset.h - the sets of semaphores that there are, and their limits. A pointer to a set is good until the thread
 * waits.
 */
#ifndef GK_IPC_SEMSET_H
#define GK_IPC_SEMSET_H

#include "ipc/ids.h"
#include "ipc/semop.h"
#include "lib/list.h"

struct sem_set {
    struct ipc_perm perm;
    int64_t otime, ctime; /* s */
    unsigned count;
    struct list zero, alter; /* sem_waiter.link: who changes nothing; who does */
    unsigned complex;        /* how many of them have several operations */
    uint64_t waiters_made;   /* the number of the next one */
    struct list undos;       /* sem_undo.of_set */
    struct sem sem[];
};

/* /proc/sys/kernel/sem: semaphores a set, in all, operations a call, sets. */
enum { SEM_MSL, SEM_MNS, SEM_OPM, SEM_MNI, SEM_LIMITS };
extern int sem_limit[SEM_LIMITS];
extern struct ipc_ids sem_ids;
extern uint64_t sem_total; /* semaphores of all sets */

/* The set of that number; NULL: there is none. */
struct sem_set *sem_find(int id);

#endif
