/* SPDX-License-Identifier: Apache-2.0 */
/* kick.c - see kick.h. */
#include "core/kick.h"

#include "mm/mapping.h"

void kick_cpu(struct cpu *cpu)
{
    if (cpu->kicked || __atomic_load_n(&cpu->place, __ATOMIC_ACQUIRE) == CPU_IN_KERNEL)
        return;
    cpu->kicked = true;
    arch_cpu_kick(cpu->number);
}

void kick_thread(struct thread *thread)
{
    struct cpu *cpu = thread->sched.cpu;

    thread->attention = true;
    if (cpu_is_one_of_many && cpu != NULL && cpu != cpu_this() && cpu->current == thread)
        kick_cpu(cpu);
}

static bool is_out(const struct cpu *cpu, const struct arch_space *space)
{
    return (space == NULL || (cpu->active != NULL && &cpu->active->arch == space)) &&
           __atomic_load_n(&cpu->place, __ATOMIC_ACQUIRE) == CPU_IN_USER;
}

/* All are kicked before the first one is waited for. */
void kick_in(const struct arch_space *space)
{
    const struct cpu *self = cpu_this();

    for (unsigned i = 0; i < cpu_count; i++)
        if (cpus[i] != self && is_out(cpus[i], space))
            kick_cpu(cpus[i]);
    for (unsigned i = 0; i < cpu_count; i++)
        while (cpus[i] != self && is_out(cpus[i], space))
            arch_cpu_relax();
}

void kick_sync_code(void)
{
    for (unsigned i = 0; i < cpu_count; i++)
        cpus[i]->code_is_stale = true;
}
