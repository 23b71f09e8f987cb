/* SPDX-License-Identifier: Apache-2.0 */
/* ptrace_call.c - see ptrace_call.h: what a tracer is told of its tracees' system calls. */
#include "sys/ptrace_call.h"

#include "core/signal.h"
#include "core/tracing.h"
#include "sys/seccomp.h"
#include "sys/syscall.h"

static bool is_told(const struct thread *thread)
{
    return thread->tracee != NULL && thread->tracee->resume == TRACE_SYSCALL;
}

/* A signal that the tracer gives is sent to the thread. */
static void tell(struct thread *thread, uint64_t which)
{
    bool is_marked = thread->tracee->options & TRACE_SYSGOOD;
    const struct signal_info info = {
        .signal = trace_notify(is_marked ? SIGTRAP | 0x80 : SIGTRAP, which),
        .code = SI_KERNEL,
    };

    if (info.signal >= 1 && info.signal <= SIGNALS)
        (void)signal_send_info(thread->process, thread, &info);
}

/* False: the call isn't to be carried out. What it was to stop for counts, not what it goes on for. */
static bool begin(struct thread *thread)
{
    bool is_emulated = trace_emulates(thread->tracee);

    thread->syscall_first = arch_syscall_first(&thread->frame);
    thread->tracee->in_call = true;
    if (!is_told(thread) && !is_emulated)
        return true;
    arch_traced_call(thread);
    tell(thread, TRACE_CALL_ENTRY);
    return !is_emulated && !thread->ending && !thread->process->exiting && arch_traced_call_goes_on(thread);
}

void ptrace_dispatch(enum trap_kind kind)
{
    struct thread *thread = current_thread();

    if (thread->tracee == NULL || begin(thread)) {
        if (thread->filters != NULL)
            seccomp_dispatch(kind);
        else
            syscall_dispatch(kind);
    }
    if (is_told(thread) && thread->tracee->in_call && !thread->ending && !thread->process->exiting)
        tell(thread, TRACE_CALL_EXIT);
}
