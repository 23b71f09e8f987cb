/* SPDX-License-Identifier: Apache-2.0 */
/* rseq.c - see rseq.h. */
#include "core/rseq.h"

#include <stddef.h>

#include "abi/errno.h"
#include "abi/rseq.h"
#include "abi/signal.h"
#include "core/cpu.h"
#include "core/signal.h"
#include "mm/mapping.h"
#include "mm/usercopy.h"

/* There is one node. A thread's number among those of the space that run is its CPU's, which no other one of them has.
 */
static int ids_put(uaddr_t rseq, uint32_t number, uint32_t cpu)
{
    const uint32_t ids[2] = {number, cpu}, others[2] = {0, number}; /* cpu_id_start, cpu_id; node_id, mm_cid */

    if (copy_to_user(rseq, ids, sizeof(ids)) != 0)
        return -EFAULT;
    return copy_to_user(rseq + offsetof(struct rseq_user, node_id), others, sizeof(others));
}

int rseq_clear(const struct thread *thread)
{
    return ids_put(thread->rseq, 0, RSEQ_CPU_NONE);
}

/* As Linux, which wants an abort address that the program has marked with its signature. */
static int section_check(const struct thread *thread, const struct rseq_section *section)
{
    uaddr_t top = thread->process->space->top;
    uint32_t signature;

    if (section->start >= top || section->length >= top - section->start || section->abort >= top ||
        section->version != 0)
        return -EINVAL;
    if (section->abort - section->start < section->length)
        return -EINVAL;
    if (copy_from_user(&signature, section->abort - sizeof(signature), sizeof(signature)) != 0)
        return -EFAULT;
    return signature == thread->rseq_signature ? 0 : -EINVAL;
}

static int section_leave(struct thread *thread)
{
    uaddr_t field = thread->rseq + offsetof(struct rseq_user, rseq_cs);
    struct rseq_section section;
    uint64_t address;
    uint32_t flags;

    if (copy_from_user(&address, field, sizeof(address)) != 0)
        return -EFAULT;
    if (address == 0)
        return 0;
    if (copy_from_user(&section, address, sizeof(section)) != 0)
        return -EFAULT;
    if (section_check(thread, &section) != 0)
        return -EINVAL;
    if (arch_frame_pc(&thread->frame) - section.start >= section.length)
        return zero_user(field, sizeof(address));
    if (copy_from_user(&flags, thread->rseq + offsetof(struct rseq_user, flags), sizeof(flags)) != 0)
        return -EFAULT;
    if (section.flags != 0 || flags != 0) /* what had no use is refused */
        return -EINVAL;
    if (zero_user(field, sizeof(address)) != 0)
        return -EFAULT;
    arch_frame_set_pc(&thread->frame, section.abort);
    return 0;
}

void rseq_resume(struct thread *thread)
{
    int error = section_leave(thread);
    bool was_told = thread->rseq_told; /* since it came to this CPU */

    thread->rseq_told = true; /* a copy may wait, and the thread go elsewhere: then all this is done again */
    if (error == 0 && !was_told)
        error = ids_put(thread->rseq, cpu_this()->number, cpu_this()->number);
    if (error != 0)
        signal_force(thread, SIGSEGV, SI_KERNEL, 0);
}
