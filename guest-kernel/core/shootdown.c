/* SPDX-License-Identifier: Apache-2.0 */
/* shootdown.c - see shootdown.h. */
#include "core/shootdown.h"

#include "core/smp.h"
#include "mm/mapping.h"

static bool uses(const struct cpu *cpu, const struct arch_space *space)
{
    return cpu->active != NULL && &cpu->active->arch == space;
}

static bool is_in_user(const struct cpu *cpu)
{
    return __atomic_load_n(&cpu->place, __ATOMIC_ACQUIRE) == CPU_IN_USER;
}

/* All are kicked before the first one is waited for. */
static void others_leave(const struct cpu *self, const struct arch_space *space)
{
    for (unsigned i = 0; i < cpu_count; i++)
        if (cpus[i] != self && uses(cpus[i], space) && is_in_user(cpus[i]))
            smp_kick(cpus[i]);
    for (unsigned i = 0; i < cpu_count; i++)
        while (cpus[i] != self && uses(cpus[i], space) && is_in_user(cpus[i]))
            arch_cpu_relax();
}

void shootdown(struct arch_space *space)
{
    struct cpu *self = cpu_this();
    bool is_up_to_date = uses(self, space) && self->translations == space->generation;

    space->generation++;
    if (is_up_to_date) /* once the caller has flushed */
        self->translations = space->generation;
    others_leave(self, space);
}

void shootdown_catch_up(struct cpu *cpu)
{
    if (cpu->active == NULL || cpu->translations == cpu->active->arch.generation)
        return;
    cpu->translations = cpu->active->arch.generation;
    arch_tlb_flush_all();
}
