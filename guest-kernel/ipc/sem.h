/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sem.h - sets of semaphores (sysvipc(7)): what there is, and who waits. The values' arithmetic is semop.h's, what is
 * undone at a process's end semundo.h's.
 *
 * Who waits is served in order, as far as the values allow: first those that wait for zero and change nothing. A
 * pointer to a set is good until the thread waits.
 */
#ifndef GK_IPC_SEM_H
#define GK_IPC_SEM_H

#include "core/wait_queue.h"
#include "ipc/ids.h"
#include "ipc/semop.h"
#include "lib/list.h"

struct sem_set {
    struct ipc_perm perm;
    int64_t otime, ctime; /* s */
    unsigned count;
    struct list zero, alter; /* sem_waiter.link: who changes nothing; who does */
    unsigned complex;        /* how many of them have several operations */
    struct list undos;       /* sem_undo.of_set */
    struct sem sem[];
};

/* /proc/sys/kernel/sem: semaphores a set, in all, operations a call, sets. */
enum { SEM_MSL, SEM_MNS, SEM_OPM, SEM_MNI, SEM_LIMITS };
extern int sem_limit[SEM_LIMITS];
extern struct ipc_ids sem_ids;
extern uint64_t sem_total; /* semaphores of all sets */

/* semget(2): a number or -errno. May wait for memory. */
int sem_get(int key, int count, uint32_t flags);
/* The set of that number; NULL: there is none. */
struct sem_set *sem_find(int id);
/* semtimedop(2): operations that were copied already, at least one and not more than may be. May wait. */
int sem_operate(int id, const struct sembuf_user *ops, unsigned count, uint64_t deadline_ns);

/* A value, or (values: as many as there are) all of them are set; what processes have to undo there is forgotten. */
void sem_set_value(struct sem_set *set, unsigned number, int value);
void sem_set_all(struct sem_set *set, const uint16_t *values);
/* How many wait for one to be zero, or to become larger. */
int sem_waiters(const struct sem_set *set, unsigned number, bool for_zero);
/* Process `pid` ends, and `adjust` is what it had to undo. */
void sem_adjust(struct sem_set *set, const int16_t *adjust, int pid);
/* The set goes; who waits gets EIDRM. */
void sem_remove(struct sem_set *set);

#endif
