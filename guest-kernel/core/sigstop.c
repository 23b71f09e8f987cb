/* SPDX-License-Identifier: Apache-2.0 */
/* sigstop.c - SIGSTOP and its like stop all threads of a process, each on its way to user mode. */
#include "core/pid.h"
#include "core/sched.h"
#include "core/signal.h"
#include "core/tracee.h"
#include "core/threads.h"

/* Whether nobody outside is there who could have the group go on: no member has a parent in another group of its
 * session (setpgid(2), "orphaned process group"). */
bool process_group_is_orphaned(const struct pid *group)
{
    for (const struct list *at = group->members.next; at != &group->members; at = at->next) {
        const struct process *process = container_of(at, struct process, group_link);
        const struct process *parent = process->parent;

        if (!process->ended && parent->session == process->session && parent->group != group)
            return false;
    }
    return true;
}

bool signal_stop_begin(struct process *process, int signal)
{
    if (signal != SIGSTOP && process_group_is_orphaned(process->group))
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
