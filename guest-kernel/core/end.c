/* SPDX-License-Identifier: Apache-2.0 */
/* end.c - a process is told to end: all its threads are, wherever they wait. */
#include "core/end.h"

#include "core/sched.h"
#include "core/threads.h"

void process_end(struct process *process, uint32_t code, uint32_t signal)
{
    if (process->exiting)
        return;
    process->exiting = true;
    process->stopping = process->stopped = process->stop_untold = process->continue_untold = false;
    process->exit_code = signal != 0 ? 128 + signal : code & 0xff;
    process->exit_signal = signal;
    for_each_thread(process, thread)
    {
        sched_signal(thread);
        sched_continue(thread);
    }
}

void process_exit(uint32_t code, uint32_t signal)
{
    process_end(current_process(), code, signal);
}
