/* SPDX-License-Identifier: Apache-2.0 */
/* semop.c - see semop.h. */
#include "ipc/semop.h"

#include "abi/errno.h"
#include "ipc/ids.h"

/* One operation: 0, SEMOP_BLOCKS or -ERANGE. */
static int op_do(struct sem *sem, const struct sembuf_user *op, int16_t *adjust)
{
    int value = sem->value + op->op;

    if ((op->op == 0 && sem->value != 0) || value < 0)
        return SEMOP_BLOCKS;
    if (value > SEM_VALUE_MAX)
        return -ERANGE;
    if ((op->flags & SEM_UNDO) && adjust != NULL) {
        int undo = *adjust - op->op;
        if (undo < -SEM_VALUE_MAX - 1 || undo > SEM_VALUE_MAX)
            return -ERANGE;
        *adjust = (int16_t)undo;
    }
    sem->value = value;
    return 0;
}

static void op_take_back(struct sem *sem, const struct sembuf_user *op, int16_t *adjust)
{
    sem->value -= op->op;
    if ((op->flags & SEM_UNDO) && adjust != NULL)
        *adjust = (int16_t)(*adjust + op->op);
}

int semop_try(struct sem *sem, const struct sembuf_user *ops, unsigned count, int16_t *adjust, int pid,
              const struct sembuf_user **blocking)
{
    int error = 0;
    unsigned done = 0;

    while (done < count) {
        unsigned number = ops[done].number;

        error = op_do(&sem[number], &ops[done], adjust != NULL ? &adjust[number] : NULL);
        if (error != 0)
            break;
        done++;
    }
    if (error == 0) {
        for (unsigned i = 0; i < count; i++)
            sem[ops[i].number].pid = pid;
        return 0;
    }
    *blocking = &ops[done];
    if (error == SEMOP_BLOCKS && (ops[done].flags & IPC_NOWAIT))
        error = -EAGAIN;
    while (done-- > 0)
        op_take_back(&sem[ops[done].number], &ops[done], adjust != NULL ? &adjust[ops[done].number] : NULL);
    return error;
}

bool semop_undo(struct sem *sem, unsigned count, const int16_t *adjust, int pid)
{
    bool is_changed = false;

    for (unsigned i = 0; i < count; i++) {
        if (adjust[i] == 0)
            continue;
        sem[i].value += adjust[i];
        if (sem[i].value < 0)
            sem[i].value = 0;
        if (sem[i].value > SEM_VALUE_MAX)
            sem[i].value = SEM_VALUE_MAX;
        sem[i].pid = pid;
        is_changed = true;
    }
    return is_changed;
}
