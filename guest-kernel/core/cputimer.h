/* SPDX-License-Identifier: Apache-2.0 */
/* cputimer.h - something is called when a thread or a process has had a certain CPU time. */
#ifndef GK_CORE_CPUTIMER_H
#define GK_CORE_CPUTIMER_H

#include "core/thread.h"

/* The CPU time of all its threads, those that have ended too. Exact. */
uint64_t process_cpu_ns(const struct process *process);

/* Sets the timer, or sets it to another time, of the thread's CPU time (sched_cpu_ns) or, with `thread` NULL, of the
 * process's, which has not ended. When it ends its timers are not set any more. */
void cputimer_set(struct cpu_timer *timer, struct process *process, struct thread *thread, uint64_t deadline_ns);
void cputimer_cancel(struct cpu_timer *timer);
static inline bool cputimer_is_set(const struct cpu_timer *timer)
{
    return timer->link != NULL;
}

/* The same for the process's user time, as ticks show it (core/tick.h). */
void cputimer_set_user(struct cpu_timer *timer, struct process *process, uint64_t deadline_ns);
uint64_t process_user_ns(const struct process *process);
/* For core/tick.c; the second one where other CPUs may run the process, too. */
void cputimer_user_ticked(struct process *process);
void cputimer_ticked(const struct thread *thread);

/* The thread ends, or the process does. */
void cputimer_thread_ends(struct thread *thread);
void cputimer_process_ends(struct process *process);

#endif
