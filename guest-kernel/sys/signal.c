/* SPDX-License-Identifier: Apache-2.0 */
/* signal.c - the signal calls: they note what the program wants; core/signal.c acts on it. */
#include "abi/signal.h"

#include "core/signal.h"
#include "core/wait.h"
#include "sys/sigmask.h"
#include "sys/syscall.h"
#include "sys/user.h"

#ifdef ISA_SIGACTION_IS_PLAIN
#define sigaction_user sigaction_plain
#else
#define sigaction_user sigaction_restorer
#endif

#define SIGSET_SIZE sizeof(uint64_t)

static bool signal_is_valid(int signal)
{
    return signal >= 1 && signal <= SIGNALS;
}

/* ---- actions ---- */

static int action_get(struct signal_action *action, uaddr_t address)
{
    struct sigaction_user given;

    if (user_get(given, address))
        return -EFAULT;
    *action = (struct signal_action){
        .handler = given.handler,
        .flags = given.flags,
        .mask = given.mask & ~SIGNALS_UNBLOCKABLE,
    };
#ifndef ISA_SIGACTION_IS_PLAIN
    action->restorer = given.restorer;
#endif
    return 0;
}

static int action_put(const struct signal_action *action, uaddr_t address)
{
    struct sigaction_user given = {.handler = action->handler, .flags = action->flags, .mask = action->mask};

#ifndef ISA_SIGACTION_IS_PLAIN
    given.restorer = action->restorer;
#endif
    return user_put(address, given);
}

/* A pending signal that becomes ignored is dropped (POSIX, 2.4.3). */
static void action_set(int signal, const struct signal_action *action)
{
    struct thread *thread = current_thread();

    thread->process->action[signal - 1] = *action;
    if (action->handler == SIG_IGN) {
        thread->pending &= ~SIGNAL_BIT(signal);
        thread->process->pending &= ~SIGNAL_BIT(signal);
    }
}

int64_t sys_rt_sigaction(const uint64_t arg[6])
{
    int signal = (int)arg[0];
    struct signal_action action, old;

    if (arg[3] != SIGSET_SIZE)
        return -EINVAL;
    if (arg[1] && action_get(&action, arg[1]))
        return -EFAULT;
    if (!signal_is_valid(signal) || (arg[1] && (SIGNAL_BIT(signal) & SIGNALS_UNBLOCKABLE)))
        return -EINVAL;
    old = current_process()->action[signal - 1];
    if (arg[1])
        action_set(signal, &action);
    return arg[2] ? action_put(&old, arg[2]) : 0;
}

/* ---- masks ---- */

static int mask_change(int how, uint64_t set)
{
    struct thread *thread = current_thread();

    switch (how) {
    case SIG_BLOCK:
        set |= thread->signal_mask;
        break;
    case SIG_UNBLOCK:
        set = thread->signal_mask & ~set;
        break;
    case SIG_SETMASK:
        break;
    default:
        return -EINVAL;
    }
    signal_set_mask(thread, set);
    return 0;
}

int64_t sys_rt_sigprocmask(const uint64_t arg[6])
{
    uint64_t old = current_thread()->signal_mask, set;
    int err = 0;

    if (arg[3] != SIGSET_SIZE)
        return -EINVAL;
    if (arg[1]) {
        if (user_get(set, arg[1]))
            return -EFAULT;
        err = mask_change((int)arg[0], set);
    }
    return !err && arg[2] ? user_put(arg[2], old) : err;
}

int64_t sys_rt_sigpending(const uint64_t arg[6])
{
    const struct thread *thread = current_thread();
    uint64_t pending = (thread->pending | thread->process->pending) & thread->signal_mask;

    if (arg[1] > SIGSET_SIZE)
        return -EINVAL;
    return copy_to_user(arg[0], &pending, arg[1]);
}

