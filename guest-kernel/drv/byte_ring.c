/* SPDX-License-Identifier: Apache-2.0 */
/* byte_ring.c - see byte_ring.h. */
#include "drv/byte_ring.h"

#include "lib/string.h"

void byte_ring_put(struct byte_ring *ring, const uint8_t *bytes, size_t size)
{
    uint32_t at = ring->last & (ring->size - 1);
    size_t row = size < ring->size - at ? size : ring->size - at;

    memcpy(ring->bytes + at, bytes, row);
    memcpy(ring->bytes, bytes + row, size - row);
    ring->last += (uint32_t)size;
}

size_t byte_ring_peek(const struct byte_ring *ring, const uint8_t **bytes)
{
    uint32_t at = ring->first & (ring->size - 1), count = byte_ring_count(ring);

    *bytes = ring->bytes + at;
    return count < ring->size - at ? count : ring->size - at;
}

void byte_ring_skip(struct byte_ring *ring, size_t size)
{
    ring->first += (uint32_t)size;
}

size_t byte_ring_take(struct byte_ring *ring, uint8_t *bytes, size_t size)
{
    size_t done = 0;

    while (done < size && byte_ring_count(ring) != 0) {
        const uint8_t *from;
        size_t row = byte_ring_peek(ring, &from);

        if (row > size - done)
            row = size - done;
        memcpy(bytes + done, from, row);
        byte_ring_skip(ring, row);
        done += row;
    }
    return done;
}

void byte_ring_limit(struct byte_ring *ring, uint32_t most)
{
    if (byte_ring_count(ring) > most)
        ring->last = ring->first + most;
}
