/* SPDX-License-Identifier: Apache-2.0 */
/* timer.h - something is called at a time of the monotonic clock, on the CPU that asked for it. All timers of a CPU
 * share its one (arch_timer_set). */
#ifndef GK_CORE_TIMER_H
#define GK_CORE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/tree.h"

struct timers;

struct timer { /* all zero: not set */
    struct tree_node node;
    struct timers *of; /* the CPU's that it is set on */
    uint64_t deadline_ns;
    void (*expired)(struct timer *timer); /* it isn't set any more, and may be set again. Must not wait */
    bool is_set;
};

/* A CPU's, by deadline. */
struct timers {
    struct tree tree;
    struct timer *first; /* the next one that is due */
    uint64_t armed_ns;   /* what the CPU's timer is set to; TIMER_NEVER at first */
};

/* The same for CPU time: core/cputimer.h. All zero: not set. */
struct cpu_timer {
    struct cpu_timer *next, **link;
    uint64_t deadline_ns;
    void (*expired)(struct cpu_timer *timer); /* as above */
};

#define TIMER_NEVER UINT64_MAX

struct timers *timers_here(void); /* this CPU's (core/cpu.c) */

/* Sets the timer, or sets it to another time; TIMER_NEVER: cancels it. Costs O(log n), allocates nothing. */
void timer_set(struct timer *timer, uint64_t deadline_ns);
void timer_cancel(struct timer *timer);

/* Calls those that are due. After each interrupt. fired: that of the CPU's timer, which is not set any more, and may
 * have come too early where it can't wait that long. Whether the time that it was set to has come. */
bool timers_run(bool fired);

#endif
