/* SPDX-License-Identifier: Apache-2.0 */
/* semop.h - the arithmetic of semop(2) on a set's values: all operations of a call or none. Pure. */
#ifndef GK_IPC_SEMOP_H
#define GK_IPC_SEMOP_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/ipc.h"

#define SEMOP_BLOCKS 1

struct sem {
    int32_t value, pid; /* pid: of who changed it last */
};

/* Carries the operations out for process `pid`, in their order: each sees what those before it did. `adjust`: what is
 * to be undone of it at the end, for each semaphore, of a set of which some operation has SEM_UNDO; else NULL. 0;
 * SEMOP_BLOCKS or, with IPC_NOWAIT, -EAGAIN: *blocking can't be done; -ERANGE. But with 0 all is as it was. All numbers
 * are in the set. */
int semop_try(struct sem *sem, const struct sembuf_user *ops, unsigned count, int16_t *adjust, int pid,
              const struct sembuf_user **blocking);

/* Process `pid` ends: what its operations are to be undone by is added to the `count` values, as far as they can take
 * it. Whether there was anything. */
bool semop_undo(struct sem *sem, unsigned count, const int16_t *adjust, int pid);

/* Whether one of them changes a value. */
static inline bool semop_alters(const struct sembuf_user *ops, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (ops[i].op != 0)
            return true;
    return false;
}

#endif
