/* SPDX-License-Identifier: Apache-2.0 */
/* reach.c - whether the caller may reach into another process. */
#include "sys/reach.h"

#include "core/threads.h"

static bool are_all(const struct cred_ids *ids, uint32_t id)
{
    return ids->effective == id && ids->saved == id && ids->real == id;
}

bool reach_may_trace(const struct thread *other)
{
    const struct cred *own = &current_thread()->cred, *cred = &other->cred;

    if (other->process == current_process() || cred_has(own, CAP_SYS_PTRACE))
        return true;
    return are_all(&cred->user, own->user.real) && are_all(&cred->group, own->group.real) &&
           other->process->dumpable == 1 && !(cred->permitted & ~own->permitted);
}
