/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sem.h - sets of semaphores (sysvipc(7)): what there is, and who waits. What a set is, is semset.h's, the values'
 * arithmetic semop.h's, what is undone at a process's end semundo.h's and semexit.h's.
 *
 * Who waits is served in order, as far as the values allow: first those that wait for zero and change nothing. A
 * pointer to a set is good until the thread waits.
 */
#ifndef GK_IPC_SEM_H
#define GK_IPC_SEM_H

#include "ipc/semset.h"

/* semget(2): a number or -errno. May wait for memory. */
int sem_get(int key, int count, uint32_t flags);
/* semtimedop(2): operations that were copied already, at least one and not more than may be. May wait. */
int sem_operate(int id, const struct sembuf_user *ops, unsigned count, uint64_t deadline_ns);

/* A value, or (values: as many as there are) all of them are set; what processes have to undo there is forgotten. Who
 * waits is served: may wait. */
void sem_set_value(struct sem_set *set, unsigned number, int value);
void sem_set_all(struct sem_set *set, const uint16_t *values);
/* How many wait for one to be zero, or to become larger. */
int sem_waiters(const struct sem_set *set, unsigned number, bool for_zero);
/* Process `pid` ends, and `adjust` is what it had to undo. Who waits is still to be served. */
void sem_adjust(struct sem_set *set, const int16_t *adjust, int pid);
/* Values of the set of that number, if there still is one, have changed: who waits goes on, if it can. May wait. */
void sem_serve(int id);
/* The set goes; who waits gets EIDRM. */
void sem_remove(struct sem_set *set);

#endif
