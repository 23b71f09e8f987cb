/* SPDX-License-Identifier: Apache-2.0 */
/* inet_stream.c - see inet_stream.h. */
#include "net/inet_stream.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/page.h"

#define MEMORY_PART 8u /* of all memory: what unread bytes may take before senders have to wait */

struct stream_piece {
    struct stream_piece *next;
    uint32_t start, end, room; /* of bytes[]: those that are to be read, and how many it can hold */
    bool is_page;              /* else kmalloc's */
    uint8_t bytes[];
};

#define PAGE_ROOM ((uint32_t)(PAGE_SIZE - sizeof(struct stream_piece)))
#define SMALL_ROOM ((uint32_t)(2 * STREAM_SMALL - sizeof(struct stream_piece)))

static uint64_t memory; /* bytes of pieces */

uint64_t stream_memory(void)
{
    return memory;
}

bool stream_memory_is_short(void)
{
    return memory > (page_total_count() << PAGE_SHIFT) / MEMORY_PART;
}

static uint64_t size_of(const struct stream_piece *piece)
{
    return sizeof(*piece) + piece->room;
}

static struct stream_piece *piece_alloc(bool is_page)
{
    struct stream_piece *piece;

    if (is_page) {
        struct page *page = page_alloc_dirty();

        if (page == NULL)
            return NULL;
        piece = page_data(page);
    } else {
        piece = kmalloc(sizeof(*piece) + SMALL_ROOM);
        if (piece == NULL)
            return NULL;
    }
    piece->next = NULL;
    piece->start = piece->end = 0;
    piece->room = is_page ? PAGE_ROOM : SMALL_ROOM;
    piece->is_page = is_page;
    memory += size_of(piece);
    return piece;
}

void stream_piece_free(struct stream_piece *piece)
{
    memory -= size_of(piece);
    if (piece->is_page)
        page_put(page_of(virt_to_phys(piece)));
    else
        kfree(piece);
}

struct stream_piece *stream_piece_create(struct iter *iter, uint64_t most, uint64_t *size, int *error)
{
    uint64_t want = most < iter->left ? most : iter->left;
    struct stream_piece *piece = piece_alloc(want > SMALL_ROOM);
    int64_t moved;

    *error = -ENOMEM;
    if (piece == NULL)
        return NULL;
    moved = iter_drain(iter, piece->bytes, want < piece->room ? want : piece->room);
    if (moved <= 0) {
        stream_piece_free(piece);
        *error = -EFAULT;
        return NULL;
    }
    piece->end = (uint32_t)moved;
    *size = (uint64_t)moved;
    *error = 0;
    return piece;
}

void stream_add(struct stream *stream, struct stream_piece *piece)
{
    if (stream->last != NULL)
        stream->last->next = piece;
    else
        stream->first = piece;
    stream->last = piece;
    stream->written += piece->end - piece->start;
}

int stream_put(struct stream *stream, const void *bytes, size_t size)
{
    struct stream_piece *last = stream->last;

    if (last == NULL || last->room - last->end < size) {
        last = piece_alloc(last != NULL); /* one who goes on and on without being read gets pages */
        if (last == NULL)
            return -ENOMEM;
        stream_add(stream, last);
    }
    memcpy(last->bytes + last->end, bytes, size);
    last->end += (uint32_t)size;
    stream->written += size;
    return 0;
}

int stream_append(struct stream *stream, const void *bytes, size_t size)
{
    while (size != 0) {
        struct stream_piece *last = stream->last;
        size_t part;

        if (last == NULL || last->room == last->end) {
            last = piece_alloc(size > SMALL_ROOM || last != NULL);
            if (last == NULL)
                return -ENOMEM;
            stream_add(stream, last);
        }
        part = last->room - last->end < size ? last->room - last->end : size;
        memcpy(last->bytes + last->end, bytes, part);
        last->end += (uint32_t)part;
        stream->written += part;
        bytes = (const uint8_t *)bytes + part;
        size -= part;
    }
    return 0;
}

const void *stream_piece_bytes(const struct stream_piece *piece)
{
    return piece->bytes + piece->start;
}

int64_t stream_copy(const struct stream *stream, uint64_t from, uint64_t most, struct iter *iter)
{
    struct stream_piece *piece = stream->first;
    uint64_t skip = from - stream->read, size;

    while (skip >= piece->end - piece->start) {
        skip -= piece->end - piece->start;
        piece = piece->next;
    }
    size = piece->end - piece->start - skip;
    if (size > most)
        size = most;
    if (iter == NULL)
        return (int64_t)size;
    return iter_fill(iter, piece->bytes + piece->start + skip, size);
}

void stream_take(struct stream *stream, uint64_t size)
{
    struct stream_piece *piece;

    stream->read += size;
    while (size != 0 && (piece = stream->first) != NULL) {
        uint64_t here = piece->end - piece->start;

        if (size < here) {
            piece->start += (uint32_t)size;
            return;
        }
        size -= here;
        stream->first = piece->next;
        if (stream->first == NULL)
            stream->last = NULL;
        stream_piece_free(piece);
    }
}

uint8_t stream_last_byte(const struct stream *stream)
{
    return stream->last->bytes[stream->last->end - 1];
}

void stream_clear(struct stream *stream)
{
    stream_take(stream, stream_size(stream));
}
