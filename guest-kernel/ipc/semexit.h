/* SPDX-License-Identifier: Apache-2.0 */
/* semexit.h - the end of a thread that has changed semaphores with SEM_UNDO. */
#ifndef GK_IPC_SEMEXIT_H
#define GK_IPC_SEMEXIT_H

#include <stdbool.h>

struct thread;

/* The thread has no part any more in its list of what is to be undone. With the last one that has, all of it is undone,
 * if `undo`: may wait. */
void semexit_leave(struct thread *thread, bool undo);

#endif
