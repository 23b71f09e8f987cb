/* SPDX-License-Identifier: Apache-2.0 */
/* shootdown.c - see shootdown.h. */
#include "core/shootdown.h"

#include "core/kick.h"
#include "mm/mapping.h"

static bool uses(const struct cpu *cpu, const struct arch_space *space)
{
    return cpu->active != NULL && &cpu->active->arch == space;
}

bool shootdown(struct arch_space *space)
{
    struct cpu *self = cpu_this();
    uint64_t *seen = asids_generation(&self->asids);
    bool is_here = uses(self, space), is_up_to_date = is_here && *seen == space->generation;

    space->generation++;
    if (is_up_to_date) /* once the caller has flushed */
        *seen = space->generation;
    kick_in(space);
    return is_here;
}

void shootdown_catch_up(struct cpu *cpu)
{
    uint64_t *seen = asids_generation(&cpu->asids);

    if (cpu->active == NULL || *seen == cpu->active->arch.generation)
        return;
    *seen = cpu->active->arch.generation;
    arch_tlb_flush_all();
}
