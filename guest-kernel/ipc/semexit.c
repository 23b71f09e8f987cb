/* SPDX-License-Identifier: Apache-2.0 */
/* semexit.c - see semexit.h. */
#include "ipc/semexit.h"

#include "core/thread.h"
#include "core/wait.h"
#include "ipc/sem.h"
#include "ipc/semundo.h"

void semexit_leave(struct thread *thread, bool undo)
{
    struct sem_undo_list *list = semundo_list_leave(thread);
    struct sem_undo *first;

    if (list == NULL)
        return;
    while ((first = semundo_first(list)) != NULL) { /* sets, and what is undone of them, may go meanwhile */
        int id = semundo_set(first)->perm.id;

        if (undo)
            sem_adjust(semundo_set(first), semundo_values(first), thread->process->pid);
        semundo_drop(first);
        if (undo)
            sem_serve(id);
        (void)wait_loop_ends(true);
    }
    semundo_list_free(list);
}
