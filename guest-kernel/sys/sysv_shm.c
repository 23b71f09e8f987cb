/* SPDX-License-Identifier: Apache-2.0 */
/* sysv_shm.c - System V shared memory: shmget, shmat, shmdt, shmctl. */
#include "ipc/shm.h"

#include "core/abi.h"
#include "core/thread.h"
#include "lib/list.h"
#include "mm/space.h"
#include "mm/turns.h"
#include "sys/ipc_user.h"
#include "sys/maplimit.h"
#include "sys/syscall.h"
#include "sys/user.h"

int64_t sys_shmget(const uint64_t arg[6])
{
    return shm_get((int)arg[0], arg[1], (uint32_t)arg[2]);
}

/* ---- attaching ---- */

struct attach { /* what shmat asks for */
    uaddr_t addr;
    unsigned flags; /* MAP_* */
    unsigned prot, max_prot;
    uint32_t rights; /* that are needed */
    bool replaces;
};

static int attach_read(uaddr_t addr, unsigned flags, struct attach *attach)
{
    *attach = (struct attach){.addr = addr,
                              .flags = MAP_SHARED,
                              .prot = PROT_READ | PROT_WRITE,
                              .max_prot = PROT_READ | PROT_WRITE | PROT_EXEC,
                              .rights = IPC_READ | IPC_WRITE,
                              .replaces = flags & SHM_REMAP};
    if (addr == 0 && attach->replaces)
        return -EINVAL;
    if ((addr & PAGE_MASK) && !(flags & SHM_RND))
        return -EINVAL;
    attach->addr &= ~PAGE_MASK;
    if (addr != 0 && attach->addr == 0 && attach->replaces)
        return -EINVAL;
    if (addr != 0)
        attach->flags |= attach->replaces ? MAP_FIXED : MAP_FIXED_NOREPLACE;
    if (flags & SHM_RDONLY) {
        attach->prot = PROT_READ;
        attach->max_prot = PROT_READ | PROT_EXEC;
        attach->rights = IPC_READ;
    }
    if (flags & SHM_EXEC) {
        attach->prot |= PROT_EXEC;
        attach->rights |= 0111;
    }
#ifdef ISA_HAS_I386
    if (call_is_32bit() && current_process()->abi->word_size == sizeof(uint64_t))
        attach->flags |= ISA_MAP_32BIT; /* the address has to fit */
#endif
    return 0;
}

/* Maps the segment, which is held: to map may give way. */
static int64_t attach_map(const struct shm *shm, struct attach *attach)
{
    struct space *space = current_process()->space;
    uint64_t length = page_up(shm->size);
    int error;

    space_begin(space);
    if (attach->addr != 0 && attach->addr + length < attach->addr)
        return -EINVAL;
    if (space->lock_future != 0 && !maplimit_lock_fits(length))
        return -EAGAIN;
    if (!maplimit_allows(length, false, attach->addr, attach->replaces ? length : 0))
        return -ENOMEM;
    error = space_map(space, &attach->addr, length, attach->prot, attach->max_prot, attach->flags, shm_object(shm), 0);
    if (error != 0)
        return error == -EEXIST ? -EINVAL : error;
    if (space->lock_future != 0)
        space_populate(space, attach->addr, attach->addr + length);
    return (int64_t)attach->addr;
}

int64_t sys_shmat(const uint64_t arg[6])
{
    struct shm *shm = shm_find((int)arg[0]);
    struct attach attach;
    int error = (int)arg[0] < 0 ? -EINVAL : attach_read(arg[1], (unsigned)arg[2], &attach);

    if (error == 0 && shm == NULL)
        error = -EINVAL;
    if (error == 0)
        error = ipc_may(&shm->perm, attach.rights);
    if (error != 0)
        return error;
    shm_hold(shm);
    int64_t result = attach_map(shm, &attach);
    shm_release(shm);
    return result;
}

/* ---- detaching ---- */

/* The first area from `area` on, of those that end by `end`, that is of a segment (object: of that one) which was
 * attached at `base`, or what is left of it. May give way, which the caller ends (space_end). */
static const struct area *attached_find(const struct area *area, uaddr_t base, uaddr_t end,
                                        const struct vm_object *object)
{
    unsigned areas = 0;

    for (; area != NULL && area->end <= end; area = area_next(area)) {
        if (area->object != NULL && area->object->ops->count_area != NULL &&
            (object == NULL || area->object == object) && area->start - base == area->offset)
            return area;
        space_turn_area(area->space, &areas);
    }
    return NULL;
}

