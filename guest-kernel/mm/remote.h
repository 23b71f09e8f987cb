/* SPDX-License-Identifier: Apache-2.0 */
/* remote.h - the memory of any address space, for who looks into another process, and what it has of it. */
#ifndef GK_MM_REMOTE_H
#define GK_MM_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm/space.h"

enum space_access {
    SPACE_READ,
    SPACE_WRITE,
    SPACE_FORCE, /* a write, to private memory also where the program can only read it */
};

/* Copies out of the space's memory, or into it, as its program could, and brings in what is missing; a stack isn't made
 * larger for it. The caller has a reference to the space; it may wait. Bytes copied: up to the first page that can't be
 * had. */
size_t space_copy(struct space *space, uaddr_t addr, void *kernel, size_t size, enum space_access access);

/* Pages of an area that are in memory, as its page tables have them. */
struct area_pages {
    uint64_t resident, anonymous; /* all; those that are its program's own */
    uint64_t shared;              /* that several page tables map */
    uint64_t share_sum;           /* of each page its part for this one, in 1/4096 of a page: Linux's Pss */
    uint64_t anonymous_share_sum; /* of those that are anonymous */
    uint64_t shared_anonymous;
};
/* May give way: the caller is between space_begin and space_end (mm/turns.h). */
void area_count_pages(const struct area *area, struct area_pages *out);

#endif
