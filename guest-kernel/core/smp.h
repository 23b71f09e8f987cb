/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smp.h - the CPUs beside the one that boots. They are started and have per-CPU state of their own; the scheduler gives
 * threads to the first CPU alone so far, so that they have nothing to do and are parked.
 */
#ifndef GK_CORE_SMP_H
#define GK_CORE_SMP_H

struct fdt;

/* Starts the other CPUs of the device tree, one after the other. One that doesn't come is named on the log. */
void smp_start(const struct fdt *fdt);
/* How many run, this one included. */
unsigned smp_cpus(void);

/* Called by arch/ on a CPU that arch_cpu_start has started, on a stack of its own, with its per-CPU state in place and
 * interrupts off. */
_Noreturn void smp_enter(void);

#endif
