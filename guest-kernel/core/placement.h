/* SPDX-License-Identifier: Apache-2.0 */
/* placement.h - which CPU a thread goes to, where there are several. */
#ifndef GK_CORE_PLACEMENT_H
#define GK_CORE_PLACEMENT_H

#include "core/cpu.h"

static inline bool placement_allows(const struct thread *thread, const struct cpu *cpu)
{
    return thread->sched.allowed >> cpu->number & 1;
}

/* The CPU for a thread that is in no queue and becomes ready. */
struct cpu *placement_choose(const struct thread *thread);
/* A thread that is in no queue gets another CPU, and with it the time that is counted there. */
void placement_move(struct thread *thread, struct cpu *cpu);
/* Takes out of another CPU's queue whom `cpu` should run rather than `first` (NULL: nobody), who is next in its own.
 * NULL: nobody. */
struct thread *placement_steal(struct cpu *cpu, const struct thread *first);
/* Whether a thread went over from a CPU that has more to do. Called at ticks. */
bool placement_balance(struct cpu *cpu);
/* Puts somebody out of this CPU's queue into that of one that has nothing to do, which is to be kicked. NULL: there is
 * nobody, or no such CPU. */
struct cpu *placement_push(const struct cpu *cpu);
/* Whether the thread, which has `cpu` and makes way, is to go on elsewhere: it may not run here, or it is a real-time
 * one that is pushed out, and would have another CPU at once. stays_first: it comes before others of its priority. */
bool placement_is_to_go(const struct cpu *cpu, const struct thread *thread, bool stays_first);

#endif
