/* SPDX-License-Identifier: Apache-2.0 */
/* sigtrap.c - what others have a tracee do: go on, and stop soon; see tracing.h. */
#include "core/sched.h"
#include "core/tracing.h"

void trace_resume(struct tracee *tracee, enum trace_resume how, int signal)
{
    tracee->resume = how;
    tracee->is_stopped = tracee->is_listening = tracee->is_untold = false;
    tracee->thread->trace_signal = signal;
    sched_continue(tracee->thread);
}

void trace_set_trap(struct tracee *tracee)
{
    tracee->trap_due = true;
    if (tracee->is_listening)
        trace_resume(tracee, tracee->resume, 0);
    sched_signal(tracee->thread);
}
