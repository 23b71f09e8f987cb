/* SPDX-License-Identifier: Apache-2.0 */
/* sigframe.c - see sigframe.h. */
#include "core/sigframe.h"

#include "abi/signal.h"
#include "core/thread.h"

uint64_t sigframe_mask(const struct thread *thread)
{
    return thread->restore_mask ? thread->saved_mask : thread->signal_mask;
}

static bool is_on_signal_stack(const struct thread *thread, uaddr_t sp)
{
    return sp - thread->signal_stack.base < thread->signal_stack.size;
}

uaddr_t sigframe_stack(const struct thread *thread, const struct signal_action *action, uaddr_t sp)
{
    if (!(action->flags & SA_ONSTACK) || !thread->signal_stack.size || (thread->signal_stack.flags & SS_DISABLE) ||
        is_on_signal_stack(thread, sp))
        return sp;
    return thread->signal_stack.base + thread->signal_stack.size;
}

void sigframe_fill_stack(const struct thread *thread, struct sigaltstack_user *out)
{
    *out = (struct sigaltstack_user){
        .sp = thread->signal_stack.base,
        .flags = (uint32_t)thread->signal_stack.flags,
        .size = thread->signal_stack.size,
    };
}

void sigframe_fill_info(const struct signal_info *info, struct siginfo_user *out)
{
    *out = (struct siginfo_user){.signo = info->signal, .code = info->code};
    if (info->code > 0)
        out->fault.address = info->address;
    else
        out->kill.pid = current_process()->pid;
}
