/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu.h - what each CPU has of its own. All of it is read and written with the kernel lock (core/klock.h), which one
 * CPU has at a time, but for `place`, `shares` and `interrupts`.
 */
#ifndef GK_CORE_CPU_H
#define GK_CORE_CPU_H

#include "core/asid.h"
#include "core/runq.h"
#include "core/thread.h"
#include "core/timer.h"

/* Where a CPU is. Only with the kernel lock does it go from the first to another one, so that who has the lock knows
 * that it isn't in user mode, or that it has yet to leave it; on the way back it doesn't. */
enum cpu_place {
    CPU_IN_KERNEL, /* it has the kernel lock, or waits for it */
    CPU_IN_USER,
    CPU_HALTED, /* until an interrupt comes */
};

/* What a CPU had to do with the kernel lock since boot: /proc/kernel_lock. It counts the last two without the lock. */
struct klock_counts {
    uint64_t waits, wait_ns; /* how often somebody had it; how long it took until it was this CPU's */
    uint64_t halts;          /* of those waits: how often it gave up spinning */
    uint64_t shares;         /* calls that shared it; */
    uint64_t unshared;       /* and that would have, but another CPU had it, or not all was at hand */
};

struct cpu {
    unsigned number;
    enum cpu_place place;
    bool shares;            /* the kernel lock, with others; its place is that of user mode */
    bool kicked;            /* since it last had the kernel lock */
    bool code_is_stale;     /* it may have fetched code ahead that has changed since */
    bool is_idle;           /* nobody has it, whoever's stack this is */
    bool is_due;            /* another thread is to have it now; then current->attention is set */
    struct thread *current; /* what arch_current says there */
    struct thread *loaded;  /* whose registers it holds beside the frame, if that ran here last; NULL: nobody's */
    struct space *active;   /* whose user half it translates with, or NULL */
    struct thread *leaver;  /* has ended, or mustn't run here any more, and is still on its stack */
    struct run_queue queue;
    struct timer slice;
    uint64_t slice_end_ns; /* of the current thread; the timer may be set to an earlier time, and looks again */
    struct timer tick;     /* core/tick.c */
    struct timer cpu_time; /* core/cputimer.c */
    bool
        cpu_time_is_new; /* another CPU has given it an earlier deadline: it sets the timer when it leaves the kernel */
    struct timers timers;
    uint64_t interrupts;    /* inputs that have fired while it waited for the kernel lock, and aren't dispatched; */
    bool interrupt_of_none; /* and the timer's, or nobody's */
    uint64_t idle_ns;       /* since boot: how long it had nothing to do */
    uint64_t switches;      /* and how often it went from one thread to another */
    struct klock_counts locking;
    struct cpu_ticks ticks;    /* of programs on it */
    struct cpu_split told;     /* its time as it was told last: core/system.c */
    struct asids asids;        /* by which its TLB knows active and other spaces */
    struct thread boot_thread; /* runs when nothing else can */
};

/* The CPUs that run, in the order of their numbers. cpu_count is 1 while the kernel boots, and then doesn't change. */
extern struct cpu cpu_boot, *cpus[ARCH_CPUS_MAX]; /* cpu_boot: the first one */
extern unsigned cpu_count;
/* There are others beside the first, or are going to be. */
extern bool cpu_is_one_of_many;

static inline struct cpu *cpu_this(void)
{
    return arch_current()->sched.cpu;
}

unsigned cpu_ready_count(void); /* threads that want a CPU, or have one */

#endif
