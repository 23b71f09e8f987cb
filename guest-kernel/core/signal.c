/* SPDX-License-Identifier: Apache-2.0 */
/* signal.c - what becomes of signals on the way back to the program (signal(7)). */
#include "core/signal.h"

#include "abi/errno.h"
#include "core/log.h"
#include "core/sigframe.h"
#include "core/tracing.h"

void signal_force(struct thread *thread, int signal, int code, uaddr_t address)
{
    thread->forced = (struct signal_info){.signal = signal, .code = code, .fault.address = address};
    thread->attention = true;
}

void signal_set_mask(struct thread *thread, uint64_t mask)
{
    uint64_t old = thread->signal_mask;

    thread->signal_mask = mask & ~SIGNALS_UNBLOCKABLE;
    if (thread->signal_mask & ~old & thread->process->signals.pending) /* another one may have to take it now */
        signal_retarget(thread, thread->signal_mask & ~old);
    if (signal_pending_set(thread) & ~thread->signal_mask) /* one that was blocked may be due */
        thread->attention = true;
}

/* ---- delivery ---- */

/* A signal has interrupted the system call that the thread comes from. `action`: of the handler that is about to run;
 * NULL: none runs. */
static void interrupted_settle(struct thread *thread, const struct signal_action *action)
{
    int64_t result = arch_syscall_result(&thread->frame);

    thread->interrupted = false;
    if (result != -ERESTARTSYS && result != -ERESTARTNOINTR && result != -ERESTARTNOHAND &&
        result != -ERESTART_RESTARTBLOCK)
        return;
    if (action == NULL || result == -ERESTARTNOINTR || (result == -ERESTARTSYS && (action->flags & SA_RESTART)))
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
static bool forced_is_fatal(const struct thread *thread, const struct signal_info *info)
{
    const struct process *process = thread->process;
    uaddr_t handler = process->sighand->action[info->signal - 1].handler;
    char registers[160];

    if (handler != SIG_DFL && handler != SIG_IGN && !(thread->signal_mask & SIGNAL_BIT(info->signal)))
        return false;
    arch_frame_print(&thread->frame, registers, sizeof(registers));
    log_info("%s: signal %d, code %d, at address %lx: %s", thread->name, info->signal, info->code,
             (unsigned long)info->fault.address, registers);
    return true;
}

static inline void traced(struct thread *thread, const struct signal_info *info)
{
    if (__builtin_expect(thread->traced != NULL, false) != 0)
        signal_trace(thread, info);
}

/* The next signal that waits, and that the tracer, if there is one, doesn't keep. 0: none; one that is to end, which
 * doesn't stop for its tracer any more, leaves the rest in the queue. */
static int waiting_next(struct thread *thread, struct signal_info *info)
{
    int signal;

    do
        signal = signal_take(thread, ~thread->signal_mask, info);
    while (signal != 0 && signal != SIGKILL && thread->tracee != NULL &&
           (signal = trace_signal(thread, info, false)) == 0 && !thread->ending && !thread->process->exiting);
    return signal;
}

/* A fault's signal. The tracer is told of it first, and may give the thread another one, which is as any, or none. 0:
 * there is nothing to act on, or it ends the process: then it stays. */
static int forced_next(struct thread *thread, struct signal_info *info)
{
    int fault = thread->forced.signal, signal = fault;

    *info = thread->forced;
    thread->forced.signal = 0;
    if (__builtin_expect(thread->tracee != NULL, false) != 0)
        signal = trace_signal(thread, info, true);
    if (signal != fault || !forced_is_fatal(thread, info))
        return signal;
    thread->forced = *info;
    return 0;
}

/* The next signal to act on: a fault's before all others. 0: none. */
static int signal_next(struct thread *thread, struct signal_info *info)
{
    int signal = thread->forced.signal != 0 ? forced_next(thread, info) : 0;

    if (signal == 0 && thread->forced.signal == 0)
        signal = waiting_next(thread, info);
    if (signal != 0)
        traced(thread, info);
    return signal;
}

/* A signal that has no handler. False: nothing comes of it. */
static bool default_acts(struct process *process, int signal, enum signal_verdict *verdict)
{
    if (signal_is_ignored(process, signal))
        return false;
    if (signal_stops(process, signal)) {
        *verdict = SIGNAL_STOP;
        return signal_stop_begin(process, signal);
    }
    *verdict = SIGNAL_END;
    return true;
}

/* Nothing is left to act on. */
static void settle(struct thread *thread)
{
    if (thread->interrupted)
        interrupted_settle(thread, NULL);
    if (thread->restore_mask) {
        thread->restore_mask = false;
        signal_set_mask(thread, thread->saved_mask);
    }
}

enum signal_verdict signal_deliver(struct thread *thread, int *ending)
{
    struct process *process = thread->process;
    enum signal_verdict verdict = SIGNAL_GO_ON, other;
    struct signal_info info;

    if (thread->stop_due)
        return SIGNAL_STOP;
    if (thread->tracee != NULL && thread->tracee->trap_due)
        trace_trap(thread);
    while ((*ending = signal_next(thread, &info)) != 0) {
        if (process->sighand->action[*ending - 1].handler <= SIG_IGN) {
            if (default_acts(process, *ending, &other))
                return other;
            continue;
        }
        if (handler_enter(thread, *ending, &info)) {
            verdict = SIGNAL_HANDLER;
            if (thread->tracee != NULL && thread->tracee->resume == TRACE_STEP) /* at its first instruction */
                (void)trace_notify(SIGTRAP, 0);
            continue;
        }
        if (*ending == SIGSEGV)
            return SIGNAL_END;
        signal_force(thread, SIGSEGV, SI_KERNEL, 0);
    }
    if (thread->forced.signal != 0) {
        traced(thread, &thread->forced);
        *ending = thread->forced.signal;
        return SIGNAL_END;
    }
    settle(thread);
    return verdict;
}

/* ---- the way back ---- */

/* In line in the way back that most handlers take, though there is another. */
inline __attribute__((always_inline)) void signal_return(struct thread *thread, uint64_t mask,
                                                         const struct sigaltstack_user *stack)
{
    thread->restart.resume = NULL; /* what a handler has interrupted isn't gone on with */
    signal_set_mask(thread, mask);
    if (stack->sp == thread->signal_stack.base && stack->size == thread->signal_stack.size &&
        stack->flags == thread->signal_stack.flags)
        return;
    (void)sigstack_set(thread, arch_frame_sp(&thread->frame), stack); /* as Linux: a bad one is left alone */
}
