/* SPDX-License-Identifier: Apache-2.0 */
/* barriers.c - rseq(2) and membarrier(2): what programs ask for to do without locks. */
#include "abi/rseq.h"

#include "core/kick.h"
#include "core/rseq.h"
#include "mm/space.h"
#include "sys/syscall.h"
#include "sys/user.h"

/* ---- rseq ---- */

static int64_t rseq_unregister(struct thread *thread, const uint64_t arg[6])
{
    if (thread->rseq == 0 || thread->rseq != arg[0] || thread->rseq_size != (uint32_t)arg[1])
        return -EINVAL;
    if (thread->rseq_signature != (uint32_t)arg[3])
        return -EPERM;
    if (rseq_clear(thread) != 0)
        return -EFAULT;
    thread->rseq = 0;
    return 0;
}

static bool place_is_valid(uaddr_t address, uint32_t size)
{
    return !(address % RSEQ_ALIGN) && size >= RSEQ_SIZE_FIRST;
}

int64_t sys_rseq(const uint64_t arg[6])
{
    struct thread *thread = current_thread();
    uint32_t size = (uint32_t)arg[1], flags = (uint32_t)arg[2];
    uint64_t section;

    if (flags == RSEQ_UNREGISTER)
        return rseq_unregister(thread, arg);
    if (flags != 0)
        return -EINVAL;
    if (thread->rseq != 0) {
        if (thread->rseq != arg[0] || thread->rseq_size != size)
            return -EINVAL;
        return thread->rseq_signature == (uint32_t)arg[3] ? -EBUSY : -EPERM;
    }
    if (!place_is_valid(arg[0], size))
        return -EINVAL;
    if (arg[0] >= ISA_USER_TOP || size > ISA_USER_TOP - arg[0] ||
        user_get(section, arg[0] + offsetof(struct rseq_user, rseq_cs)) != 0)
        return -EFAULT;
    section = 0;
    if (user_put(arg[0] + offsetof(struct rseq_user, rseq_cs), section) != 0)
        return -EFAULT;
    thread->rseq = arg[0];
    thread->rseq_size = size;
    thread->rseq_signature = (uint32_t)arg[3];
    thread->rseq_told = false;
    thread->attention = true;
    return 0;
}

/* ---- membarrier: on one CPU nobody else runs, and whoever has run has gone through a switch; others come in ---- */

enum { /* Linux's (include/uapi/linux/membarrier.h) */
       GLOBAL = 1,
       GLOBAL_EXPEDITED = 2,
       REGISTER_GLOBAL_EXPEDITED = 4,
       PRIVATE_EXPEDITED = 8,
       REGISTER_PRIVATE_EXPEDITED = 16,
       PRIVATE_EXPEDITED_SYNC_CORE = 32,
       REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 64,
       PRIVATE_EXPEDITED_RSEQ = 128,
       REGISTER_PRIVATE_EXPEDITED_RSEQ = 256,
       GET_REGISTRATIONS = 512,
};
#define FLAG_CPU 1u
#define REGISTER_PRIVATE_ANY (REGISTER_PRIVATE_EXPEDITED_SYNC_CORE | REGISTER_PRIVATE_EXPEDITED_RSEQ)

/* The threads that have a CPU have passed a barrier when this returns; `cpu`: of that one alone, as far as their
 * critical sections begin anew. */
static int64_t others_pass(struct space *space, uint32_t command, uint32_t flags, uint64_t cpu)
{
    if (!cpu_is_one_of_many)
        return 0;
    if (command == PRIVATE_EXPEDITED_SYNC_CORE)
        kick_sync_code();
    for (unsigned i = 0; i < cpu_count; i++) {
        struct thread *thread = cpus[i]->current;
        if (command == PRIVATE_EXPEDITED_RSEQ && (!(flags & FLAG_CPU) || i == (uint32_t)cpu) && !cpus[i]->is_idle &&
            thread->process->space == space && thread->rseq != 0)
            thread->attention = true;
    }
    kick_in(command == GLOBAL || command == GLOBAL_EXPEDITED ? NULL : &space->arch);
    return 0;
}

int64_t sys_membarrier(const uint64_t arg[6])
{
    struct space *space = current_process()->space;
    uint32_t *registered = &space->barriers;
    uint32_t flags = (uint32_t)arg[1];

    if (flags != 0 && ((uint32_t)arg[0] != PRIVATE_EXPEDITED_RSEQ || flags != FLAG_CPU))
        return -EINVAL;
    switch ((uint32_t)arg[0]) {
    case 0: /* what there is */
        return 2 * GET_REGISTRATIONS - 1;
    case GLOBAL:
    case GLOBAL_EXPEDITED:
        return others_pass(space, (uint32_t)arg[0], 0, 0);
    case REGISTER_GLOBAL_EXPEDITED:
    case REGISTER_PRIVATE_EXPEDITED:
    case REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
    case REGISTER_PRIVATE_EXPEDITED_RSEQ:
        *registered |= (uint32_t)arg[0];
        return 0;
    case PRIVATE_EXPEDITED:
    case PRIVATE_EXPEDITED_SYNC_CORE:
    case PRIVATE_EXPEDITED_RSEQ:
        return *registered & (uint32_t)arg[0] << 1 ? others_pass(space, (uint32_t)arg[0], flags, arg[2]) : -EPERM;
    case GET_REGISTRATIONS:
        return *registered | (*registered & REGISTER_PRIVATE_ANY ? REGISTER_PRIVATE_EXPEDITED : 0);
    default:
        return -EINVAL;
    }
}
