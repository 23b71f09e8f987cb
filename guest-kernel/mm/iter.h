/* SPDX-License-Identifier: Apache-2.0 */
/* iter.h - the buffers of one read or write: a list of segments in user memory (readv) or one in the kernel's. */
#ifndef GK_MM_ITER_H
#define GK_MM_ITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct iter_segment { /* laid out as Linux's struct iovec */
    uint64_t base, length;
};

struct iter {
    const struct iter_segment *segment;
    unsigned count;
    uint64_t offset; /* into segment[0] */
    uint64_t left;   /* bytes in all */
    bool user;       /* base is a user address; else a kernel pointer */
};

/* Sets up a walk over `count` buffers, which stay the caller's and must outlive it. Their sizes together fit in 64
 * bits: that is for the caller to check. */
void iter_init(struct iter *iter, const struct iter_segment *segments, unsigned count, bool user);

/* Moves up to `size` bytes from the kernel into the buffers (fill), or out of them (drain), and steps on. Bytes moved,
 * which is less than both size and iter->left only after a fault; -EFAULT if there was a fault and nothing was moved.
 */
int64_t iter_fill(struct iter *iter, const void *src, size_t size);
int64_t iter_drain(struct iter *iter, void *dst, size_t size);
int64_t iter_zero(struct iter *iter, size_t size);
/* The same of all that is left. A function of its own as it has one caller, /dev/zero, and is inlined there. */
int64_t iter_zero_all(struct iter *iter);

/* Where the next byte is, past empty segments (there is one); and steps on by at most that segment's rest. */
uint64_t iter_base(struct iter *iter);
void iter_skip(struct iter *iter, size_t size);

#endif
