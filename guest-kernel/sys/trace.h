/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace.h - tells lvmm of system calls, as far as it wants to know (boot/abi.h, LVMM_RECORD_SYSCALLS).
 *
 * lvmm may change its mind at any time. The record that says so comes with an interrupt where the program sleeps or has
 * slept, else the next call finds it (console_bell_rings): a program that computes has nothing to be told of.
 */
#ifndef GK_SYS_TRACE_H
#define GK_SYS_TRACE_H

#include <stdint.h>

#include "arch/arch.h"

/* What is wanted at first (enum lvmm_trace_wanted). Call before drv_init. */
void trace_init(uint32_t at_first);
/* The program is about to run. */
void trace_start(void);

/* Lets carry_out(kind) have the system call, and tells of it if that is wanted: for when console_bell_rings. */
void trace_call(enum trap_kind kind, void (*carry_out)(enum trap_kind kind));
/* The current call is none that the kernel has: told of once for each number, whatever is wanted. */
void trace_unknown(void);
/* The current thread ends, of itself or with its process: told if that is wanted. It may wait. */
void trace_thread_end(void);
/* Sends what is noted. Call once more at the end. */
void trace_flush(void);

#endif
