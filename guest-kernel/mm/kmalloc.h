/* SPDX-License-Identifier: Apache-2.0 */
/* kmalloc.h - kernel objects: small ones from size classes, larger ones in frames of their own, in a row. */
#ifndef GK_MM_KMALLOC_H
#define GK_MM_KMALLOC_H

#include <stdbool.h>
#include <stddef.h>

#define KMALLOC_MAX (512ul << 10)

/* Zeroed memory, aligned to 16 bytes (beyond half a page: to pages), or NULL: there is none, or size is more than
 * KMALLOC_MAX. */
void *kmalloc(size_t size);
void kfree(void *ptr); /* NULL is allowed */
/* Whether kmalloc has an object of that size that was freed, so that it asks nobody for memory. */
bool kmalloc_is_at_hand(size_t size);

/* What there is of objects of one size, up to a page; the n-th of the sizes. False: there are no more. */
struct kmalloc_told {
    size_t size;
    unsigned long pages, objects; /* objects: in those pages, given out or not */
    unsigned long free;           /* of them; no more than KMALLOC_COUNTED that were given back are counted */
};
#define KMALLOC_COUNTED 10000u /* as Linux, which counts no more either */
bool kmalloc_tell(unsigned n, struct kmalloc_told *out);

/* `count` objects of `size` bytes each; NULL also if that is more than can be counted. */
static inline void *kmalloc_array(size_t count, size_t size)
{
    size_t bytes;

    return __builtin_mul_overflow(count, size, &bytes) ? NULL : kmalloc(bytes);
}

#endif
