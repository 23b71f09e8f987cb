/* SPDX-License-Identifier: Apache-2.0 */
/* sigaction.c - the signal calls: they note what the program wants; core/signal.c acts on it. */
#include "abi/signal.h"

#include "abi/i386.h"
#include "core/sched.h"
#include "core/sigframe.h"
#include "core/signal.h"
#include "core/wait.h"
#include "sys/i386_siginfo.h"
#include "sys/sigmask.h"
#include "sys/syscall.h"
#include "sys/timeout.h"
#include "sys/user.h"

#ifdef ISA_SIGACTION_IS_PLAIN
#define sigaction_user sigaction_plain
#else
#define sigaction_user sigaction_restorer
#endif

#define SIGSET_SIZE sizeof(uint64_t)

/* ---- actions ---- */

static int action_get(struct signal_action *action, uaddr_t address)
{
    struct sigaction_user given;

    if (user_get(given, address))
        return -EFAULT;
    *action = (struct signal_action){
        .handler = given.handler,
        .flags = given.flags & SA_KNOWN,
        .mask = given.mask & ~SIGNALS_UNBLOCKABLE,
    };
#ifndef ISA_SIGACTION_IS_PLAIN
    action->restorer = given.restorer;
#endif
    return 0;
}

static int action_put(const struct signal_action *action, uaddr_t address)
{
    struct sigaction_user given = {.handler = action->handler, .flags = action->flags & SA_KNOWN, .mask = action->mask};

#ifndef ISA_SIGACTION_IS_PLAIN
    given.restorer = action->restorer;
#endif
    return user_put(address, given);
}

/* A pending signal that becomes ignored is dropped (POSIX, 2.4.3). */
void sigaction_set(int signal, const struct signal_action *action)
{
    struct thread *thread = current_thread();

    thread->process->sighand->action[signal - 1] = *action;
    if (signal_is_ignored(thread->process, signal))
        signal_drop(thread->process, SIGNAL_BIT(signal));
}

int64_t sys_rt_sigaction(const uint64_t arg[6])
{
    int signal = (int)arg[0];
    struct signal_action action, old;

    if (arg[3] != SIGSET_SIZE)
        return -EINVAL;
    if (arg[1] != 0 && action_get(&action, arg[1]) != 0)
        return -EFAULT;
    if (!signal_is_number(signal) || (arg[1] != 0 && (SIGNAL_BIT(signal) & SIGNALS_UNBLOCKABLE)))
        return -EINVAL;
    old = current_process()->sighand->action[signal - 1];
    if (arg[1] != 0)
        sigaction_set(signal, &action);
    return arg[2] != 0 ? action_put(&old, arg[2]) : 0;
}

/* ---- masks ---- */

static inline __attribute__((always_inline)) int mask_change(int how, uint64_t set)
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

int sigmask_change(int how, uint64_t set)
{
    return mask_change(how, set);
}

int64_t sys_rt_sigprocmask(const uint64_t arg[6])
{
    uint64_t old = current_thread()->signal_mask, set;
    int error = 0;

    if (arg[3] != SIGSET_SIZE)
        return -EINVAL;
    if (arg[1] != 0) {
        if (user_get(set, arg[1]))
            return -EFAULT;
        error = mask_change((int)arg[0], set);
    }
    return error == 0 && arg[2] != 0 ? user_put(arg[2], old) : error;
}

int64_t sys_rt_sigpending(const uint64_t arg[6])
{
    const struct thread *thread = current_thread();
    uint64_t pending = signal_pending_set(thread) & thread->signal_mask;

    if (arg[1] > SIGSET_SIZE)
        return -EINVAL;
    return copy_to_user(arg[0], &pending, arg[1]);
}

int sigmask_place_get(struct sigmask_place *place, uaddr_t address)
{
    uint32_t half[2];

    *place = (struct sigmask_place){0};
    if (address == 0)
        return 0;
    if (!call_comes_from_i386())
        return user_get(*place, address);
    if (user_get(half, address))
        return -EFAULT;
    *place = (struct sigmask_place){half[0], half[1]};
    return 0;
}

static void mask_suspend(uint64_t set)
{
    struct thread *thread = current_thread();

    thread->saved_mask = thread->signal_mask;
    thread->restore_mask = thread->attention = true;
    signal_set_mask(thread, set);
}

int sigmask_suspend(uaddr_t address, uint64_t size)
{
    uint64_t set;

    if (size != SIGSET_SIZE)
        return -EINVAL;
    if (user_get(set, address))
        return -EFAULT;
    mask_suspend(set);
    return 0;
}

