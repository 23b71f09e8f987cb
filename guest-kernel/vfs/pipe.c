/* SPDX-License-Identifier: Apache-2.0 */
/* pipe.c - reading, writing and polling pipes and FIFOs. */
#include "vfs/pipe.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/signal.h"
#include "core/clock.h"
#include "mm/page.h"
#include "mm/usercopy.h"
#include "vfs/fasync.h"

#define FIONREAD 0x541bu

/* ---- reading ---- */

/* The copy may wait, and others run: they leave the buffer alone. False: not all could be copied. */
static bool copy_out(struct pipe *pipe, struct iter *iter, const struct pipe_buffer *buffer, size_t size)
{
    int64_t moved;

    pipe_take(pipe);
    moved = iter_fill(iter, (char *)page_data(buffer->page) + buffer->offset, size);
    pipe_give_back(pipe);
    return moved == (int64_t)size;
}

/* Moves what there is, up to a packet's end. Bytes, 0 if the pipe is empty, or -EFAULT: what has come in part is still
 * there. *made_room: it was full, and isn't any more. */
static int64_t take(struct pipe *pipe, struct iter *iter, bool *made_room)
{
    int64_t done = 0;

    while (iter->left != 0 && !pipe_is_empty(pipe)) {
        struct pipe_buffer *buffer = pipe_at(pipe, 0);
        size_t want = buffer->size < iter->left ? buffer->size : iter->left;
        bool is_packet = buffer->flags & PIPE_PACKET;

        if (!copy_out(pipe, iter, buffer, want))
            return done != 0 ? done : -EFAULT;
        buffer = pipe_at(pipe, 0); /* the ring may be another one */
        done += (int64_t)want;
        buffer->offset += (uint16_t)want;
        buffer->size -= (uint16_t)want;
        if (buffer->size == 0 || is_packet) {
            *made_room |= pipe_is_full(pipe);
            pipe_drop(pipe);
        }
        if (is_packet)
            break;
    }
    return done;
}

static int64_t pipe_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    struct pipe *pipe = file->owner;
    bool made_room = false, waited = false;
    int64_t done = 0;
    int error = 0;

    (void)pos;
    if (iter->left == 0)
        return 0;
    while (error == 0) {
        done = pipe->taken ? 0 : take(pipe, iter, &made_room);
        if (done != 0 || (pipe->writers == 0 && !pipe->taken))
            break;
        waited = true;
        error = pipe_wait_readable(pipe, file->flags & O_NONBLOCK, WAIT_EXCLUSIVE);
    }
    if (made_room)
        pipe_wake_writers(pipe);
    if (waited && error == 0 && !pipe_is_empty(pipe))
        pipe_wake_readers(pipe);
    if (error != -ERESTARTSYS)
        fasync_tell(pipe->writer_owners, POLL_OUT);
    return error != 0 ? error : done;
}

/* ---- writing ---- */

/* What doesn't fill pages goes into the last buffer's page, if there is room for all of it. Bytes, 0: there isn't; or
 * -EFAULT. */
static int64_t merge(struct pipe *pipe, struct iter *iter)
{
    struct pipe_buffer *last;
    size_t size = iter->left & PAGE_MASK;
    unsigned n = pipe_used(pipe) - 1;
    int64_t moved;

    if (size == 0 || pipe_is_empty(pipe) || pipe->taken)
        return 0;
    last = pipe_at(pipe, n);
    if (!(last->flags & PIPE_MERGE) || last->offset + last->size + size > PAGE_SIZE)
        return 0;
    /* The copy may wait, and others run: nobody reads, nor writes there, meanwhile. */
    last->flags &= ~(uint32_t)PIPE_MERGE;
    pipe_take(pipe);
    moved = iter_drain(iter, (char *)page_data(last->page) + last->offset + last->size, size);
    pipe_give_back(pipe);
    last = pipe_at(pipe, n); /* the ring may be another one */
    last->flags |= PIPE_MERGE;
    if (moved < (int64_t)size)
        return -EFAULT;
    last->size += (uint16_t)size;
    return moved;
}

/* Fills another buffer, at most a page. Bytes, -ENOMEM or -EFAULT. *was_empty: it is the first one. */
static int64_t append(struct pipe *pipe, struct iter *iter, bool is_packet, bool *was_empty)
{
    struct pipe_buffer buffer = {.flags = is_packet ? PIPE_PACKET : PIPE_MERGE};
    size_t size = iter->left < PAGE_SIZE ? iter->left : PAGE_SIZE;
    int64_t moved;

    buffer.page = pipe->spare != NULL ? pipe->spare : page_alloc_dirty();
    pipe->spare = NULL;
    if (buffer.page == NULL)
        return -ENOMEM;
    pipe_reserve(pipe);
    moved = iter_drain(iter, page_data(buffer.page), size);
    pipe_unreserve(pipe);
    if (moved < (int64_t)size) {
        page_put(buffer.page);
        pipe_wake_writers(pipe); /* who came meanwhile may have found it full */
        return -EFAULT;
    }
    buffer.size = (uint16_t)size;
    *was_empty |= pipe_is_empty(pipe);
    pipe_add(pipe, &buffer);
    return moved;
}

