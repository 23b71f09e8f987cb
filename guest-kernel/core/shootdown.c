/* SPDX-License-Identifier: Apache-2.0 */
/* shootdown.c - see shootdown.h. */
#include "core/shootdown.h"

#include "core/kick.h"
#include "mm/mapping.h"

static bool uses(const struct cpu *cpu, const struct arch_space *space)
{
    return cpu->active != NULL && &cpu->active->arch == space;
}

void shootdown(struct arch_space *space)
{
    struct cpu *self = cpu_this();
    bool is_up_to_date = uses(self, space) && self->translations == space->generation;

    space->generation++;
    if (is_up_to_date) /* once the caller has flushed */
        self->translations = space->generation;
    kick_in(space);
}

void shootdown_catch_up(struct cpu *cpu)
{
    if (cpu->active == NULL || cpu->translations == cpu->active->arch.generation)
        return;
    cpu->translations = cpu->active->arch.generation;
    arch_tlb_flush_all();
}
