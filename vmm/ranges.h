/* SPDX-License-Identifier: Apache-2.0 */
/* ranges.h - which parts of an address range show which parts of which files. Nothing overlaps. Not thread-safe. */
#ifndef LVMM_RANGES_H
#define LVMM_RANGES_H

#include <stdbool.h>
#include <stdint.h>

struct range {
    uint64_t offset, length; /* offset + length doesn't overflow */
    uint64_t file;           /* the owner's number of it */
    uint64_t file_offset;
    bool writable;
};

struct ranges {
    struct range *all; /* by offset */
    unsigned count, room;
    unsigned most; /* that there may be: set by the owner at first, all else zero */
};

/* Frees what it has; empty. */
void ranges_fini(struct ranges *ranges);

/* Sees to it that `more` ranges can be added, which then doesn't fail; cutting may take one of them. 0; -ENOSPC: there
 * would be too many; -ENOMEM. */
int ranges_reserve(struct ranges *ranges, unsigned more);

/* Is told that a file has so many ranges more than before: -1, 0 or 1. */
typedef void ranges_told(void *owner, uint64_t file, int more);

/* Takes away what lies from `offset` on, `length` bytes: whole ranges, and parts of those that reach beyond. A range
 * that is cut in two needs room. told: of each range that it concerns; NULL: nobody. */
void ranges_cut(struct ranges *ranges, uint64_t offset, uint64_t length, ranges_told *told, void *owner);

/* Adds one where nothing is. There is room. */
void ranges_add(struct ranges *ranges, const struct range *range);

/* The index of the first range that ends behind `offset`; count if there is none. */
unsigned ranges_from(const struct ranges *ranges, uint64_t offset);

#endif