/* As much as there is room for. 0: all of it is in the pipe; or -EAGAIN: it is full; -EPIPE, -ENOMEM, -EFAULT. */
static int put(struct pipe *pipe, struct iter *iter, bool is_packet, int64_t *done, bool *was_empty)
{
    while (iter->left != 0) {
        int64_t moved;

        if (pipe->readers == 0)
            return -EPIPE;
        if (pipe_is_full(pipe))
            return -EAGAIN;
        moved = append(pipe, iter, is_packet, was_empty);
        if (moved < 0)
            return (int)moved;
        *done += moved;
    }
    return 0;
}

static int64_t pipe_write(struct file *file, struct iter *iter, uint64_t *pos)
{
    struct pipe *pipe = file->owner;
    bool was_empty = false, waited = false;
    int64_t done;
    int error;

    (void)pos;
    if (iter->left == 0)
        return 0;
    if (pipe->readers == 0)
        return file->no_sigpipe ? -EPIPE : pipe_broken();
    done = merge(pipe, iter);
    error = done < 0 ? (int)done : put(pipe, iter, file->flags & O_DIRECT, &done, &was_empty);
    while (error == -EAGAIN && !(file->flags & O_NONBLOCK)) {
        if (was_empty)
            pipe_wake_readers(pipe);
        fasync_tell(pipe->reader_owners, POLL_IN);
        waited = true;
        error = pipe_wait_room(pipe, false, WAIT_EXCLUSIVE);
        was_empty = false;
        if (error == 0)
            error = put(pipe, iter, file->flags & O_DIRECT, &done, &was_empty);
    }
    if (error == -EPIPE && !file->no_sigpipe)
        (void)pipe_broken();
    if (was_empty || pipe->polled)
        pipe_wake_readers(pipe);
    fasync_tell(pipe->reader_owners, POLL_IN);
    if (waited && !pipe_is_full(pipe))
        pipe_wake_writers(pipe);
    if (done > 0)
        file->inode->mtime = file->inode->ctime = (int64_t)clock_realtime_ns();
    return done > 0 ? done : error;
}

/* ---- the rest of a file's operations ---- */

static uint32_t pipe_poll(struct file *file, struct poll_table *table)
{
    struct pipe *pipe = file->owner;
    uint32_t events = 0;

    pipe->polled = true;
    if (file_is_readable(file)) {
        poll_hook(table, &pipe->readable);
        if (!pipe_is_empty(pipe))
            events |= POLLIN | POLLRDNORM;
        if (pipe->writers == 0 && file->pos != pipe->write_opens) /* a FIFO that has had no writer yet isn't hung up */
            events |= POLLHUP;
    }
    if (file_is_writable(file)) {
        poll_hook(table, &pipe->room);
        if (!pipe_is_full(pipe))
            events |= POLLOUT | POLLWRNORM;
        if (pipe->readers == 0)
            events |= POLLERR;
    }
    return events;
}

static int64_t pipe_ioctl(struct file *file, unsigned request, uint64_t arg)
{
    const struct pipe *pipe = file->owner;
    int bytes = 0;

    if (request != FIONREAD)
        return -ENOTTY;
    for (unsigned i = 0; i < pipe_used(pipe); i++)
        bytes += pipe_at(pipe, i)->size;
    return copy_to_user(arg, &bytes, sizeof(bytes));
}

static void pipe_release(struct file *file)
{
    struct pipe *pipe = file->owner;

    pipe->readers -= file_is_readable(file);
    pipe->writers -= file_is_writable(file);
    if ((pipe->readers == 0) != (pipe->writers == 0)) {
        wait_wake_all(&pipe->readable, POLLIN | POLLRDNORM | POLLERR | POLLHUP);
        wait_wake_all(&pipe->room, POLLOUT | POLLWRNORM | POLLERR | POLLHUP);
        fasync_tell(pipe->reader_owners, POLL_IN);
        fasync_tell(pipe->writer_owners, POLL_OUT);
    }
    pipe_put(file->inode);
}

static int pipe_fasync(struct file *file, int fd, bool on)
{
    struct pipe *pipe = file->owner;
    int error = file_is_readable(file) ? fasync_set(&pipe->reader_owners, file, fd, on) : 0;

    if (error != 0 || !file_is_writable(file))
        return error;
    error = fasync_set(&pipe->writer_owners, file, fd, on);
    if (error != 0 && file_is_readable(file))
        (void)fasync_set(&pipe->reader_owners, file, fd, false);
    return error;
}

const struct file_ops file_ops_pipe = {
    .read = pipe_read,
    .write = pipe_write,
    .ioctl = pipe_ioctl,
    .release = pipe_release,
    .poll = pipe_poll,
    .fasync = pipe_fasync,
};

struct pipe *pipe_of(const struct file *file)
{
    return file->ops == &file_ops_pipe ? file->owner : NULL;
}
