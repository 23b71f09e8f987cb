/* SPDX-License-Identifier: Apache-2.0 */
/* sigaction.c - the signal calls: they note what the program wants; core/signal.c acts on it. */
#include "abi/signal.h"

#include "abi/i386.h"
#include "core/sigframe.h"
#include "core/signal.h"
#include "core/wait.h"
#include "lib/string.h"
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

    thread->process->sighand->action[signal - 1] = *action;
    if (signal_is_ignored(thread->process, signal))
        signal_drop(thread, signal);
}

/* Handlers of 32-bit programs would need frames of their own, which aren't there: only the two that have none. Even of
 * a call that changes nothing the structure must be read. */
int64_t sys_i386_rt_sigaction(const uint64_t arg[6])
{
    int signal = (int)arg[0];
    struct i386_sigaction given;

    if (arg[3] != SIGSET_SIZE)
        return -EINVAL;
    if (arg[1] != 0 && user_get(given, arg[1]))
        return -EFAULT;
    if (!signal_is_valid(signal) || (arg[1] != 0 && (SIGNAL_BIT(signal) & SIGNALS_UNBLOCKABLE)))
        return -EINVAL;
    if (arg[1] != 0 && given.handler != SIG_DFL && given.handler != SIG_IGN)
        return sys_ni_syscall(arg);
    const struct signal_action old = current_process()->sighand->action[signal - 1];
    if (arg[1] != 0) {
        const struct signal_action action = {
            .handler = given.handler,
            .restorer = given.restorer,
            .flags = given.flags & SA_KNOWN,
            .mask = given.mask & ~SIGNALS_UNBLOCKABLE,
        };
        action_set(signal, &action);
    }
    const struct i386_sigaction out = {(uint32_t)old.handler, (uint32_t)old.flags, (uint32_t)old.restorer, old.mask};
    return arg[2] != 0 ? user_put(arg[2], out) : 0;
}

int64_t sys_rt_sigaction(const uint64_t arg[6])
{
    int signal = (int)arg[0];
    struct signal_action action, old;

    if (arg[3] != SIGSET_SIZE)
        return -EINVAL;
    if (arg[1] != 0 && action_get(&action, arg[1]) != 0)
        return -EFAULT;
    if (!signal_is_valid(signal) || (arg[1] != 0 && (SIGNAL_BIT(signal) & SIGNALS_UNBLOCKABLE)))
        return -EINVAL;
    old = current_process()->sighand->action[signal - 1];
    if (arg[1] != 0)
        action_set(signal, &action);
    return arg[2] != 0 ? action_put(&old, arg[2]) : 0;
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

struct expected {
    uint64_t set;
    struct signal_info info;
};

static bool expected_take(void *arg)
{
    struct expected *expected = arg;

    return signal_take(current_thread(), expected->set, &expected->info) != 0;
}

/* Never made again: with a handler or without, another signal gives EINTR. */
static int expected_wait(struct expected *expected, uint64_t deadline_ns)
{
    int error = wait_until(expected_take, expected, deadline_ns, true);

    return error == -ERESTARTSYS ? -EINTR : error == -ETIMEDOUT ? -EAGAIN : error;
}

int64_t sys_rt_sigtimedwait(const uint64_t arg[6])
{
    struct expected expected;
    uint64_t deadline_ns;
    int error;

    if (arg[3] != SIGSET_SIZE)
        return -EINVAL;
    if (user_get(expected.set, arg[0]))
        return -EFAULT;
    expected.set &= ~SIGNALS_UNBLOCKABLE;
    error = timeout_deadline(arg[2], &deadline_ns);
    if (error == 0)
        error = expected_wait(&expected, deadline_ns);
    if (error != 0)
        return error;
    if (arg[1] != 0) {
        struct siginfo_user info = {.info = expected.info};
        if (user_put(arg[1], info))
            return -EFAULT;
    }
    return expected.info.signal;
}

/* ---- sending; there is one process, and it is its own group ---- */

static bool signal_is_sendable(int signal)
{
    return signal >= 0 && signal <= SIGNALS;
}

/* 0 only asks whether it could be sent. `thread` NULL: to the process. */
static int64_t send(struct thread *thread, const struct signal_info *info)
{
    if (!signal_is_sendable(info->signal))
        return -EINVAL;
    return info->signal != 0 ? signal_send_info(current_process(), thread, info) : 0;
}

static struct signal_info info_from_us(int signal, int code)
{
    return (struct signal_info){.signal = signal, .code = code, .sender.pid = current_process()->pid};
}

int64_t sys_kill(const uint64_t arg[6])
{
    int pid = (int)arg[0], own = current_process()->pid;
    struct signal_info info = info_from_us((int)arg[1], SI_USER);

    if (!signal_is_sendable(info.signal))
        return -EINVAL;
    /* -1 means everybody else, 0 and -own our group. */
    return pid == own || pid == 0 || pid == -own ? send(NULL, &info) : -ESRCH;
}

static int64_t send_to_thread(int tid, const struct signal_info *info)
{
    struct thread *thread = current_thread();

    return tid == thread->tid ? send(thread, info) : -ESRCH;
}

int64_t sys_tkill(const uint64_t arg[6])
{
    int tid = (int)arg[0];
    struct signal_info info = info_from_us((int)arg[1], SI_TKILL);

    return tid <= 0 ? -EINVAL : send_to_thread(tid, &info);
}

int64_t sys_tgkill(const uint64_t arg[6])
{
    int pid = (int)arg[0], tid = (int)arg[1];
    struct signal_info info = info_from_us((int)arg[2], SI_TKILL);

    if (pid <= 0 || tid <= 0)
        return -EINVAL;
    return pid == current_process()->pid ? send_to_thread(tid, &info) : -ESRCH;
}

/* What Linux knows the layout of; of others it can't tell what to leave out (known_siginfo_layout). */
static bool layout_is_known(const struct signal_info *info)
{
    const uint64_t specific = SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) |
                              SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGIO) | SIGNAL_BIT(SIGSYS);
    enum { SI_ASYNCNL = -60, SI_DETHREAD = -7 };

    if (info->code > 0 && info->code != SI_KERNEL)
        return signal_is_valid(info->signal) && (specific & SIGNAL_BIT(info->signal));
    return info->code >= SI_DETHREAD || info->code == SI_ASYNCNL;
}

