/* SPDX-License-Identifier: Apache-2.0 */
/* sigframe.c - see sigframe.h. What is always in line is so in the frame that most handlers have, though others have it
 * too. */
#include "core/sigframe.h"

#include "abi/errno.h"

/* ---- the alternate stack ---- */

/* Stacks grow down: the end is where an empty one's pointer is. */
static bool is_within(const struct thread *thread, uaddr_t sp)
{
    return sp > thread->signal_stack.base && sp - thread->signal_stack.base <= thread->signal_stack.size;
}

/* A handler with SS_AUTODISARM has given the stack up, so nobody is on it. */
static bool is_in_use(const struct thread *thread, uaddr_t sp)
{
    return !(thread->signal_stack.flags & SS_AUTODISARM) && is_within(thread, sp);
}

void sigstack_get(const struct thread *thread, uaddr_t sp, struct sigaltstack_user *out)
{
    *out = (struct sigaltstack_user){
        .sp = thread->signal_stack.base,
        .size = thread->signal_stack.size,
        .flags = thread->signal_stack.flags & SS_AUTODISARM,
    };
    if (out->size == 0)
        out->flags |= SS_DISABLE;
    else if (is_in_use(thread, sp))
        out->flags |= SS_ONSTACK;
}

int sigstack_set(struct thread *thread, uaddr_t sp, const struct sigaltstack_user *stack)
{
    uint32_t mode = stack->flags & ~SS_AUTODISARM;

    if (is_in_use(thread, sp))
        return -EPERM;
    if (mode != 0 && mode != SS_ONSTACK && mode != SS_DISABLE)
        return -EINVAL;
    if (mode != SS_DISABLE && stack->size < ISA_MINSIGSTKSZ)
        return -ENOMEM;
    thread->signal_stack.flags = stack->flags;
    thread->signal_stack.base = mode == SS_DISABLE ? 0 : stack->sp;
    thread->signal_stack.size = mode == SS_DISABLE ? 0 : stack->size;
    return 0;
}

/* ---- the way into a handler ---- */

inline __attribute__((always_inline)) uaddr_t sigframe_stack(const struct thread *thread,
                                                             const struct signal_action *action, uaddr_t sp)
{
    if (!(action->flags & SA_ONSTACK) || thread->signal_stack.size == 0 || is_in_use(thread, sp))
        return sp;
    return thread->signal_stack.base + thread->signal_stack.size;
}

inline __attribute__((always_inline)) bool sigframe_overflows(const struct thread *thread, uaddr_t sp, uaddr_t top,
                                                              uaddr_t frame)
{
    return (top != sp || is_in_use(thread, sp)) && !is_within(thread, frame);
}

inline __attribute__((always_inline)) uint64_t sigframe_mask(const struct thread *thread)
{
    return thread->restore_mask ? thread->saved_mask : thread->signal_mask;
}

inline __attribute__((always_inline)) void sigframe_fill_stack(const struct thread *thread,
                                                               struct sigaltstack_user *out)
{
    *out = (struct sigaltstack_user){
        .sp = thread->signal_stack.base,
        .flags = thread->signal_stack.flags,
        .size = thread->signal_stack.size,
    };
}

void sigframe_fill_info(const struct signal_info *info, struct siginfo_user *out)
{
    *out = (struct siginfo_user){.info = *info};
}

inline __attribute__((always_inline)) uaddr_t sigframe_fault_address(const struct signal_info *info)
{
    return info->code > 0 && info->code != SI_KERNEL ? info->fault.address : 0;
}

void sigframe_entered(struct thread *thread)
{
    if (!(thread->signal_stack.flags & SS_AUTODISARM))
        return;
    thread->signal_stack.base = thread->signal_stack.size = 0;
    thread->signal_stack.flags = SS_DISABLE;
}