void sigmask_resume(int64_t result)
{
    struct thread *thread = current_thread();

    /* The signal is still to be delivered, under the mask that let it in: signal_deliver goes back. */
    if (!thread->restore_mask || result == -ERESTARTNOHAND)
        return;
    thread->restore_mask = false;
    signal_set_mask(thread, thread->saved_mask);
}

/* For a signal whose handler runs. */
static int64_t wait_for_signal(void)
{
    return wait_for_deadline(WAIT_FOREVER) != 0 ? -ERESTARTNOHAND : 0;
}

int64_t sigmask_wait(uint64_t mask)
{
    mask_suspend(mask);
    return wait_for_signal();
}

int64_t sys_rt_sigsuspend(const uint64_t arg[6])
{
    int error = sigmask_suspend(arg[0], arg[1]);

    return error != 0 ? error : wait_for_signal();
}

int64_t sys_pause(const uint64_t arg[6])
{
    (void)arg;
    return wait_for_signal();
}

/* ---- waiting for signals that are blocked ---- */

/* What one of `set` tells; 0, -EAGAIN: none has come by then. Never made again: with a handler or without, another
 * signal gives EINTR. */
static int awaited_take(uint64_t set, uint64_t deadline_ns, struct signal_info *info)
{
    struct thread *thread = current_thread();
    int error = 0;

    while (signal_take(thread, set, info) == 0) {
        if (error != 0)
            return error == -ETIMEDOUT ? -EAGAIN : -EINTR;
        thread->signals_awaited = set & thread->signal_mask;
        error = sched_sleep(deadline_ns, WAIT_INTERRUPTIBLE);
        thread->signals_awaited = 0;
    }
    signal_retarget(thread, set & thread->signal_mask); /* it may have been meant to take more */
    return 0;
}

static int info_put(uaddr_t address, const struct siginfo_user *info)
{
    struct i386_siginfo half;

    if (!call_comes_from_i386())
        return user_put(address, *info);
    i386_siginfo_fill(&info->info, &half);
    return user_put(address, half);
}

int64_t sys_rt_sigtimedwait(const uint64_t arg[6])
{
    struct siginfo_user info = {0};
    uint64_t set, deadline_ns;
    int error;

    if (arg[3] != SIGSET_SIZE)
        return -EINVAL;
    if (user_get(set, arg[0]))
        return -EFAULT;
    error = timeout_deadline(arg[2], &deadline_ns);
    if (error == 0)
        error = awaited_take(set & ~SIGNALS_UNBLOCKABLE, deadline_ns, &info.info);
    if (error != 0)
        return error;
    return arg[1] != 0 && info_put(arg[1], &info) != 0 ? -EFAULT : info.info.signal;
}

/* ---- the alternate stack ---- */

/* 0 or -EFAULT. */
static int stack_get(struct sigaltstack_user *stack, uaddr_t address)
{
    struct i386_stack half;

    if (!call_is_32bit())
        return copy_from_user(stack, address, sizeof(*stack));
    if (user_get(half, address))
        return -EFAULT;
    *stack = (struct sigaltstack_user){.sp = half.sp, .flags = half.flags, .size = half.size};
    return 0;
}

static int stack_put(const struct sigaltstack_user *stack, uaddr_t address)
{
    const struct i386_stack half = {(uint32_t)stack->sp, stack->flags, (uint32_t)stack->size};

    return call_is_32bit() ? user_put(address, half) : user_put(address, *stack);
}

int64_t sys_sigaltstack(const uint64_t arg[6])
{
    struct thread *thread = current_thread();
    uaddr_t sp = arch_frame_sp(&thread->frame);
    struct sigaltstack_user stack, old;
    int error = 0;

    sigstack_get(thread, sp, &old);
    if (arg[0] != 0 && stack_get(&stack, arg[0]) != 0)
        return -EFAULT;
    if (arg[0] != 0)
        error = sigstack_set(thread, sp, &stack);
    return error == 0 && arg[1] != 0 ? stack_put(&old, arg[1]) : error;
}

/* ---- going on with what a signal has interrupted ---- */

/* Made by the kernel's own doing (signal_deliver); a program that calls it has nothing to go on with. */
int64_t sys_restart_syscall(const uint64_t arg[6])
{
    struct thread *thread = current_thread();
    int64_t (*resume)(struct thread *) = thread->restart.resume;

    (void)arg;
    thread->restart.resume = NULL;
    return resume != NULL ? resume(thread) : -EINTR;
}
