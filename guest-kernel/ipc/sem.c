/* SPDX-License-Identifier: Apache-2.0 */
/* sem.c - see sem.h. */
#include "ipc/sem.h"

#include "abi/errno.h"
#include "core/thread.h"
#include "core/wait.h"
#include "ipc/semundo.h"

#define SERVE_WORK 16384u /* operations that are looked at before others may run */

struct sem_waiter { /* of a thread in sem_operate, on its stack */
    struct list link;
    struct wait_queue woken;
    const struct sembuf_user *ops, *blocking;
    unsigned count;
    uint64_t number; /* in order of their coming */
    int16_t *adjust;
    int pid;
    int result;
    bool is_done; /* result is what came of it; the set may be gone */
};

static size_t set_size(unsigned count)
{
    return sizeof(struct sem_set) + count * sizeof(struct sem);
}

/* ---- coming and going ---- */

/* One that is there already: its number or -errno. */
static int set_reuse(const struct ipc_perm *perm, int count, uint32_t flags)
{
    int error;

    if (ipc_wants_new(flags))
        return -EEXIST;
    if ((unsigned)count > container_of(perm, const struct sem_set, perm)->count)
        return -EINVAL;
    error = ipc_may(perm, flags & IPC_RIGHTS);
    return error != 0 ? error : perm->id;
}

static int set_add(struct sem_set *set, int key, uint32_t flags)
{
    int error;

    if (sem_total + set->count > (uint64_t)(sem_limit[SEM_MNS] > 0 ? sem_limit[SEM_MNS] : 0))
        return -ENOSPC;
    error = ipc_add(&sem_ids, &set->perm, key, flags, sem_limit[SEM_MNI]);
    if (error != 0)
        return error;
    list_init(&set->zero);
    list_init(&set->alter);
    list_init(&set->undos);
    set->ctime = ipc_now();
    sem_total += set->count;
    return set->perm.id;
}

int sem_get(int key, int count, uint32_t flags)
{
    const struct ipc_perm *there = key != IPC_PRIVATE ? ipc_find_key(&sem_ids, key) : NULL;
    struct sem_set *set;
    int result;

    if (count < 0 || count > sem_limit[SEM_MSL])
        return -EINVAL;
    if (there != NULL)
        return set_reuse(there, count, flags);
    if (key != IPC_PRIVATE && !(flags & IPC_CREAT))
        return -ENOENT;
    if (count == 0)
        return -EINVAL;
    if (sem_total + (unsigned)count > (uint64_t)(sem_limit[SEM_MNS] > 0 ? sem_limit[SEM_MNS] : 0))
        return -ENOSPC;
    set = ipc_alloc(set_size((unsigned)count));
    if (set == NULL)
        return -ENOMEM;
    set->count = (unsigned)count;
    result = ipc_reserve(&sem_ids);
    there = result == 0 && key != IPC_PRIVATE ? ipc_find_key(&sem_ids, key) : NULL; /* it has waited */
    if (result == 0 && there != NULL)
        result = set_reuse(there, count, flags);
    else if (result == 0)
        result = set_add(set, key, flags);
    if (result < 0 || there != NULL)
        ipc_free(set, set_size((unsigned)count));
    return result;
}

/* ---- waiting ---- */

/* Several operations: whether they can be done hangs on more than one value. */
static bool is_complex(const struct sem_waiter *waiter)
{
    return waiter->count > 1;
}

static void waiter_leave(struct sem_set *set, struct sem_waiter *waiter)
{
    list_remove(&waiter->link);
    set->complex -= is_complex(waiter);
}

static void waiter_tell(struct sem_set *set, struct sem_waiter *waiter, int result)
{
    waiter_leave(set, waiter);
    waiter->result = result;
    waiter->is_done = true;
    wait_wake_all(&waiter->woken, 0);
}

void sem_remove(struct sem_set *set)
{
    semundo_drop_set(set);
    while (!list_is_empty(&set->zero))
        waiter_tell(set, container_of(set->zero.next, struct sem_waiter, link), -EIDRM);
    while (!list_is_empty(&set->alter))
        waiter_tell(set, container_of(set->alter.next, struct sem_waiter, link), -EIDRM);
    sem_total -= set->count;
    ipc_remove(&sem_ids, &set->perm);
    ipc_free(set, set_size(set->count));
}

static int waiter_try(struct sem_set *set, struct sem_waiter *waiter)
{
    return semop_try(set->sem, waiter->ops, waiter->count, waiter->adjust, waiter->pid, &waiter->blocking);
}

/* How far those that wait have been gone through: who has a lower number was looked at. */
struct serving {
    uint64_t zero, alter;
};

/* The first of that number or a higher one; the list itself: there is none. */
static struct list *waiter_from(struct list *waiters, uint64_t number)
{
    struct list *at = waiters->next;

    while (at != waiters && container_of(at, struct sem_waiter, link)->number < number)
        at = at->next;
    return at;
}

static uint64_t number_at(const struct list *waiters, const struct list *at)
{
    return at != waiters ? container_of(at, const struct sem_waiter, link)->number : UINT64_MAX;
}