/* The info that a program makes up: 0, -EFAULT, -E2BIG. */
static int info_get(struct signal_info *info, int signal, uaddr_t address)
{
    static const uint8_t none[sizeof(((struct siginfo_user *)0)->expansion)];
    struct siginfo_user given;

    if (user_get(given, address))
        return -EFAULT;
    *info = given.info;
    info->signal = signal;
    return layout_is_known(info) || memcmp(given.expansion, none, sizeof(none)) == 0 ? 0 : -E2BIG;
}

/* Nobody but a process itself may pretend that the kernel or kill has sent it. */
static bool may_pretend(const struct signal_info *info, int id, int own)
{
    return (info->code < 0 && info->code != SI_TKILL) || id == own;
}

int64_t sys_rt_sigqueueinfo(const uint64_t arg[6])
{
    int pid = (int)arg[0], own = current_process()->pid;
    struct signal_info info;
    int error = info_get(&info, (int)arg[1], arg[2]);

    if (error != 0)
        return error;
    if (!may_pretend(&info, pid, own))
        return -EPERM;
    return pid == own ? send(NULL, &info) : -ESRCH;
}

int64_t sys_rt_tgsigqueueinfo(const uint64_t arg[6])
{
    int pid = (int)arg[0], tid = (int)arg[1];
    struct signal_info info;
    int error = info_get(&info, (int)arg[2], arg[3]);

    if (error != 0)
        return error;
    if (pid <= 0 || tid <= 0)
        return -EINVAL;
    if (!may_pretend(&info, tid, current_thread()->tid))
        return -EPERM;
    return pid == current_process()->pid ? send_to_thread(tid, &info) : -ESRCH;
}

/* ---- the alternate stack ---- */

int64_t sys_sigaltstack(const uint64_t arg[6])
{
    struct thread *thread = current_thread();
    uaddr_t sp = arch_frame_sp(&thread->frame);
    struct sigaltstack_user stack, old;
    int error = 0;

    sigstack_get(thread, sp, &old);
    if (arg[0] != 0 && user_get(stack, arg[0]))
        return -EFAULT;
    if (arg[0] != 0)
        error = sigstack_set(thread, sp, &stack);
    return error == 0 && arg[1] != 0 ? user_put(arg[1], old) : error;
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
