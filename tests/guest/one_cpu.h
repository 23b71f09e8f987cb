/* SPDX-License-Identifier: Apache-2.0 */
/* one_cpu.h - for the guest tests of who goes first: where the oracle has several CPUs, they take one of them. */
#ifndef TESTS_GUEST_ONE_CPU_H
#define TESTS_GUEST_ONE_CPU_H

#include <sched.h>

/* The first one that the thread may use. Needs _GNU_SOURCE. */
static inline void one_cpu(void)
{
    cpu_set_t all, one;
    int cpu = 0;

    sched_getaffinity(0, sizeof(all), &all);
    while (!CPU_ISSET(cpu, &all))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof(one), &one);
}

#endif
