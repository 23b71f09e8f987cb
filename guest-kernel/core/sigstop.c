/* SPDX-License-Identifier: Apache-2.0 */
/* sigstop.c - SIGSTOP and its like stop all threads of a process, each on its way to user mode. */
#include "core/group.h"
#include "core/sched.h"
#include "core/signal.h"
#include "core/tracee.h"
#include "core/threads.h"

bool signal_stop_begin(struct process *process, int signal)
{
    if (signal != SIGSTOP && group_is_orphaned(process->group))
        return false;
    if (!process->stopping) {
        process->stopping = true;
        process->stop_signal = signal;
    }
    for_each_thread(process, thread)
    {
        if (thread->stop_due || (thread->state == THREAD_STOPPED && !trace_is_stopped(thread)) || thread->ending)
            continue;
        thread->stop_due = true;
        process->stop_left++;
        sched_signal(thread);
    }
    return true;
}

/* A thread that was to stop has, or ends. With the last one the process has stopped. */
static void stop_count(struct thread *thread)
{
    struct process *process = thread->process;

    thread->stop_due = false;
    if (--process->stop_left != 0 || process->stopped || process->exiting)
        return;
    process->stopped = process->stop_untold = true;
    process->continue_untold = false;
    group_recount(process);
    signal_tell_parent(process, CLD_STOPPED, process->stop_signal);
}

void signal_stop(struct thread *thread)
{
    if (!thread->stop_due)
        return;
    stop_count(thread);
    if (thread->process->exiting || thread->ending) /* nobody would have it go on */
        return;
    if (thread->tracee != NULL)
        trace_group_stop(thread);
    else
        sched_stop();
}

void signal_thread_begins(struct thread *thread)
{
    struct process *process = thread->process;

    if (!process->stopping || thread->stop_due) /* or it was counted with the others already */
        return;
    thread->stop_due = thread->attention = true;
    process->stop_left++;
}

void signal_thread_leaves(struct thread *thread)
{
    if (thread->stop_due)
        stop_count(thread);
    if (thread->process->thread_count > 1)
        signal_retarget(thread, ~thread->signal_mask);
}
