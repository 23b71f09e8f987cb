/* SPDX-License-Identifier: Apache-2.0 */
/* tlb.h - an entry of a space's page tables has changed: no CPU translates by what it was any more. A CPU that has the
 * space active forgets at once; one that hasn't does so when it comes back to it (core/asid.h). */
#ifndef GK_MM_TLB_H
#define GK_MM_TLB_H

#include "arch/arch.h"
#include "core/shootdown.h"
#include "mm/mapping.h"

_Static_assert(offsetof(struct space, arch) == 0, "an address is that of both");

/* Where there is one CPU: whether that has the space active. If not, it comes to know that the space has changed. */
static inline bool tlb_change_here(struct arch_space *space)
{
    bool is_here = (const void *)cpu_boot.active == (const void *)space;

    if (!is_here)
        space->generation++;
    return is_here;
}

/* True: what this CPU has in its TLB is left to be forgotten. */
static inline bool tlb_change(struct arch_space *space)
{
    return __builtin_expect(cpu_is_one_of_many, false) != 0 ? shootdown(space) : tlb_change_here(space);
}

/* The user page that `va` lies in. It needn't be the active space's. */
static inline void tlb_forget_page(struct arch_space *space, uaddr_t va)
{
    if (tlb_change(space))
        arch_tlb_flush_page(va);
}

/* The whole user half, and what is known of tables that are about to be freed. */
static inline void tlb_forget_all(struct arch_space *space)
{
    if (tlb_change(space))
        arch_tlb_flush_all();
}

#endif
