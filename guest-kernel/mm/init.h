/* SPDX-License-Identifier: Apache-2.0 */
/* init.h - what mm learns at boot. */
#ifndef GK_MM_INIT_H
#define GK_MM_INIT_H

#include "lib/types.h"

#define MEMORY_RANGES 2

struct memory_span {
    paddr_t start, end;
};

struct memory_map {
    struct memory_span ram[MEMORY_RANGES]; /* ascending; ram[0] holds the kernel */
    unsigned ram_count;
    paddr_t kernel_end;
    struct memory_span spare;    /* before kernel_end, but free: handed out first; empty: there is none */
    struct memory_span reserved; /* the device tree */
    struct memory_span archive;  /* the root file system's, until page_give; empty: there is none */
};

/* Hands memory to the page allocator. Call once, first. Work done is independent of the size of memory. */
void page_init(const struct memory_map *map);

/* Log2 of how many pages a fault in memory brings where the program doesn't go through that in order yet. 0 unless the
 * ISA sets it at boot, where a fault is much dearer than a page that isn't used. */
extern unsigned fault_first_step;

#endif
