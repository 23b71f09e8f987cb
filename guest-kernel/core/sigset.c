/* SPDX-License-Identifier: Apache-2.0 */
/* sigset.c - which signals wait for a thread, and which of them matter to it (signal(7)). */
#include "core/sigset.h"

#include "core/tracing.h"

static const uint64_t default_ignored =
    SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH) | SIGNAL_BIT(SIGCONT);

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
    if (thread->tracee != NULL) /* whose tracer is told of those that are ignored, too */
        return ready != 0 || thread->tracee->trap_due;
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
    if (thread->tracee != NULL) /* whose tracer says what becomes of them */
        return false;
    for (; ready != 0; ready &= ready - 1)
        if (signal_ends(thread->process, __builtin_ctzll(ready) + 1))
            return true;
    return false;
}
