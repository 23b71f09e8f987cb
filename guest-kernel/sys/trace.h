/* SPDX-License-Identifier: Apache-2.0 */
/* trace.h - system calls with their times, for lvmm's --timeline (boot/abi.h, LVMM_RECORD_SYSCALLS). */
#ifndef GK_SYS_TRACE_H
#define GK_SYS_TRACE_H

#include <stdbool.h>

#include "arch/arch.h"

extern bool trace_is_on; /* set once at boot */

/* Lets carry_out(kind) have the system call, and notes it. */
void trace_call(enum trap_kind kind, void (*carry_out)(enum trap_kind kind));

/* Sends what is noted. Call once more at the end. */
void trace_flush(void);

#endif
