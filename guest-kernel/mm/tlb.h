/* SPDX-License-Identifier: Apache-2.0 */
/* tlb.h - an entry of a space's page tables has changed: no CPU translates by what it was any more. */
#ifndef GK_MM_TLB_H
#define GK_MM_TLB_H

#include "arch/arch.h"
#include "core/shootdown.h"

/* The user page that `va` lies in. It needn't be the active space's. */
static inline void tlb_forget_page(struct arch_space *space, uaddr_t va)
{
    if (__builtin_expect(cpu_is_one_of_many, false) != 0)
        shootdown(space);
    arch_tlb_flush_page(va);
}

/* The whole user half, and what is known of tables that are about to be freed. */
static inline void tlb_forget_all(struct arch_space *space)
{
    if (__builtin_expect(cpu_is_one_of_many, false) != 0)
        shootdown(space);
    arch_tlb_flush_all();
}

#endif
