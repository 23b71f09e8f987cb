/* SPDX-License-Identifier: Apache-2.0 */
/* semset.c - see semset.h. */
#include "ipc/semset.h"

int sem_limit[SEM_LIMITS] = {32000, 1024000000, 500, 32000};
struct ipc_ids sem_ids = {.next_id = -1};
uint64_t sem_total;

struct sem_set *sem_find(int id)
{
    struct ipc_perm *perm = ipc_find(&sem_ids, id);

    return perm != NULL ? container_of(perm, struct sem_set, perm) : NULL;
}
