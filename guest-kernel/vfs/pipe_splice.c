/* SPDX-License-Identifier: Apache-2.0 */
/* pipe_splice.c - see pipe_splice.h. */
#include "vfs/pipe_splice.h"

#include "abi/errno.h"
#include "mm/page.h"
#include "mm/usercopy.h"
#include "vfs/atime.h"
#include "vfs/pagecache.h"

int splice_wait_room(struct pipe *pipe, bool nonblocking)
{
    int error = pipe_wait_room(pipe, nonblocking, 0);

    return error == 0 && pipe->readers == 0 ? pipe_broken() : error;
}

/* ---- from a file ---- */

/* -ENOSPC: a hole in a file that is nowhere but in the cache, which is to have no page for being read. */
static int cached_page(struct inode *inode, uint64_t index, uint64_t pages, struct page **out)
{
    unsigned want = pages < PAGECACHE_BATCH ? (unsigned)pages : PAGECACHE_BATCH;

    if (inode->ops->read_pages != NULL)
        return pagecache_get(inode, index, want, out);
    *out = pagecache_find(inode, index);
    return *out != NULL ? 0 : -ENOSPC;
}

/* The page of a regular file at `pos`, as far as the file and `left` reach. 0: the end; bytes; or -errno. */
static int64_t cached_piece(struct inode *inode, uint64_t pos, uint64_t left, struct pipe_buffer *buffer)
{
    uint64_t rest = pos < inode->size ? inode->size - pos : 0, pages;
    size_t offset = pos & PAGE_MASK, size = PAGE_SIZE - offset;
    int error;

    if (left > rest)
        left = rest;
    if (left == 0)
        return 0;
    if (size > left)
        size = left;
    pages = (left + offset + PAGE_MASK) >> PAGE_SHIFT;
    error = cached_page(inode, pos >> PAGE_SHIFT, pages, &buffer->page);
    if (error != 0)
        return error;
    buffer->offset = (uint16_t)offset;
    buffer->size = (uint16_t)size;
    return (int64_t)size;
}

/* What another file gives goes through a page of its own. */
static int64_t copied_piece(struct file *in, uint64_t pos, uint64_t left, struct splice_reading *reading,
                            struct pipe_buffer *buffer)
{
    struct iter_segment segment = {.length = left < PAGE_SIZE ? left : PAGE_SIZE};
    struct iter iter;
    int64_t got;

    buffer->page = page_alloc_dirty();
    if (buffer->page == NULL)
        return -ENOMEM;
    segment.base = (uint64_t)(uintptr_t)page_data(buffer->page);
    iter_init(&iter, &segment, 1, false);
    if (in->ops->seekable) {
        got = file_pread(in, &iter, pos);
    } else if (in->ops->splice_read != NULL) {
        got = in->ops->splice_read(in, &iter, reading);
    } else {
        got = file_read(in, &iter);
        reading->ends = true; /* there may be no more, and what there is has to be told */
    }
    if (got <= 0)
        page_put(buffer->page);
    buffer->offset = 0;
    buffer->size = (uint16_t)(got > 0 ? got : 0);
    return got;
}

static int64_t next_piece(struct file *in, uint64_t pos, uint64_t left, struct splice_reading *reading,
                          struct pipe_buffer *buffer)
{
    int64_t got = -ENOSPC;

    *buffer = (struct pipe_buffer){0};
    if (in->ops == &file_ops_regular && !(in->flags & O_DIRECT))
        got = cached_piece(in->inode, pos, left, buffer);
    return got == -ENOSPC ? copied_piece(in, pos, left, reading, buffer) : got; /* a hole is read */
}

