/* SPDX-License-Identifier: Apache-2.0 */
/* reach.c - whether the caller may reach into another process. */
#include "sys/reach.h"

#include "abi/signal.h"
#include "core/pid.h"
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

bool reach_may_signal(const struct process *process, int signal)
{
    const struct cred *own = &current_thread()->cred;
    const struct thread *first = process->id->thread;
    struct cred_ids user = {.real = process->ended_uid, .saved = process->ended_uid};

    if (process == current_process() || cred_has(own, CAP_KILL))
        return true;
    if (first == NULL && !list_is_empty(&process->threads))
        first = container_of(process->threads.next, struct thread, sibling);
    if (first != NULL)
        user = first->cred.user;
    if (process == process_kernel())
        user = (struct cred_ids){0};
    if (own->user.effective == user.saved || own->user.effective == user.real || own->user.real == user.saved ||
        own->user.real == user.real)
        return true;
    return signal == SIGCONT && process->session == current_process()->session;
}
