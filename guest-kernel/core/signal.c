/* SPDX-License-Identifier: Apache-2.0 */
/* signal.c - which signals are pending, and what becomes of them (signal(7)). */
#include "core/signal.h"

#include "abi/errno.h"
#include "core/log.h"
#include "core/sigframe.h"
#include "core/sched.h"
#include "core/sigqueue.h"
#include "core/threads.h"

static const uint64_t default_ignored =
    SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH) | SIGNAL_BIT(SIGCONT);
/* There is no job control yet: a stop would be for good. */
static const uint64_t default_stop =
    SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU);
/* What faults raise: taken before the others, so that a handler sees the instruction that faulted. */
static const uint64_t synchronous = SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) |
                                    SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSYS);

bool signal_is_ignored(const struct process *process, int signal)
{
    uaddr_t handler = process->sighand->action[signal - 1].handler;

    if (handler > SIG_IGN)
        return false;
    if (process->is_init) /* what it hasn't asked for, SIGKILL neither, does nothing to process 1 (kill(2)) */
        return true;
    return handler == SIG_IGN || ((default_ignored | default_stop) & SIGNAL_BIT(signal));
}

/* ---- sending ---- */

/* The thread that is to take a signal to its process: the current one rather than another, one that lets it in rather
 * than one that has it blocked. NULL: all have ended. */
static struct thread *receiver_of(struct process *process, int signal)
{
    struct thread *current = arch_current(), *found = NULL;

    if (current->process == process && !(current->signal_mask & SIGNAL_BIT(signal)))
        return current;
    for_each_thread(process, thread)
    {
        if (!(thread->signal_mask & SIGNAL_BIT(signal)))
            return thread;
        found = thread;
    }
    return found;
}

int signal_send_info(struct process *process, struct thread *thread, const struct signal_info *info)
{
    struct signal_queue *queue = thread != NULL ? &thread->signals : &process->signals;
    int signal = info->signal, error;
    struct thread *receiver = thread != NULL ? thread : receiver_of(process, signal);

    if (process->sighand == NULL) /* it has ended, or is the kernel's: it takes all and heeds none */
        return 0;
    /* A blocked signal stays pending even if it is ignored now: the action may change before it is unblocked. */
    if (signal_is_ignored(process, signal) && receiver != NULL && !(receiver->signal_mask & SIGNAL_BIT(signal)))
        return 0;
    error = sigqueue_add(process, queue, info);
    if (receiver != NULL && !(receiver->signal_mask & SIGNAL_BIT(signal)))
        sched_signal(receiver);
    return error;
}

void signal_send(struct process *process, int signal)
{
    struct signal_info info = {.signal = signal, .code = SI_KERNEL};

    if (signal < 1 || signal > SIGNALS)
        return;
    if (signal == SIGPIPE) { /* as if the writer had sent it to itself (Linux, fs/pipe.c) */
        info.code = SI_USER;
        info.sender.pid = process->pid;
    }
    (void)signal_send_info(process, NULL, &info); /* the kernel's own are always taken */
}

void signal_force(struct thread *thread, int signal, int code, uaddr_t address)
{
    thread->forced = (struct signal_info){.signal = signal, .code = code, .fault.address = address};
    thread->attention = true;
}

/* ---- what waits ---- */

uint64_t signal_pending_set(const struct thread *thread)
{
    return thread->signals.pending | thread->process->signals.pending;
}

bool signal_is_pending(const struct thread *thread)
{
    uint64_t ready = signal_pending_set(thread) & ~thread->signal_mask;

    if (thread->ending || thread->process->exiting)
        return true;
    for (; ready != 0; ready &= ready - 1)
        if (!signal_is_ignored(thread->process, __builtin_ctzll(ready) + 1))
            return true;
    return false;
}

bool signal_fatal_pending(const struct thread *thread)
{
    uint64_t ready = signal_pending_set(thread) & ~thread->signal_mask;

    for (; ready != 0; ready &= ready - 1) {
        int signal = __builtin_ctzll(ready) + 1;
        if (thread->process->sighand->action[signal - 1].handler == SIG_DFL &&
            !signal_is_ignored(thread->process, signal))
            return true;
    }
    return thread->ending || thread->process->exiting;
}

void signal_set_mask(struct thread *thread, uint64_t mask)
{
    thread->signal_mask = mask & ~SIGNALS_UNBLOCKABLE;
    if (signal_pending_set(thread) & ~thread->signal_mask) /* one that was blocked may be due */
        thread->attention = true;
}