int64_t splice_from_file(struct file *in, uint64_t *pos, struct pipe *pipe, uint64_t size, bool nonblocking)
{
    struct splice_reading reading = {.nonblocking = nonblocking};
    int64_t done = 0;

    if (!(in->ops->splice & SPLICE_READ))
        return -EINVAL;
    if (in->ops == &file_ops_regular)
        file_accessed(in);
    for (; size != 0 && !pipe_is_full(pipe) && !reading.ends; reading.again = true) {
        struct pipe_buffer buffer;
        int64_t got;

        pipe_reserve(pipe); /* what we read from may make us wait, and others write */
        got = next_piece(in, *pos, size, &reading, &buffer);
        pipe_unreserve(pipe);
        if (got <= 0) {
            pipe_wake_writers(pipe);
            return done != 0 ? done : got;
        }
        pipe_add(pipe, &buffer);
        *pos += (uint64_t)got;
        done += got;
        size -= (uint64_t)got;
    }
    return done;
}

/* ---- between pipes ---- */

/* Until there is something to move, and room for it. 0: so it is, or `in` has ended; or -errno. */
static int wait_for_both(struct pipe *in, struct pipe *out, bool nonblocking)
{
    int error = 0;

    do {
        error = pipe_wait_readable(in, nonblocking, 0);
        if (error == 0)
            error = splice_wait_room(out, nonblocking);
    } while (error == 0 && ((pipe_is_empty(in) && in->writers != 0) || in->taken)); /* another reader came first */
    return error;
}

/* A part of the buffer, for another pipe; nothing is added to it there. */
static struct pipe_buffer share(const struct pipe_buffer *from, uint64_t size)
{
    struct pipe_buffer buffer = *from;

    page_get(buffer.page);
    buffer.flags &= ~(uint32_t)PIPE_MERGE;
    if (buffer.size > size)
        buffer.size = (uint16_t)size;
    return buffer;
}

/* Takes at most `size` bytes of the oldest buffer. */
static struct pipe_buffer detach(struct pipe *in, uint64_t size)
{
    struct pipe_buffer *from = pipe_at(in, 0), buffer = *from;

    if (size >= buffer.size) {
        in->tail++;
        return buffer;
    }
    buffer = share(from, size);
    from->offset += (uint16_t)size;
    from->size -= (uint16_t)size;
    return buffer;
}

int64_t splice_pipes(struct pipe *in, struct pipe *out, uint64_t size, bool nonblocking, bool keep)
{
    unsigned first;
    int64_t done = 0;
    int error = wait_for_both(in, out, nonblocking);

    if (error != 0)
        return error;
    first = in->tail;
    for (unsigned n = 0; size != 0 && !pipe_is_full(out) && n < pipe_used(in); n += keep) {
        struct pipe_buffer buffer = keep ? share(pipe_at(in, n), size) : detach(in, size);

        pipe_add(out, &buffer);
        done += buffer.size;
        size -= buffer.size;
    }
    if (done != 0)
        pipe_tell_readers(out);
    if (in->tail != first)
        pipe_tell_writers(in);
    else if (done != 0 && !keep)
        pipe_wake_writers(in);
    return done;
}

/* ---- from a program's memory ---- */

int64_t splice_from_user(struct iter *iter, struct pipe *pipe, bool nonblocking)
{
    int64_t done = 0;
    int error = splice_wait_room(pipe, nonblocking);

    while (error == 0 && iter->left != 0 && !pipe_is_full(pipe)) {
        uint64_t addr = iter_base(iter), size = iter->segment->length - iter->offset;
        struct pipe_buffer buffer = {.offset = (uint16_t)(addr & PAGE_MASK)};

        if (size > PAGE_SIZE - buffer.offset)
            size = PAGE_SIZE - buffer.offset;
        buffer.size = (uint16_t)size;
        pipe_reserve(pipe);
        error = user_page_get(addr, false, &buffer.page);
        pipe_unreserve(pipe);
        if (error != 0) {
            pipe_wake_writers(pipe);
            break;
        }
        pipe_add(pipe, &buffer);
        iter_skip(iter, size);
        done += (int64_t)size;
    }
    if (done != 0)
        pipe_tell_readers(pipe);
    return done != 0 ? done : error;
}
