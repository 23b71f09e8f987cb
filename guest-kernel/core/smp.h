/* SPDX-License-Identifier: Apache-2.0 */
/* smp.h - the CPUs beside the one that boots: how they come, and how a CPU enters and leaves the kernel, of which there
 * is one at a time in it (core/klock.h). */
#ifndef GK_CORE_SMP_H
#define GK_CORE_SMP_H

#include "core/cpu.h"

struct fdt;

/* Starts the other CPUs of the device tree, one after the other. One that can't be started is named on the log, and so
 * is one that doesn't come, which is the last that is tried; should it come later it is parked. `late`: that happens to
 * the one that would be the kernel's CPU of this number (0: to none). */
void smp_start(const struct fdt *fdt, unsigned late);

/* Called by arch/ on a CPU that arch_cpu_start has started, on a stack of its own, with its per-CPU state in place and
 * interrupts off. */
_Noreturn void smp_enter(void);

/* This CPU has come out of user mode, if that wasn't said before: arch_user_run comes back without the kernel lock, and
 * takes it itself where to know what a trap means it reads the program's memory. Or it is about to go there, with
 * translations that hold. */
void smp_enter_kernel(void);
void smp_leave_kernel(void);
#endif
