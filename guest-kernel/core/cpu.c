/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.c - the CPUs that there are. */
#include "core/cpu.h"

struct cpu cpu_boot, *cpus[ARCH_CPUS_MAX] = {&cpu_boot};
unsigned cpu_count = 1;
bool cpu_is_one_of_many;

struct timers *timers_here(void)
{
    return &cpu_this()->timers;
}

unsigned cpu_ready_count(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < cpu_count; i++)
        count += cpus[i]->queue.ready + !cpus[i]->is_idle;
    return count;
}
