/* SPDX-License-Identifier: Apache-2.0 */
/* sysv_sem.c - System V semaphores: semget, semop, semtimedop, semctl. */
#include "ipc/sem.h"

#include "core/thread.h"
#include "core/wait.h"
#include "mm/kmalloc.h"
#include "sys/ipc_user.h"
#include "sys/syscall.h"
#include "sys/timeout.h"
#include "sys/user.h"

int64_t sys_semget(const uint64_t arg[6])
{
    return sem_get((int)arg[0], (int)arg[1], (uint32_t)arg[2]);
}

/* ---- operations ---- */

#define COUNT_MOST 8192u /* of a call, whatever the limit was raised to: nobody else has a turn while they are done */

static int64_t operate(int id, uaddr_t address, unsigned count, uint64_t deadline_ns)
{
    struct sembuf_user few[16], *ops = few;
    int64_t result;

    if (count > (unsigned)(sem_limit[SEM_OPM] > 0 ? sem_limit[SEM_OPM] : 0))
        return -E2BIG;
    if (count == 0)
        return -EINVAL;
    if (count > COUNT_MOST)
        return -ENOMEM;
    if (count > sizeof(few) / sizeof(few[0]))
        ops = kmalloc_array(count, sizeof(*ops));
    if (ops == NULL)
        return -ENOMEM;
    if (copy_from_user(ops, address, count * sizeof(*ops)) != 0)
        result = -EFAULT;
    else
        result = id >= 0 ? sem_operate(id, ops, count, deadline_ns) : -EINVAL;
    if (ops != few)
        kfree(ops);
    return result;
}

int64_t sys_semop(const uint64_t arg[6])
{
    return operate((int)arg[0], arg[1], (unsigned)arg[2], WAIT_FOREVER);
}

int64_t sys_semtimedop(const uint64_t arg[6])
{
    uint64_t deadline_ns;
    int error = timeout_deadline(arg[3], &deadline_ns);

    return error != 0 ? error : operate((int)arg[0], arg[1], (unsigned)arg[2], deadline_ns);
}

/* ---- what there is ---- */

#ifdef ISA_SEMID_IS_X86
typedef struct semid_x86_user semid_native;
#else
typedef struct semid_user semid_native;
#endif

static int64_t set_stat(int id, int command, uaddr_t address)
{
    struct ipc_perm *perm;
    int error = ipc_stat_look(&sem_ids, id, command != IPC_STAT, command == SEM_STAT_ANY, &perm);
    const struct sem_set *set;

    if (error != 0)
        return error;
    set = container_of(perm, const struct sem_set, perm);
    id = perm->id;
    const semid_native out = {
        .perm = ipc_perm_show(perm), .otime = set->otime, .ctime = set->ctime, .count = set->count};
    const struct i386_semid half = {
        .perm = ipc_perm_show_i386(&out.perm),
        .otime = (uint32_t)out.otime,
        .otime_high = (uint32_t)((uint64_t)out.otime >> 32),
        .ctime = (uint32_t)out.ctime,
        .ctime_high = (uint32_t)((uint64_t)out.ctime >> 32),
        .count = set->count,
    };
    error = call_is_32bit() ? user_put(address, half) : user_put(address, out);
    return error != 0 ? error : command == IPC_STAT ? 0 : id;
}

/* IPC_INFO: limits, of which Linux keeps to the first five; SEM_INFO: what is in use. */
static int64_t info_show(int command, uaddr_t address)
{
    struct seminfo_user out = {
        .map = 1024000000,
        .mni = sem_limit[SEM_MNI],
        .mns = sem_limit[SEM_MNS],
        .mnu = 1024000000,
        .msl = sem_limit[SEM_MSL],
        .opm = sem_limit[SEM_OPM],
        .ume = 500,
        .usz = 20,
        .vmx = SEM_VALUE_MAX,
        .aem = SEM_VALUE_MAX,
    };
    int highest = ipc_highest(&sem_ids);

    if (command == SEM_INFO) {
        out.usz = (int32_t)sem_ids.in_use;
        out.aem = (int32_t)sem_total;
    }
    return user_put(address, out) ? -EFAULT : highest;
}

