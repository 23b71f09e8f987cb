/* SPDX-License-Identifier: Apache-2.0 */
/* ptrace_call.h - the system calls of threads that are watched: by a tracer (core/tracing.h), by filters, or by both.
 */
#ifndef GK_SYS_PTRACE_CALL_H
#define GK_SYS_PTRACE_CALL_H

#include "arch/arch.h"

/* A system call of such a thread: its tracer is told before and after, as far as it wants to know, and may change it.
 * Then filters look at it, and it is carried out. */
void ptrace_dispatch(enum trap_kind kind);

#endif
