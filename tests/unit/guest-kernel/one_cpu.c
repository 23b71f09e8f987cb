/* SPDX-License-Identifier: Apache-2.0 */
/* one_cpu.c - for unit tests without the scheduler: a machine with one CPU, and its boot thread if a test has none. */
#include <stdlib.h>

#include "core/cpu.h"
#include "core/kick.h"
#include "core/shootdown.h"

struct cpu cpu_boot = {
    .current = &cpu_boot.boot_thread,
    .timers.armed_ns = TIMER_NEVER,
    .boot_thread.sched.cpu = &cpu_boot,
};
struct cpu *cpus[ARCH_CPUS_MAX] = {&cpu_boot};
unsigned cpu_count = 1;
bool cpu_is_one_of_many;

__attribute__((weak)) struct thread *arch_current(void)
{
    return &cpu_boot.boot_thread;
}

struct timers *timers_here(void)
{
    return &cpu_boot.timers;
}

void arch_cpu_kick(unsigned number)
{
    (void)number;
    abort();
}

__attribute__((weak)) void kick_cpu(struct cpu *cpu)
{
    (void)cpu;
    abort();
}

__attribute__((weak)) void arch_cpu_relax(void)
{
}

bool shootdown(struct arch_space *space)
{
    (void)space;
    abort();
}
