/* SPDX-License-Identifier: Apache-2.0 */
/* semundo.h - what is to be undone at a process's end of what it did to semaphores (SEM_UNDO in semop(2)): a list,
 * which threads share that were made with CLONE_SYSVSEM. */
#ifndef GK_IPC_SEMUNDO_H
#define GK_IPC_SEMUNDO_H

#include <stdbool.h>
#include <stdint.h>

struct sem_set;
struct sem_undo;
struct sem_undo_list;
struct thread;

/* What the current thread has to undo of the set of that number, which is made if need be: one value for each
 * semaphore. 0; -EINVAL: there is no such set; -ENOMEM. May wait. Good until the thread waits. */
int semundo_get(int id, struct sem_undo **out);
int16_t *semundo_values(struct sem_undo *undo);

/* The set goes, or `count` of its semaphores from `first` on are set: nothing of that is undone any more. */
void semundo_drop_set(struct sem_set *set);
void semundo_forget(struct sem_set *set, unsigned first, unsigned count);

/* A new thread shares the list of the one that makes it (CLONE_SYSVSEM), or has none. 0 or -ENOMEM. */
int semundo_clone(struct thread *child, struct thread *parent, bool shared);

/* The thread has no part in its list any more: that, if it was the last one that had, to be freed once it is empty. */
struct sem_undo_list *semundo_list_leave(struct thread *thread);
void semundo_list_free(struct sem_undo_list *list);
/* One that it has; NULL: it is empty. Of which set it is. It goes, and nothing is undone. */
struct sem_undo *semundo_first(const struct sem_undo_list *list);
struct sem_set *semundo_set(const struct sem_undo *undo);
void semundo_drop(struct sem_undo *undo);

#endif
