/* SPDX-License-Identifier: Apache-2.0 */
/* cpuclock.h - clocks of the CPU time that a process or a thread has had (clock_getcpuclockid(3)). */
#ifndef GK_SYS_CPUCLOCK_H
#define GK_SYS_CPUCLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID and the numbers that stand for those of others. */
bool clock_is_of_cpu(int clock);
/* 0; -EINVAL: it is of nobody that there is. */
int cpu_clock_read(int clock, uint64_t *ns);
/* Sleeps until the clock shows end_ns, or its process has ended: 0 or -ERESTARTSYS. */
int cpu_clock_sleep(int clock, uint64_t end_ns);
/* Whether it is the calling thread's own, which stands while the thread sleeps. */
bool cpu_clock_is_mine(int clock);

#endif