int sigmask_suspend(uaddr_t address, uint64_t size)
{
    struct thread *thread = current_thread();
    uint64_t set;

    if (size != SIGSET_SIZE)
        return -EINVAL;
    if (user_get(set, address))
        return -EFAULT;
    thread->saved_mask = thread->signal_mask;
    thread->restore_mask = thread->attention = true;
    signal_set_mask(thread, set);
    return 0;
}

void sigmask_resume(int64_t result)
{
    struct thread *thread = current_thread();

    /* After -EINTR the signal is still to be delivered, under the mask that let it in: signal_deliver goes back. */
    if (!thread->restore_mask || result == -EINTR)
        return;
    thread->restore_mask = false;
    signal_set_mask(thread, thread->saved_mask);
}

static bool never(void *arg)
{
    (void)arg;
    return false;
}

int64_t sys_rt_sigsuspend(const uint64_t arg[6])
{
    int err = sigmask_suspend(arg[0], arg[1]);

    return err ? err : wait_until(never, NULL, WAIT_FOREVER, true);
}

int64_t sys_pause(const uint64_t arg[6])
{
    (void)arg;
    return wait_until(never, NULL, WAIT_FOREVER, true);
}

/* ---- sending; there is one process, and it is its own group ---- */

static int64_t send(int signal)
{
    if (signal < 0 || signal > SIGNALS)
        return -EINVAL;
    if (signal)
        signal_send(current_process(), signal);
    return 0;
}

int64_t sys_kill(const uint64_t arg[6])
{
    int pid = (int)arg[0], own = current_process()->pid;

    if ((int)arg[1] < 0 || (int)arg[1] > SIGNALS)
        return -EINVAL;
    /* -1 means everybody else, 0 and -own our group. */
    return pid == own || pid == 0 || pid == -own ? send((int)arg[1]) : -ESRCH;
}

int64_t sys_tkill(const uint64_t arg[6])
{
    int tid = (int)arg[0];

    if (tid <= 0)
        return -EINVAL;
    return tid == current_thread()->tid ? send((int)arg[1]) : -ESRCH;
}

int64_t sys_tgkill(const uint64_t arg[6])
{
    int pid = (int)arg[0], tid = (int)arg[1];

    if (pid <= 0 || tid <= 0)
        return -EINVAL;
    return pid == current_process()->pid && tid == current_thread()->tid ? send((int)arg[2]) : -ESRCH;
}

/* ---- the alternate stack ---- */

static bool is_on_alternate_stack(const struct thread *thread)
{
    uint64_t sp = arch_frame_sp(&thread->frame);

    return sp > thread->signal_stack.base && sp - thread->signal_stack.base <= thread->signal_stack.size;
}

static int alternate_stack_set(struct thread *thread, const struct sigaltstack_user *stack)
{
    uint32_t mode = stack->flags & ~SS_AUTODISARM;

    if (is_on_alternate_stack(thread))
        return -EPERM;
    if (mode != 0 && mode != SS_ONSTACK && mode != SS_DISABLE)
        return -EINVAL;
    if (mode != SS_DISABLE && stack->size < ISA_MINSIGSTKSZ)
        return -ENOMEM;
    thread->signal_stack.flags = (int)stack->flags;
    thread->signal_stack.base = mode == SS_DISABLE ? 0 : stack->sp;
    thread->signal_stack.size = mode == SS_DISABLE ? 0 : stack->size;
    return 0;
}

int64_t sys_sigaltstack(const uint64_t arg[6])
{
    struct thread *thread = current_thread();
    struct sigaltstack_user stack, old = {
                                       .sp = thread->signal_stack.base,
                                       .size = thread->signal_stack.size,
                                       .flags = (uint32_t)thread->signal_stack.flags & SS_AUTODISARM,
                                   };
    int err = 0;

    if (!old.size)
        old.flags |= SS_DISABLE;
    else if (is_on_alternate_stack(thread))
        old.flags |= SS_ONSTACK;
    if (arg[0] && user_get(stack, arg[0]))
        return -EFAULT;
    if (arg[0])
        err = alternate_stack_set(thread, &stack);
    return !err && arg[1] ? user_put(arg[1], old) : err;
}
