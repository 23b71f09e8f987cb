/* SPDX-License-Identifier: Apache-2.0 */
/* trace.h - system calls with their times, for lvmm's --timeline (boot/abi.h, LVMM_RECORD_SYSCALLS). */
#ifndef GK_SYS_TRACE_H
#define GK_SYS_TRACE_H

#include <stdbool.h>

struct trap;

extern bool trace_is_on; /* set once at boot */

/* Lets carry_out(trap) have the system call, and notes it. */
void trace_call(const struct trap *trap, void (*carry_out)(const struct trap *trap));

/* Sends what is noted. Call once more at the end. */
void trace_flush(void);

#endif
