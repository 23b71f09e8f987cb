/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asid.h - which ASID (PCID) stands for which address space in a CPU's TLB, so that to switch between spaces that it
 * knows forgets nothing. Each CPU hands its own ones out; which space has had one longest makes way for a new one.
 *
 * What a CPU has under a space's ASID is what was true at the space's generation (core/shootdown.h) that is kept beside
 * it. If the space is at another one when the CPU comes back to it, it forgets all of that ASID. Spaces are known by
 * numbers that are never used again: one that has ended leaves nothing to another one.
 */
#ifndef GK_CORE_ASID_H
#define GK_CORE_ASID_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/arch.h"

#ifdef GK_CHECKS
#define ASIDS_MAX 4u /* that tests have more processes */
#else
#define ASIDS_MAX 32u
#endif

struct asid {
    uint64_t space; /* its id; 0: nobody's yet */
    uint64_t generation;
};

/* Of one CPU. ASID 0 is no space's; where there are no others it stands for the active one. */
struct asids {
    unsigned current; /* the active space's, or the last one's */
    unsigned newest;  /* was handed out last */
    struct asid asid[ASIDS_MAX + 1];
};

/* Up to which generation of the active space the CPU has forgotten what was true before. */
static inline uint64_t *asids_generation(struct asids *asids)
{
    return &asids->asid[asids->current].generation;
}

/* An ASID for a space that has none on CPU `cpu`, whose `asids` are: it is taken from another space, not the current
 * one. */
unsigned asid_take(struct asids *asids, struct arch_space *space, unsigned cpu);

/* CPU `cpu`, this one, goes over to `space`, which isn't the one that is active: its ASID there. *forget: what the CPU
 * has under that ASID is not to be used. Where arch_asids is 0 this is not called. */
static inline unsigned asid_use(struct asids *asids, struct arch_space *space, unsigned cpu, bool *forget)
{
    unsigned number = space->asid[cpu];
    struct asid *asid = &asids->asid[number];

    *forget = true;
    if (__builtin_expect(asid->space != space->id, false) != 0)
        number = asid_take(asids, space, cpu);
    else if (asid->generation != space->generation)
        asid->generation = space->generation;
    else
        *forget = false;
    asids->current = number;
    return number;
}

#endif
