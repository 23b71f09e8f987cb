/* SPDX-License-Identifier: Apache-2.0 */
/* byte_ring.h - a queue of bytes of bounded size. */
#ifndef GK_DRV_BYTE_RING_H
#define GK_DRV_BYTE_RING_H

#include <stddef.h>
#include <stdint.h>

struct byte_ring {
    uint8_t *bytes;
    uint32_t size;        /* a power of two */
    uint32_t first, last; /* positions that only grow, taken modulo the size */
};

static inline uint32_t byte_ring_count(const struct byte_ring *ring)
{
    return ring->last - ring->first;
}
static inline uint32_t byte_ring_room(const struct byte_ring *ring)
{
    return ring->size - byte_ring_count(ring);
}

/* There is room for them. */
void byte_ring_put(struct byte_ring *ring, const uint8_t *bytes, size_t size);
/* Takes up to `size` bytes out of it; how many. */
size_t byte_ring_take(struct byte_ring *ring, uint8_t *bytes, size_t size);
/* The bytes that come next and lie in a row, which stay in it until they are skipped; how many. */
size_t byte_ring_peek(const struct byte_ring *ring, const uint8_t **bytes);
void byte_ring_skip(struct byte_ring *ring, size_t size);
/* Drops the newest bytes beyond the first `most`. */
void byte_ring_limit(struct byte_ring *ring, uint32_t most);

#endif
