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

/*
 * The leaf entry for `va` without a walk, if it was lately looked for near there.
 *
 * What must stay true: a table that is in space->leaf is in the space's page tables. Tables are freed by pagetable_trim
 * and pagetable_destroy alone, which take them out of there.
 */
static inline bool pagetable_recall(const struct arch_space *space, uaddr_t va, uint64_t **entry)
{
    uint64_t span = pagetable_span(va);
    const struct arch_leaf *leaf = &space->leaf[span % ARCH_SPACE_LEAVES];

    if (__builtin_expect(leaf->span != span + 1, false) != 0)
        return false;
    *entry = &leaf->table[isa_pt_index(va, 0)];
    return true;
}

/* As pagetable_find, but remembers nothing: for who shares the kernel lock. */
uint64_t *pagetable_look(const struct arch_space *space, uaddr_t va);

/* The leaf entry for `va`, or NULL where there is no table (create: only when memory is used up). */
uint64_t *pagetable_find(struct arch_space *space, uaddr_t va);
uint64_t *pagetable_create(struct arch_space *space, uaddr_t va);

/* The first entry at or after `i` and before `last` that isn't zero: in a table of pages, one that is present. A
 * process uses little of what it maps: most are zero. */
static inline unsigned pagetable_used(const uint64_t *table, unsigned i, unsigned last)
{
    const uint64_t *at = table + i, *end = table + last;

    while (at < end && *at == 0) {
        if (end - at >= 8 && (at[1] | at[2] | at[3] | at[4] | at[5] | at[6] | at[7]) == 0)
            at += 8;
        else
            at++;
    }
    return (unsigned)(at - table);
}

/* Calls `visit` for each table of pages that there is for [start, end), in order, with the part of its entries, from
 * `first` to before `last`; the table's first entry is that of `base`. Tables must stay meanwhile; entries may change.
 */
typedef void pagetable_visit(void *arg, uint64_t *table, unsigned first, unsigned last, uaddr_t base);
void pagetable_walk(struct arch_space *space, uaddr_t start, uaddr_t end, pagetable_visit *visit, void *arg);
/* The same, and others may have a turn after each table (mm/turns.h). */
void pagetable_walk_in_turns(struct arch_space *space, uaddr_t start, uaddr_t end, pagetable_visit *visit, void *arg);

/* Clears the user's entries in [start, end), drops the pages' references, flushes. Returns how many pages there were.
 * In turns (mm/turns.h), as are the next ones, but for the one at once. */
uint64_t pagetable_unmap(struct arch_space *space, uaddr_t start, uaddr_t end);
uint64_t pagetable_unmap_at_once(struct arch_space *space, uaddr_t start, uaddr_t end);
/* The same of a space that no CPU will have active again: what TLBs have of it is never used. */
uint64_t pagetable_unmap_ended(struct arch_space *space, uaddr_t start, uaddr_t end);

/* Moves what is mapped in [from, from + length) to `to`, where nothing is, in two steps of which only the first can
 * fail: it makes the tables. They stay, empty, if nothing is moved then. The ranges don't overlap. 0 or -ENOMEM. */
int pagetable_move_prepare(struct arch_space *space, uaddr_t from, uaddr_t to, uint64_t length);
void pagetable_move(struct arch_space *space, uaddr_t from, uaddr_t to, uint64_t length);

/* Takes away from the entries in [start, end) what `access` doesn't allow; nothing is granted (a fault does that). */
void pagetable_restrict(struct arch_space *space, uaddr_t start, uaddr_t end, unsigned access);

/* Frees the tables that stand for a part of [start, end) and for nothing outside of [floor, ceiling), where nothing is
 * mapped and which has [start, end) in it. */
void pagetable_trim(struct arch_space *space, uaddr_t start, uaddr_t end, uaddr_t floor, uaddr_t ceiling);

/* Frees the tables of the user half, which maps nothing any more, and the root. */
void pagetable_destroy(struct arch_space *space);

#endif