/* Goes on with those that wait. Where somebody waits with several operations, all are looked at again after one could
 * go on; else that has only made a value smaller, which nobody waits for but for zero. False: it takes long, and there
 * are more. */
static bool waiters_serve(struct sem_set *set, struct serving *state)
{
    struct list *zero = waiter_from(&set->zero, state->zero), *alter = waiter_from(&set->alter, state->alter);
    unsigned work = 0;

    while (zero != &set->zero || alter != &set->alter) {
        bool is_zero = zero != &set->zero, again = set->complex != 0;
        struct sem_waiter *waiter = container_of(is_zero ? zero : alter, struct sem_waiter, link);
        int result;

        if (work > SERVE_WORK) {
            *state = (struct serving){number_at(&set->zero, zero), number_at(&set->alter, alter)};
            return false;
        }
        work += waiter->count;
        if (is_zero)
            zero = zero->next;
        else
            alter = alter->next;
        result = waiter_try(set, waiter);
        if (result == SEMOP_BLOCKS)
            continue;
        waiter_tell(set, waiter, result);
        if (result != 0)
            continue;
        set->otime = ipc_now();
        zero = is_zero ? zero : set->zero.next;
        alter = !is_zero && again ? set->alter.next : alter;
    }
    return true;
}

void sem_serve(int id)
{
    struct serving state = {0, 0};
    struct sem_set *set = sem_find(id);

    while (set != NULL && !waiters_serve(set, &state)) {
        (void)wait_loop_ends(true);
        set = sem_find(id);
    }
}

/* -EINTR: a signal has come; as the call has changed nothing it could be made again, but Linux never does. */
static int waiter_wait(struct sem_set *set, struct sem_waiter *waiter, uint64_t deadline_ns)
{
    int error = 0;

    list_insert(semop_alters(waiter->ops, waiter->count) ? &set->alter : &set->zero, &waiter->link);
    set->complex += is_complex(waiter);
    waiter->number = set->waiters_made++;
    while (!waiter->is_done && error == 0)
        error = wait_on(&waiter->woken, deadline_ns, WAIT_INTERRUPTIBLE);
    if (waiter->is_done)
        return waiter->result;
    waiter_leave(set, waiter);
    return error == -ETIMEDOUT ? -EAGAIN : -EINTR;
}

static bool operations_undo(const struct sembuf_user *ops, unsigned count, unsigned *highest)
{
    bool undo = false;

    *highest = 0;
    for (unsigned i = 0; i < count; i++) {
        undo = undo || (ops[i].flags & SEM_UNDO) != 0;
        if (ops[i].number > *highest)
            *highest = ops[i].number;
    }
    return undo;
}

int sem_operate(int id, const struct sembuf_user *ops, unsigned count, uint64_t deadline_ns)
{
    struct sem_waiter waiter = {.ops = ops, .count = count, .pid = current_process()->pid};
    struct sem_undo *undo = NULL;
    struct sem_set *set;
    unsigned highest;
    int error = operations_undo(ops, count, &highest) ? semundo_get(id, &undo) : 0;

    if (error != 0)
        return error;
    set = sem_find(id);
    if (set == NULL)
        return -EINVAL;
    if (highest >= set->count)
        return -EFBIG;
    error = ipc_may(&set->perm, semop_alters(ops, count) ? IPC_WRITE : IPC_READ);
    if (error != 0)
        return error;
    waiter.adjust = undo != NULL ? semundo_values(undo) : NULL;
    error = waiter_try(set, &waiter);
    if (error == SEMOP_BLOCKS)
        return waiter_wait(set, &waiter, deadline_ns);
    if (error != 0)
        return error;
    set->otime = ipc_now();
    if (semop_alters(ops, count))
        sem_serve(id);
    return 0;
}

/* ---- semctl ---- */

void sem_set_value(struct sem_set *set, unsigned number, int value)
{
    semundo_forget(set, number, 1);
    set->sem[number] = (struct sem){.value = value, .pid = current_process()->pid};
    set->ctime = ipc_now();
    sem_serve(set->perm.id);
}

void sem_set_all(struct sem_set *set, const uint16_t *values)
{
    semundo_forget(set, 0, set->count);
    for (unsigned i = 0; i < set->count; i++)
        set->sem[i] = (struct sem){.value = values[i], .pid = current_process()->pid};
    set->ctime = ipc_now();
    sem_serve(set->perm.id);
}

void sem_adjust(struct sem_set *set, const int16_t *adjust, int pid)
{
    if (semop_undo(set->sem, set->count, adjust, pid))
        set->otime = ipc_now();
}

int sem_waiters(const struct sem_set *set, unsigned number, bool for_zero)
{
    const struct list *lists[] = {&set->zero, &set->alter};
    int count = 0;

    for (unsigned i = 0; i < 2; i++) {
        for (const struct list *at = lists[i]->next; at != lists[i]; at = at->next) {
            const struct sem_waiter *waiter = container_of(at, const struct sem_waiter, link);
            const struct sembuf_user *op = waiter->blocking;

            count += op->number == number && (for_zero ? op->op == 0 : op->op < 0);
        }
    }
    return count;
}
