/* SPDX-License-Identifier: Apache-2.0 */
/* vector.h - a user's list of buffers (struct iovec), as readv and its like take it. */
#ifndef GK_SYS_VECTOR_H
#define GK_SYS_VECTOR_H

#include "mm/iter.h"
#include "sys/user.h"

#define RW_MAX 0x7ffff000ull /* bytes that one call moves at most (Linux: MAX_RW_COUNT) */
#define IOV_ON_STACK 8u

/* Where a vector's segments are kept: on the stack when they are few, else in pages. */
struct vector {
    struct iter_segment few[IOV_ON_STACK];
    struct iter_segment *segments;
    struct page *pages;
    unsigned count;
};

/* 0; -EINVAL, -EFAULT, -ENOMEM: then there is nothing to put. */
int vector_get(struct vector *vector, uaddr_t address, uint64_t count);
void vector_put(struct vector *vector);
/* The same of buffers in another process's memory, which needn't be there, and are as long as they are. */
int vector_get_foreign(struct vector *vector, uaddr_t address, uint64_t count);

/* The same checks for one buffer. It may become shorter. 0, -EINVAL or -EFAULT. */
int vector_check_one(struct iter_segment *segment);

#endif
