/* SPDX-License-Identifier: Apache-2.0 */
/* ptrace.h - the system calls of threads that are watched: by a tracer (core/sigtrace.h), by filters, or by both. */
#ifndef GK_SYS_PTRACE_H
#define GK_SYS_PTRACE_H

#include "arch/arch.h"

struct thread;

/* A system call of such a thread: its tracer is told before and after, as far as it wants to know, and may change it.
 * Then filters look at it, and it is carried out. */
void ptrace_dispatch(enum trap_kind kind);

/* The thread, which is current, ends: those that it traces go on without it, or are killed (PTRACE_O_EXITKILL). It may
 * wait. */
void ptrace_tracer_ends(struct thread *thread);

#endif