int64_t sys_shmdt(const uint64_t arg[6])
{
    struct space *space = current_process()->space;
    uaddr_t base = arg[0], end;
    const struct area *area;
    const struct shm *shm;
    struct vm_object *object;
    int error = 0;

    if (base & PAGE_MASK)
        return -EINVAL;
    space_begin(space);
    area = attached_find(area_first(space, base), base, UINT64_MAX, NULL);
    if (area == NULL) {
        space_end(space);
        return -EINVAL;
    }
    object = area->object;
    shm = shm_of_object(object);
    end = shm != NULL ? base + page_up(shm->size) : area->end;
    object->ops->get(object); /* with its last area the segment may go */
    while (area != NULL && error == 0) {
        uaddr_t next = area->end;

        error = space_unmap(space, area->start, area->end - area->start);
        if (error == -EPERM) /* it is sealed: it stays, and Linux doesn't tell */
            error = 0;
        area = error == 0 ? attached_find(area_first(space, next), base, end, object) : NULL;
    }
    space_end(space);
    object->ops->put(object);
    return error;
}

/* ---- shmctl ---- */

static int64_t shm_stat(int id, int command, uaddr_t address)
{
    struct ipc_perm *perm;
    int error = ipc_stat_look(&shm_ids, id, command != IPC_STAT, command == SHM_STAT_ANY, &perm);
    const struct shm *shm;

    if (error != 0)
        return error;
    shm = container_of(perm, const struct shm, perm);
    id = perm->id;
    const struct shmid_user out = {
        .perm = ipc_perm_show(perm),
        .size = shm->size,
        .atime = shm->atime,
        .dtime = shm->dtime,
        .ctime = shm->ctime,
        .cpid = shm->cpid,
        .lpid = shm->lpid,
        .attached = shm->attached,
    };
    const struct i386_shmid half = {
        .perm = ipc_perm_show_i386(&out.perm),
        .size = (uint32_t)out.size,
        .atime = (uint32_t)out.atime,
        .atime_high = (uint32_t)((uint64_t)out.atime >> 32),
        .dtime = (uint32_t)out.dtime,
        .dtime_high = (uint32_t)((uint64_t)out.dtime >> 32),
        .ctime = (uint32_t)out.ctime,
        .ctime_high = (uint32_t)((uint64_t)out.ctime >> 32),
        .cpid = out.cpid,
        .lpid = out.lpid,
        .attached = (uint32_t)out.attached,
    };
    error = call_is_32bit() ? user_put(address, half) : user_put(address, out);
    return error != 0 ? error : command == IPC_STAT ? 0 : id;
}

/* IPC_INFO. */
static int64_t limits_show(uaddr_t address)
{
    const struct shminfo_user out = {shm_max, 1, (uint64_t)shm_mni, (uint64_t)shm_mni, shm_all, {0}};
    const struct i386_shminfo half = {out.max > INT32_MAX ? INT32_MAX : (uint32_t)out.max,
                                      1,
                                      (uint32_t)out.mni,
                                      (uint32_t)out.seg,
                                      (uint32_t)out.all,
                                      {0}};
    int error = call_is_32bit() ? user_put(address, half) : user_put(address, out);

    return error != 0 ? error : ipc_highest(&shm_ids);
}

/* SHM_INFO. */
static int64_t usage_show(uaddr_t address)
{
    struct shm_info_user out = {.used_ids = (int32_t)shm_ids.in_use, .total = shm_total};
    struct i386_shm_info half;
    int highest = ipc_highest(&shm_ids), error;

    for (unsigned place = 0; place < shm_ids.slots; place++)
        if (ipc_at(&shm_ids, place) != NULL)
            out.resident += shm_resident(container_of(ipc_at(&shm_ids, place), const struct shm, perm));
    half = (struct i386_shm_info){out.used_ids, (uint32_t)out.total, (uint32_t)out.resident, 0, 0, 0};
    error = call_is_32bit() ? user_put(address, half) : user_put(address, out);
    return error != 0 ? error : highest;
}

/* IPC_SET, IPC_RMID. */
static int64_t shm_administer(int id, int command, uaddr_t address)
{
    struct ipc_change change;
    int error = command == IPC_SET ? ipc_change_get(&change, address) : 0;
    struct shm *shm = shm_find(id);

    if (error != 0)
        return error;
    if (shm == NULL)
        return -EINVAL;
    error = ipc_may_change(&shm->perm);
    if (error != 0)
        return error;
    if (command == IPC_RMID) {
        shm_remove(shm);
        return 0;
    }
    error = ipc_change(&shm->perm, &change);
    if (error == 0)
        shm->ctime = ipc_now();
    return error;
}

int64_t sys_shmctl(const uint64_t arg[6])
{
    int id = (int)arg[0], command = (int)arg[1];
    struct shm *shm = shm_find(id);

    if (command < 0 || id < 0)
        return -EINVAL;
    switch (command) {
    case IPC_INFO:
        return limits_show(arg[2]);
    case SHM_INFO:
        return usage_show(arg[2]);
    case IPC_STAT:
    case SHM_STAT:
    case SHM_STAT_ANY:
        return shm_stat(id, command, arg[2]);
    case IPC_SET:
    case IPC_RMID:
        return shm_administer(id, command, arg[2]);
    case SHM_LOCK:
    case SHM_UNLOCK:
        return shm != NULL ? shm_lock(shm, command == SHM_LOCK) : -EINVAL;
    default:
        return -EINVAL;
    }
}
