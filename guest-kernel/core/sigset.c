/* SPDX-License-Identifier: Apache-2.0 */
/* sigset.c - which signals wait for a thread, and which of them matter to it (signal(7)). */
#include "core/signal.h"
#include "core/sigqueue.h"
#include "core/threads.h"

static const uint64_t default_ignored =
    SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH) | SIGNAL_BIT(SIGCONT);
/* What faults raise: taken before the others, so that a handler sees the instruction that faulted. */
static const uint64_t synchronous = SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) |
                                    SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSYS);

static uaddr_t handler_of(const struct process *process, int signal)
{
    return process->sighand->action[signal - 1].handler;
}

/* What process 1 has no handler for does nothing to it, SIGKILL neither (kill(2)). */
bool signal_is_ignored(const struct process *process, int signal)
{
    uaddr_t handler = handler_of(process, signal);

    return handler == SIG_IGN || (handler == SIG_DFL && (process->is_init || (default_ignored & SIGNAL_BIT(signal))));
}

bool signal_stops(const struct process *process, int signal)
{
    return handler_of(process, signal) == SIG_DFL && !process->is_init && (SIGNALS_STOP & SIGNAL_BIT(signal));
}

bool signal_ends(const struct process *process, int signal)
{
    return handler_of(process, signal) == SIG_DFL && !process->is_init &&
           !((default_ignored | SIGNALS_STOP) & SIGNAL_BIT(signal));
}

uint64_t signal_pending_set(const struct thread *thread)
{
    return thread->signals.pending | thread->process->signals.pending;
}

bool signal_is_pending(const struct thread *thread)
{
    uint64_t pending = signal_pending_set(thread), ready = pending & ~thread->signal_mask;

    if (thread->ending || thread->stop_due || thread->process->exiting || (pending & thread->signals_awaited))
        return true;
    for (; ready != 0; ready &= ready - 1)
        if (!signal_is_ignored(thread->process, __builtin_ctzll(ready) + 1))
            return true;
    return false;
}

bool signal_fatal_pending(const struct thread *thread)
{
    uint64_t ready = signal_pending_set(thread) & ~thread->signal_mask;

    if (thread->ending || thread->process->exiting)
        return true;
    for (; ready != 0; ready &= ready - 1)
        if (signal_ends(thread->process, __builtin_ctzll(ready) + 1))
            return true;
    return false;
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

void signal_drop(struct process *process, uint64_t set)
{
    sigqueue_drop_set(process, &process->signals, set);
    for_each_thread(process, thread)
    {
        sigqueue_drop_set(process, &thread->signals, set);
    }
}
