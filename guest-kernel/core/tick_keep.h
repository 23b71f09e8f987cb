/* SPDX-License-Identifier: Apache-2.0 */
/* tick_keep.h - what the scheduler knows of ticks: that there are to be some while a thread has the CPU (tick.h). */
#ifndef GK_CORE_TICK_KEEP_H
#define GK_CORE_TICK_KEEP_H

#include "core/cpu.h"
#include "core/thread.h"

#define TICK_NS 10000000ull

/* What begins them (cpu->tick is set while there are some), for a thread that has the CPU, or is about to, unless it is
 * alone and young. NULL until tick_init. It is core/sched.c's. */
extern void (*tick_begin)(const struct thread *thread);

static inline void tick_keep(const struct thread *thread)
{
    if (!cpu_this()->tick.is_set && tick_begin != NULL)
        tick_begin(thread);
}

#endif
