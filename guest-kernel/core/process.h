/* SPDX-License-Identifier: Apache-2.0 */
/* process.h - runs a process: its program to the next trap, what that asks for, and again, until it ends. */
#ifndef GK_CORE_PROCESS_H
#define GK_CORE_PROCESS_H

#include "core/end.h"
#include "core/thread.h"
#include "mm/space.h"

/* Runs the current thread until it, or its process, is to end. The kernel's main loop; system calls go to `on_syscall`,
 * where there are several CPUs first, without the kernel lock, to `unlocked`: false, if it wants that. Those of a
 * thread with filters (core/filter.h) or a tracer (core/tracing.h) go to `watched`. */
void process_run(void (*on_syscall)(enum trap_kind kind), bool (*unlocked)(void), void (*watched)(enum trap_kind kind));

/* What tells of the end of a traced call that was found waiting (thread->traced_late), set at boot. */
extern void (*process_trace_late)(struct thread *thread);

#endif
