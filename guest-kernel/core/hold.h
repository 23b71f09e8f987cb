/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hold.h - for how long CPUs have the kernel lock at a time, which is how long others and interrupts may have to wait:
 * kernels with GK_CHECKS measure it where there are several CPUs, and tell the longest with --verbose.
 */
#ifndef GK_CORE_HOLD_H
#define GK_CORE_HOLD_H

#include "core/cpu.h"

#ifdef GK_CHECKS
/* This CPU has taken the lock: out of user mode, or (goes_on) to go on with what it had begun. */
void hold_begin(const struct cpu *cpu, bool goes_on);
/* It is about to give it up. */
void hold_end(const struct cpu *cpu);
/* On the log: the longest so far. */
void hold_tell(void);
#else
static inline void hold_begin(const struct cpu *cpu, bool goes_on)
{
    (void)cpu, (void)goes_on;
}
static inline void hold_end(const struct cpu *cpu)
{
    (void)cpu;
}
static inline void hold_tell(void)
{
}
#endif

#endif
