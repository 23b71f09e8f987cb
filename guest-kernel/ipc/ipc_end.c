/* SPDX-License-Identifier: Apache-2.0 */
/* ipc_end.c - see ipc_end.h. */
#include "ipc/ipc_end.h"

#include "ipc/mqueue_fs.h"
#include "ipc/msg.h"
#include "ipc/sem.h"
#include "ipc/shm.h"

void ipc_end(void)
{
    mqueue_end();
    for (unsigned place = 0; place < shm_ids.slots; place++)
        if (ipc_at(&shm_ids, place) != NULL)
            shm_remove(container_of(ipc_at(&shm_ids, place), struct shm, perm));
    for (unsigned place = 0; place < sem_ids.slots; place++)
        if (ipc_at(&sem_ids, place) != NULL)
            sem_remove(container_of(ipc_at(&sem_ids, place), struct sem_set, perm));
    for (unsigned place = 0; place < msg_ids.slots; place++)
        if (ipc_at(&msg_ids, place) != NULL)
            msg_remove(container_of(ipc_at(&msg_ids, place), struct msg_queue, perm));
}
