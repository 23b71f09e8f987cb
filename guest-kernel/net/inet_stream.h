/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inet_stream.h - the bytes that have come for a TCP socket and weren't read: a queue of pieces of memory. Where a byte
 * is in it is counted from the beginning of the connection on.
 */
#ifndef GK_NET_INET_STREAM_H
#define GK_NET_INET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm/iter.h"

#define STREAM_SMALL 256u /* bytes that stream_put takes */

struct stream_piece;

struct stream {
    struct stream_piece *first, *last;
    uint64_t read, written; /* how many bytes were taken, and have come, so far */
};

static inline uint64_t stream_size(const struct stream *stream)
{
    return stream->written - stream->read;
}

/* A new piece that holds the next bytes of the iterator, at most `most`: *size of them. For the copy it may wait. NULL:
 * *error is -ENOMEM or -EFAULT. */
struct stream_piece *stream_piece_create(struct iter *iter, uint64_t most, uint64_t *size, int *error);
/* Puts it at the end, which takes it over. */
void stream_add(struct stream *stream, struct stream_piece *piece);
void stream_piece_free(struct stream_piece *piece);
/* Puts at most STREAM_SMALL bytes at the end. 0 or -ENOMEM. Doesn't wait. */
int stream_put(struct stream *stream, const void *bytes, size_t size);

/* Puts so many bytes at the end, in as many pieces as they take. 0; -ENOMEM: some are missing. Doesn't wait. */
int stream_append(struct stream *stream, const void *bytes, size_t size);
/* The bytes of a piece that nobody has read yet. */
const void *stream_piece_bytes(const struct stream_piece *piece);

/* Copies bytes from `from` on, in counted places, out of one piece, at most `most`, without taking them: their number,
 * or -EFAULT. iter NULL: doesn't copy. It may wait: nobody takes any meanwhile. */
int64_t stream_copy(const struct stream *stream, uint64_t from, uint64_t most, struct iter *iter);
/* The next `size` bytes go. */
void stream_take(struct stream *stream, uint64_t size);
uint8_t stream_last_byte(const struct stream *stream); /* there is one */
void stream_clear(struct stream *stream);

/* All streams together: bytes of memory, and whether it is so much that none is to grow beyond a page. */
uint64_t stream_memory(void);
bool stream_memory_is_short(void);

#endif
