/* SPDX-License-Identifier: Apache-2.0 */
/* types.h - the kinds of address that the kernel tells apart, and the page. */
#ifndef GK_LIB_TYPES_H
#define GK_LIB_TYPES_H

#include <stdint.h>

typedef uint64_t paddr_t; /* guest-physical */
typedef uint64_t uaddr_t; /* a program's virtual address: an integer, never a pointer */

#ifndef PAGE_SHIFT /* build.mk gives it to the ISAs whose pages are larger */
#define PAGE_SHIFT 12
#endif
#define PAGE_SIZE (1ul << PAGE_SHIFT)
#define PAGE_MASK (PAGE_SIZE - 1)

/* To whole pages; 0 where that doesn't fit. */
static inline uint64_t page_up(uint64_t value)
{
    return (value + PAGE_MASK) & ~PAGE_MASK;
}

#endif
