/* SPDX-License-Identifier: Apache-2.0 */
/* pagetable.h - walks an address space's page tables. The ISA says how an entry looks (isa.h), the walk is the same on
 * all. */
#ifndef GK_MM_PAGETABLE_H
#define GK_MM_PAGETABLE_H

#include <stdint.h>

#include "arch/arch.h"
#include "mm/page.h"

/* Which table of leaves is va's. */
static inline uint64_t pagetable_span(uaddr_t va)
{
    return va >> (PAGE_SHIFT + ISA_PT_SHIFT);
}

/* The leaf entry for `va` without a walk, if it was lately looked for near there: a table of leaves stays as long as
 * its space does, so where it was found once it still is. */
static inline bool pagetable_recall(const struct arch_space *space, uaddr_t va, uint64_t **entry)
{
    uint64_t span = pagetable_span(va);
    const struct arch_leaf *leaf = &space->leaf[span % ARCH_SPACE_LEAVES];

    if (__builtin_expect(leaf->span != span + 1, false))
        return false;
    *entry = &leaf->table[isa_pt_index(va, 0)];
    return true;
}

/* The leaf entry for `va`, or NULL where there is no table (create: only when memory is used up). */
uint64_t *pagetable_find(struct arch_space *space, uaddr_t va);
uint64_t *pagetable_create(struct arch_space *space, uaddr_t va);

/* Clears the user's entries in [start, end), drops the pages' references, flushes. Returns how many pages there were.
 */
uint64_t pagetable_unmap(const struct arch_space *space, uaddr_t start, uaddr_t end);

/* Takes away from the entries in [start, end) what `access` doesn't allow; nothing is granted (a fault does that). */
void pagetable_restrict(const struct arch_space *space, uaddr_t start, uaddr_t end, unsigned access);

/* Frees the tables of the user half, which maps nothing any more, and the root. */
void pagetable_destroy(struct arch_space *space);

#endif