/* ---- values ---- */

static int set_look(int id, uint32_t rights, struct sem_set **out)
{
    *out = sem_find(id);
    return *out != NULL ? ipc_may(&(*out)->perm, rights) : -EINVAL;
}

static int64_t value_set(int id, int number, int value)
{
    struct sem_set *set = sem_find(id);
    int error;

    if (value < 0 || value > SEM_VALUE_MAX)
        return -ERANGE;
    if (set == NULL || number < 0 || (unsigned)number >= set->count)
        return -EINVAL;
    error = ipc_may(&set->perm, IPC_WRITE);
    if (error == 0)
        sem_set_value(set, (unsigned)number, value);
    return error;
}

/* GETALL with the values in kernel memory, SETALL out of it. Memory and copies may wait: the set is looked up anew. */
static int64_t values_move(int id, bool set_them, uint16_t *values, unsigned count, uaddr_t address)
{
    struct sem_set *set;
    int error = set_them && copy_from_user(values, address, count * sizeof(*values)) != 0 ? -EFAULT : 0;

    for (unsigned i = 0; set_them && error == 0 && i < count; i++)
        error = values[i] > SEM_VALUE_MAX ? -ERANGE : 0;
    if (error != 0)
        return error;
    set = sem_find(id);
    if (set == NULL || set->count != count)
        return -EIDRM;
    if (set_them) {
        sem_set_all(set, values);
        return 0;
    }
    for (unsigned i = 0; i < count; i++)
        values[i] = (uint16_t)set->sem[i].value;
    return copy_to_user(address, values, count * sizeof(*values));
}

static int64_t values_all(int id, bool set_them, uaddr_t address)
{
    struct sem_set *set;
    int error = set_look(id, set_them ? IPC_WRITE : IPC_READ, &set);
    uint16_t *values;
    unsigned count;

    if (error != 0)
        return error;
    count = set->count;
    values = kmalloc_array(count, sizeof(*values));
    if (values == NULL)
        return -ENOMEM;
    int64_t result = values_move(id, set_them, values, count, address);
    kfree(values);
    return result;
}

/* GETVAL and its like, of one semaphore. */
static int64_t value_get(int id, int number, int command)
{
    struct sem_set *set;
    int error = set_look(id, IPC_READ, &set);

    if (error != 0)
        return error;
    if (number < 0 || (unsigned)number >= set->count)
        return -EINVAL;
    switch (command) {
    case GETVAL:
        return set->sem[number].value;
    case GETPID:
        return set->sem[number].pid;
    default:
        return sem_waiters(set, (unsigned)number, command == GETZCNT);
    }
}

/* IPC_SET, IPC_RMID. */
static int64_t set_administer(int id, int command, uaddr_t address)
{
    struct ipc_change change;
    int error = command == IPC_SET ? ipc_change_get(&change, address) : 0;
    struct sem_set *set = sem_find(id);

    if (error != 0)
        return error;
    if (set == NULL)
        return -EINVAL;
    error = ipc_may_change(&set->perm);
    if (error != 0)
        return error;
    if (command == IPC_RMID) {
        sem_remove(set);
        return 0;
    }
    error = ipc_change(&set->perm, &change);
    if (error == 0)
        set->ctime = ipc_now();
    return error;
}

int64_t sys_semctl(const uint64_t arg[6])
{
    int id = (int)arg[0], number = (int)arg[1], command = (int)arg[2];

    if (id < 0)
        return -EINVAL;
    switch (command) {
    case IPC_INFO:
    case SEM_INFO:
        return info_show(command, arg[3]);
    case IPC_STAT:
    case SEM_STAT:
    case SEM_STAT_ANY:
        return set_stat(id, command, arg[3]);
    case GETVAL:
    case GETPID:
    case GETNCNT:
    case GETZCNT:
        return value_get(id, number, command);
    case GETALL:
    case SETALL:
        return values_all(id, command == SETALL, arg[3]);
    case SETVAL:
        return value_set(id, number, (int)arg[3]);
    case IPC_SET:
    case IPC_RMID:
        return set_administer(id, command, arg[3]);
    default:
        return -EINVAL;
    }
}
