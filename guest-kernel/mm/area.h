/* SPDX-License-Identifier: Apache-2.0 */
/* area.h - the set of a space's areas, for mm/ alone: finding, cutting and joining them, and room between them. */
#ifndef GK_MM_AREA_H
#define GK_MM_AREA_H

#include "mm/mapping.h"

#define SPACE_LOWEST 0x10000ul /* nothing below is ever mapped: a null pointer faults (vm.mmap_min_addr) */

/* Whole pages of what the space's program may have, at least one. */
static inline bool range_is_valid(const struct space *space, uaddr_t addr, uint64_t length)
{
    return !(addr & PAGE_MASK) && length != 0 && addr <= space->top && length <= space->top - addr;
}

/* Whether anything is mapped in [start, end). */
bool areas_overlap(const struct space *space, uaddr_t start, uaddr_t end);

/* 0; -EPERM: of what is mapped in [start, end) something is sealed. For who has called space_begin: may give way, with
 * the space claimed (mm/turns.h). */
int areas_check_seals(struct space *space, uaddr_t start, uaddr_t end);

/* The highest place of `length` bytes between `low` and `high` where nothing is mapped; 0: none. */
uaddr_t gap_find(const struct space *space, uint64_t length, uaddr_t low, uaddr_t high);

/*
 * Areas that a change is going to need, got before anything is changed, so that it can't fail half-way:
 *   count what it needs (areas_cuts ...), spares_get, change, spares_put.
 */
struct spares {
    struct area *area[6];
    unsigned count;
};

/* 0, or -ENOMEM: then there are none. Also if it makes `more` areas, and they would be more than space_areas_max. */
int spares_get(struct spares *spares, const struct space *space, unsigned count, unsigned more);
void spares_put(struct spares *spares); /* gives back those that are left */

/* How many areas areas_cut takes from the spares to make `start` and `end` borders. */
unsigned areas_cuts(const struct space *space, uaddr_t start, uaddr_t end);
/* How many more there are once what lies in [start, end) is gone: one, if it is the middle of an area. (Some may go.)
 */
unsigned areas_hole(const struct space *space, uaddr_t start, uaddr_t end);
void areas_cut(struct space *space, uaddr_t start, uaddr_t end, struct spares *spares);

/* One of them, all zero: for the caller to fill and insert. */
static inline struct area *spare_take(struct spares *spares)
{
    return spares->area[--spares->count];
}
/* Puts an area in, where nothing is mapped; it takes a reference to its object. */
void area_insert(struct space *space, struct area *area);
/* Unmaps the areas that lie in [start, end), whose ends are borders, with their pages. */
void areas_remove(struct space *space, uaddr_t start, uaddr_t end);
/* Frees the page tables in which there was nothing but what lay in [start, end), where nothing is mapped any more. */
void areas_trim_tables(struct space *space, uaddr_t start, uaddr_t end);
/* Unmaps all areas, of a space that nobody uses any more. */
void areas_destroy(struct space *space);
bool area_is_data(const struct area *area); /* it is private, and can be written */
void area_set_prot(struct area *area, unsigned prot);
void area_set_locked(struct area *area, unsigned locked); /* AREA_LOCKED* */
#define STACK_GUARD \
    (256ul << PAGE_SHIFT) /* between what grows and what can be touched below it: Linux's stack_guard_gap */
/* The area that ends above `addr` grows down to it, if it's one that does, there is room, and the limit allows it.
 * NULL: it doesn't. */
struct area *area_grow(struct space *space, uaddr_t addr);
/* The area ends there now. What was mapped beyond is the caller's to unmap. */
void area_set_end(struct area *area, uaddr_t end);
/* Joins the area with its neighbours where they are alike; it may be gone then. */
void area_merge(struct area *area);
/* Joins neighbours that became alike around [start, end), so that a program that grows bit by bit has few areas. */
void areas_merge(struct space *space, uaddr_t start, uaddr_t end);

#endif
