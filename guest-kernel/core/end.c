/* SPDX-License-Identifier: Apache-2.0 */
/* end.c - a process is told to end: all its threads are, wherever they wait. */
#include "core/end.h"
#include "core/group.h"

#include "core/kick.h"
#include "core/sched.h"
#include "core/threads.h"

#define TOLD_AT_ONCE 64u

/* Who waits for a lock isn't woken, and so isn't one of those that go on telling: who has the lock may be behind it. */
void process_end_go_on(struct process *process)
{
    unsigned told = 0;

    while (process->untold != NULL && told < TOLD_AT_ONCE) {
        struct thread *thread = container_of(process->untold, struct thread, sibling);

        process->untold = process->untold->next != &process->threads ? process->untold->next : NULL;
        sched_signal(thread);
        sched_continue(thread);
        told += thread->state != THREAD_WAITS_DEEP;
    }
}

/* Those that run see it soon, however many there are. */
static void running_tell(const struct process *process)
{
    for_each_thread(process, thread) thread->attention = true;
    for (unsigned i = 0; cpu_is_one_of_many && i < cpu_count; i++)
        if (cpus[i] != cpu_this() && cpus[i]->current->process == process)
            kick_cpu(cpus[i]);
}

/* It ends already: those of its threads that their tracer has stopped before their end don't wait for that. */
static void kill_ending(struct process *process)
{
    if (process->killed)
        return;
    process->killed = true;
    for_each_thread(process, thread) sched_continue(thread);
}

void process_end(struct process *process, uint32_t code, uint32_t signal)
{
    if (process->exiting && signal == SIGKILL)
        kill_ending(process);
    if (process->exiting)
        return;
    process->killed = signal == SIGKILL;
    process->exiting = true;
    process->stopping = process->stopped = process->stop_untold = process->continue_untold = false;
    group_recount(process);
    process->exit_code = signal != 0 ? 128 + signal : code & 0xff;
    process->exit_signal = signal;
    running_tell(process);
    if (!list_is_empty(&process->threads))
        process->untold = process->threads.next;
    process_end_go_on(process);
}

void process_exit(uint32_t code, uint32_t signal)
{
    process_end(current_process(), code, signal);
}
