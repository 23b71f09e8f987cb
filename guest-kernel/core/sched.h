/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched.h - which thread has the CPU (sched(7)): real-time ones by priority, the others by how much CPU time they have
 * had, weighed by their niceness. Threads give it up by waiting, or on the way to user mode (sched_is_due).
 */
#ifndef GK_CORE_SCHED_H
#define GK_CORE_SCHED_H

#include "core/thread.h"

/* Linux's (uapi/linux/sched.h). */
enum { SCHED_OTHER = 0, SCHED_FIFO = 1, SCHED_RR = 2, SCHED_BATCH = 3, SCHED_IDLE = 5, SCHED_DEADLINE = 6 };

/* Makes what runs the boot's thread, which belongs to `process` and is what runs when nothing else can. A thread that
 * has ended and is off its stack goes to thread_free. */
void sched_init(struct process *process, void (*thread_free)(struct thread *thread));
struct thread *sched_boot_thread(void);

/* A thread that has not run yet begins with entry(), which doesn't return, on its own stack, once it gets the CPU. */
void sched_start(struct thread *thread, void (*entry)(void));
/* There is going to be a second program's thread: the current one's registers need a place. 0 or -ENOMEM. */
int sched_share_registers(void);

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
/* Whether another thread is to have the CPU now; then the current thread's `attention` is set. */
extern bool sched_is_due;
void sched_give_way(void);

/* Called when a thread is about to have the CPU, if it isn't NULL; it mustn't wait. */
extern void (*sched_runs)(struct thread *thread);
/* Called once before the CPU idles for the first time from then on; it mustn't wait. */
extern void (*sched_before_idle)(void);

/* The current thread ends: it gives the CPU up for good, and is freed (sched_init). */
_Noreturn void sched_end(void);

/* A new thread is scheduled as the one that made it, unless that has asked for SCHED_RESET_ON_FORK. */
#define SCHED_RESET_ON_FORK 0x40000000
void sched_inherit(struct thread *thread, const struct thread *from);

/* The policy, priority and niceness of a thread. */
void sched_set_policy(struct thread *thread, int policy, int rt_priority, int nice);
/* The CPU time that a thread has had, in ns: exact, also for the one that runs. */
uint64_t sched_cpu_ns(const struct thread *thread);
/* Nobody has the CPU: the current thread waits for an interrupt, which isn't its time. */
bool sched_is_idle(void);
bool sched_is_real_time(const struct thread *thread);
/* Since boot: how long the CPU had nothing to do, and how often it went from one thread to another. */
extern uint64_t sched_idle_ns, sched_switches;
unsigned sched_ready_count(void); /* threads that want the CPU, or have it */
/* A round-robin thread's time slice, and an ordinary one's when there are others. */
uint64_t sched_slice_ns(const struct thread *thread);

/* The current process has another space, or none (NULL). */
void sched_use_space(struct space *space);

#endif
