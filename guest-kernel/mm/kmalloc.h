/* SPDX-License-Identifier: Apache-2.0 */
/* kmalloc.h - small kernel objects (up to one page), from size classes. */
#ifndef GK_MM_KMALLOC_H
#define GK_MM_KMALLOC_H

#include <stddef.h>

/* Zeroed memory, aligned to 16 bytes, or NULL. size is at most PAGE_SIZE. */
void *kmalloc(size_t size);
void kfree(void *ptr); /* NULL is allowed */

#endif
