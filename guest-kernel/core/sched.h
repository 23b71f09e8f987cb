/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched.h - which thread has the CPU (sched(7)): real-time ones by priority, the others by how much CPU time they have
 * had, weighed by their niceness. Threads give it up by waiting, or on the way to user mode (sched_is_due).
 */
#ifndef GK_CORE_SCHED_H
#define GK_CORE_SCHED_H

#include "core/cpu.h"
#include "core/runq.h"
#include "core/thread.h"

/* Makes what runs the boot's thread, which belongs to `process` and is what runs when nothing else can. A thread that
 * has ended and is off its stack goes to thread_free. */
void sched_init(struct process *process, void (*thread_free)(struct thread *thread));
static inline struct thread *sched_boot_thread(void)
{
    return &cpu_boot.boot_thread;
}

/* ---- several CPUs: core/smp.c ---- */

/* A CPU, all zero but its number, that is about to come, with a boot thread of its own. */
void sched_cpu_init(struct cpu *cpu);
/* The boot thread of a CPU that has come: it runs what there is, from now on. */
_Noreturn void sched_idle(void);
/* At ticks: this CPU takes a thread from one that has more to do. */
void sched_balance(void);
/* The CPU is about to go to user mode. */
void sched_leaves(struct cpu *cpu);
/* The CPUs that may run the thread, a bit each, of which one at least is there. It moves if it has to. */
void sched_set_allowed(struct thread *thread, uint32_t allowed);

/* A thread that has not run yet begins with entry(), which doesn't return, on its own stack, once it gets the CPU. */
void sched_start(struct thread *thread, void (*entry)(void));

/* The current thread waits until sched_wake, the deadline or, as `how` has it (WAIT_*), a signal. As wait_on, for who
 * has arranged to be woken; it may be woken for nothing, too. */
int sched_sleep(uint64_t deadline_ns, unsigned how);
/* False: it doesn't wait. */
bool sched_wake(struct thread *thread);
/* A signal has come, or the end: as sched_wake, but for waits that signals don't interrupt. */
void sched_signal(struct thread *thread);
/* The current thread is stopped (SIGSTOP) until sched_continue. */
void sched_stop(void);
void sched_continue(struct thread *thread);

/* The current thread lets others go first (sched_yield(2)). */
void sched_yield(void);
/* Another thread is to have the CPU now (cpu->is_due), if there is one. */
void sched_give_way(void);

/* Called when a thread is about to have the CPU, if it isn't NULL; it mustn't wait. */
extern void (*sched_runs)(struct thread *thread);
/* Called once before the CPU idles for the first time from then on; it mustn't wait. */
extern void (*sched_before_idle)(void);

/* The current thread ends: it gives the CPU up for good, and is freed (sched_init). */
_Noreturn void sched_end(void);

/* A new thread is scheduled as the one that made it (SCHED_RESET_ON_FORK), on the same CPUs. */
void sched_inherit(struct thread *thread, const struct thread *from);

/* The policy, priority and niceness of a thread: its own. */
void sched_set_policy(struct thread *thread, int policy, int rt_priority, int nice);
/* The lender waits for what `thread` has: it is scheduled by the lender's priority (real-time, or niceness) as long as
 * that is better than its own. NULL: nobody does. Whether it is scheduled by another one than before. */
bool sched_lend(struct thread *thread, const struct thread *lender);
/* The CPU time that a thread has had, in ns: exact, also for the one that runs. */
uint64_t sched_cpu_ns(const struct thread *thread);
/* Since when the current thread has its CPU, by arch_clock_ns: for whom a time of some minutes ago will do, as this one
 * is there already. */
static inline uint64_t sched_since_ns(void)
{
    return current_thread()->sched.since_ns;
}
/* How long the CPU had nothing to do since boot, up to now. */
uint64_t sched_idle_ns(const struct cpu *cpu);
/* A round-robin thread's time slice, and an ordinary one's when there are others. */
uint64_t sched_slice_ns(const struct thread *thread);

#endif