int signal_take(struct thread *thread, uint64_t set, struct signal_info *info)
{
    struct signal_queue *queue = &thread->signals;
    uint64_t ready = queue->pending & set;
    int signal;

    if (ready == 0) {
        queue = &thread->process->signals;
        ready = queue->pending & set;
    }
    if (ready == 0)
        return 0;
    if (ready & synchronous)
        ready &= synchronous;
    signal = __builtin_ctzll(ready) + 1;
    sigqueue_take(thread->process, queue, signal, info);
    return signal;
}

void signal_drop(struct thread *thread, int signal)
{
    sigqueue_drop(thread->process, &thread->signals, signal);
    sigqueue_drop(thread->process, &thread->process->signals, signal);
}

/* ---- delivery ---- */

/* A signal has interrupted the system call that the thread comes from. `action`: of the handler that is about to run;
 * NULL: none runs. */
static void interrupted_settle(struct thread *thread, const struct signal_action *action)
{
    int64_t result = arch_syscall_result(&thread->frame);

    thread->interrupted = false;
    if (result != -ERESTARTSYS && result != -ERESTARTNOHAND && result != -ERESTART_RESTARTBLOCK)
        return;
    if (action == NULL || (result == -ERESTARTSYS && (action->flags & SA_RESTART)))
        arch_syscall_restart(&thread->frame, thread->syscall_first, result == -ERESTART_RESTARTBLOCK);
    else
        arch_syscall_return(&thread->frame, -EINTR);
}

/* False: there is no room on the stack. */
static bool handler_enter(struct thread *thread, int signal, const struct signal_info *info)
{
    struct signal_action *slot = &thread->process->sighand->action[signal - 1];
    struct signal_action action = *slot;

    if (thread->interrupted)
        interrupted_settle(thread, &action);
    if (action.flags & SA_RESETHAND)
        slot->handler = SIG_DFL;
    if (arch_signal_enter(thread, signal, &action, info) != 0)
        return false;
    thread->restore_mask = false; /* the frame has it */
    sigframe_entered(thread);
    signal_set_mask(thread, thread->signal_mask | action.mask | (action.flags & SA_NODEFER ? 0 : SIGNAL_BIT(signal)));
    return true;
}

/* A fault that the program doesn't want to know of, or can't, ends it; why stands on the log. */
static bool forced_is_fatal(const struct thread *thread)
{
    const struct process *process = thread->process;
    const struct signal_info *info = &thread->forced;
    uaddr_t handler = process->sighand->action[info->signal - 1].handler;
    char registers[160];

    if (handler != SIG_DFL && handler != SIG_IGN && !(thread->signal_mask & SIGNAL_BIT(info->signal)))
        return false;
    arch_frame_print(&thread->frame, registers, sizeof(registers));
    log_info("%s: signal %d, code %d, at address %lx: %s", thread->name, info->signal, info->code,
             (unsigned long)info->fault.address, registers);
    return true;
}

/* The next signal to act on: a fault's before all others. 0: none. */
static int signal_next(struct thread *thread, struct signal_info *info)
{
    if (thread->forced.signal == 0)
        return signal_take(thread, ~thread->signal_mask, info);
    *info = thread->forced;
    thread->forced.signal = 0;
    return info->signal;
}

enum signal_verdict signal_deliver(struct thread *thread, int *ending)
{
    struct process *process = thread->process;
    enum signal_verdict verdict = SIGNAL_GO_ON;
    struct signal_info info;

    while ((thread->forced.signal == 0 || !forced_is_fatal(thread)) && (*ending = signal_next(thread, &info)) != 0) {
        if (process->sighand->action[*ending - 1].handler <= SIG_IGN) {
            if (signal_is_ignored(process, *ending))
                continue;
            return SIGNAL_END;
        }
        if (handler_enter(thread, *ending, &info)) {
            verdict = SIGNAL_HANDLER;
            continue;
        }
        if (*ending == SIGSEGV)
            return SIGNAL_END;
        signal_force(thread, SIGSEGV, SI_KERNEL, 0);
    }
    if (thread->forced.signal != 0) {
        *ending = thread->forced.signal;
        return SIGNAL_END;
    }
    if (thread->interrupted)
        interrupted_settle(thread, NULL);
    if (thread->restore_mask) {
        thread->restore_mask = false;
        signal_set_mask(thread, thread->saved_mask);
    }
    return verdict;
}

/* ---- the way back ---- */

void signal_return(struct thread *thread, uint64_t mask, const struct sigaltstack_user *stack)
{
    thread->restart.resume = NULL; /* what a handler has interrupted isn't gone on with */
    signal_set_mask(thread, mask);
    if (stack->sp == thread->signal_stack.base && stack->size == thread->signal_stack.size &&
        stack->flags == thread->signal_stack.flags)
        return;
    (void)sigstack_set(thread, arch_frame_sp(&thread->frame), stack); /* as Linux: a bad one is left alone */
}
