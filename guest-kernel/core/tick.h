/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tick.h - how CPU time, which is exact, is split into the program's own (user) and the kernel's for it (system time):
 * by looking each 10 ms, as Linux does without CONFIG_VIRT_CPU_ACCOUNTING.
 *
 * Interrupts are taken in user mode alone, so that a tick that comes while the kernel works is taken at the first
 * instruction of the program afterwards: one that finds a system call's instruction right in front of the program
 * counter counts as system time, any other as user time, and so do page faults.
 *
 * There are ticks while programs have the CPU, and none while it idles. The first program, as long as it is alone and
 * young, has none either: one that ends soon sets no timer. From then on they begin whenever a thread gets the CPU, in
 * long loops of the kernel, and when somebody asks how the time was split. Until they do all time is user time.
 */
#ifndef GK_CORE_TICK_H
#define GK_CORE_TICK_H

#include "core/thread.h"
#include "core/tick_keep.h"

void tick_init(void); /* once, at boot */
/* There are to be ticks from now on, however young and alone a thread is: somebody asks for what comes of them. */
void tick_want(void);

/* Splits total_ns, of which the ticks are a sample, as Linux's cputime_adjust: no part ever goes back from what was
 * told before (`told`, which is brought up to date). */
void tick_split(struct cpu_split *told, const struct cpu_ticks *ticks, uint64_t total_ns);

/* If not NULL, called at each tick of a real-time thread, which has had rt_ns since it last waited. Mustn't wait. */
extern void (*tick_real_time)(struct thread *thread, uint64_t rt_ns);

#endif
