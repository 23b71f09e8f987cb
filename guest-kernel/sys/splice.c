/* SPDX-License-Identifier: Apache-2.0 */
/* splice.c - splice, tee, vmsplice: from, to and between pipes. */
#include "vfs/pipe_splice.h"

#include "core/signal.h"
#include "mm/iter.h"
#include "mm/page.h"
#include "sys/limit.h"
#include "sys/splice.h"
#include "sys/syscall.h"
#include "sys/user.h"
#include "sys/vector.h"
#include "vfs/notify.h"

#define SPLICE_F_MOVE 1u
#define SPLICE_F_NONBLOCK 2u
#define SPLICE_F_MORE 4u
#define SPLICE_F_GIFT 8u
#define SPLICE_F_ALL (SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT)

/* ---- out of a pipe ---- */

/* What takes a part of a buffer, which stays there meanwhile: bytes, or -errno. */
typedef int64_t piece_taker(void *arg, const void *data, size_t size);

/* The oldest buffer to `taker`, at most `size` bytes of it. It may wait: nobody else reads from the pipe then. */
static int64_t piece_give(struct pipe *pipe, uint64_t size, piece_taker *taker, void *arg)
{
    struct pipe_buffer *buffer = pipe_at(pipe, 0);
    struct page *page = buffer->page;
    int64_t taken;

    if (size > buffer->size)
        size = buffer->size;
    page_get(page);
    pipe_take(pipe);
    taken = taker(arg, (const char *)page_data(page) + buffer->offset, size);
    page_put(page);
    buffer = pipe_at(pipe, 0); /* the ring may be another one */
    if (taken > 0) {
        buffer->offset += (uint16_t)taken;
        buffer->size -= (uint16_t)taken;
        if (buffer->size == 0)
            pipe_drop(pipe);
    }
    pipe_give_back(pipe);
    return taken;
}

/* Waits for the first piece only. Bytes, 0: the end, or -errno. */
static int64_t pipe_drain(struct pipe *pipe, uint64_t size, bool nonblocking, piece_taker *taker, void *arg)
{
    int64_t done = 0, step = pipe_wait_readable(pipe, nonblocking, 0);
    bool emptied = false; /* a buffer */

    while (step == 0 && size != 0 && !pipe_is_empty(pipe) && !pipe->taken) {
        uint64_t there = pipe_at(pipe, 0)->size, want = there < size ? there : size;

        step = piece_give(pipe, want, taker, arg);
        if (step <= 0)
            break;
        done += step;
        size -= (uint64_t)step;
        emptied |= (uint64_t)step == there;
        if ((uint64_t)step < want || signal_is_pending(current_thread()))
            break;
        step = 0;
    }
    if (emptied)
        pipe_tell_writers(pipe);
    else if (done != 0)
        pipe_wake_writers(pipe);
    return done != 0 ? done : step;
}

struct target {
    struct file *file;
    uint64_t pos;
};

static int64_t piece_write(void *arg, const void *data, size_t size)
{
    struct target *out = arg;
    struct iter_segment segment = {(uint64_t)(uintptr_t)data, size};
    struct iter iter;
    int64_t done;
    int error;

    iter_init(&iter, &segment, 1, false);
    error = limit_write(out->file, &iter, out->pos);
    if (error != 0)
        return error;
    done = out->file->ops->seekable ? file_pwrite(out->file, &iter, out->pos) : file_write(out->file, &iter);
    if (done > 0)
        out->pos += (uint64_t)done;
    if (done > 0 && (size_t)done < size) { /* Linux goes on with the rest: at the limit that is a signal */
        segment.length = size - (size_t)done;
        iter_init(&iter, &segment, 1, false);
        (void)limit_write(out->file, &iter, out->pos);
    }
    return done;
}

static int64_t piece_to_user(void *arg, const void *data, size_t size)
{
    return iter_fill(arg, data, size);
}

/* ---- splice ---- */

static bool is_range(uint64_t pos, uint64_t size)
{
    return (int64_t)pos >= 0 && (int64_t)size >= 0 && (int64_t)(pos + size) >= 0;
}

int64_t splice_file_to_pipe(struct file *in, uint64_t *pos, struct file *out, uint64_t size, bool nonblocking)
{
    struct pipe *pipe = pipe_of(out);
    bool is_nonblocking = nonblocking || (out->flags & O_NONBLOCK);
    int64_t done = splice_wait_room(pipe, is_nonblocking);

    if (done == 0)
        done = splice_from_file(in, pos, pipe, size < RW_MAX ? size : RW_MAX, is_nonblocking);
    if (done > 0)
        pipe_tell_readers(pipe);
    return done;
}

static int64_t pipe_to_file(struct file *in, struct file *out, uint64_t *pos, uint64_t size, bool nonblocking)
{
    struct target target = {out, *pos};
    int64_t done;

    if (out->flags & O_APPEND)
        return -EINVAL;
    if (!is_range(*pos, size) || !(out->ops->splice & SPLICE_WRITE))
        return -EINVAL;
    done = pipe_drain(pipe_of(in), size, nonblocking || (in->flags & O_NONBLOCK), piece_write, &target);
    *pos = target.pos;
    return done;
}

/* One side is a pipe, the other is not. offset NULL: at the file's own position. */
static int64_t splice_file(struct file *in, struct file *out, uint64_t *offset, uint64_t size, bool nonblocking)
{
    struct file *file = pipe_of(in) != NULL ? out : in;
    uint64_t pos = offset != NULL ? *offset : file->pos;
    int64_t done;

    if (offset != NULL && !file->ops->seekable)
        return -EINVAL;
    if (file == out)
        done = pipe_to_file(in, out, &pos, size, nonblocking);
    else
        done = is_range(pos, size) ? splice_file_to_pipe(in, &pos, out, size, nonblocking) : -EINVAL;
    if (offset != NULL)
        *offset = pos;
    else if (file->ops->seekable)
        file->pos = pos;
    return done;
}

static int64_t splice_any(struct file *in, struct file *out, uint64_t *offset, uint64_t size, bool nonblocking)
{
    struct pipe *from = pipe_of(in), *to = pipe_of(out);

    if (!file_is_readable(in) || !file_is_writable(out))
        return -EBADF;
    if (from == NULL && to == NULL)
        return -EINVAL;
    if (from == NULL || to == NULL)
        return splice_file(in, out, offset, size, nonblocking);
    if (from == to)
        return -EINVAL;
    return splice_pipes(from, to, size, nonblocking || ((in->flags | out->flags) & O_NONBLOCK), false);
}

/* At most one of the two has an offset: what has is no pipe. */
static int64_t splice_at(struct file *in, uaddr_t in_address, struct file *out, uaddr_t out_address, uint64_t size,
                         unsigned flags)
{
    uaddr_t address = in_address != 0 ? in_address : out_address;
    uint64_t offset = 0;
    int64_t done;

    if ((in_address != 0 && pipe_of(in) != NULL) || (out_address != 0 && pipe_of(out) != NULL))
        return -ESPIPE;
    if (address != 0 && user_get(offset, address))
        return -EFAULT;
    done = splice_any(in, out, address != 0 ? &offset : NULL, size, flags & SPLICE_F_NONBLOCK);
    if (done > 0) {
        notify_file(out, IN_MODIFY);
        notify_file(in, IN_ACCESS);
    }
    return done >= 0 && address != 0 && user_put(address, offset) ? -EFAULT : done;
}

/* The two open files, each with a reference. 0 or -EBADF. */
static int files_get(uint64_t in_fd, uint64_t out_fd, struct file **in, struct file **out)
{
    *in = user_file(in_fd);
    *out = user_file(out_fd);
    if (*in == NULL || *out == NULL)
        return -EBADF;
    file_get(*in);
    file_get(*out);
    return 0;
}

int64_t sys_splice(const uint64_t arg[6])
{
    struct file *in, *out;
    int64_t result;

    if (arg[4] == 0)
        return 0;
    if ((unsigned)arg[5] & ~SPLICE_F_ALL)
        return -EINVAL;
    result = files_get(arg[0], arg[2], &in, &out);
    if (result != 0)
        return result;
    result = splice_at(in, arg[1], out, arg[3], arg[4], (unsigned)arg[5]);
    file_put(out);
    file_put(in);
    return result;
}

/* ---- tee ---- */

static int64_t tee(struct file *in, struct file *out, uint64_t size, bool nonblocking)
{
    struct pipe *from = pipe_of(in), *to = pipe_of(out);

    if (!file_is_readable(in) || !file_is_writable(out))
        return -EBADF;
    if (from == NULL || to == NULL || from == to)
        return -EINVAL;
    return splice_pipes(from, to, size, nonblocking || ((in->flags | out->flags) & O_NONBLOCK), true);
}

int64_t sys_tee(const uint64_t arg[6])
{
    struct file *in, *out;
    int64_t result;

    if ((unsigned)arg[3] & ~SPLICE_F_ALL)
        return -EINVAL;
    if (arg[2] == 0)
        return 0;
    result = files_get(arg[0], arg[1], &in, &out);
    if (result != 0)
        return result;
    result = tee(in, out, arg[2], (unsigned)arg[3] & SPLICE_F_NONBLOCK);
    file_put(out);
    file_put(in);
    return result;
}

/* ---- vmsplice ---- */

static int64_t vmsplice(struct file *file, const struct vector *vector, bool nonblocking)
{
    struct pipe *pipe = pipe_of(file);
    struct iter iter;

    iter_init(&iter, vector->segments, vector->count, true);
    if (iter.left == 0)
        return 0;
    if (pipe == NULL)
        return -EBADF;
    if (file_is_writable(file))
        return splice_from_user(&iter, pipe, nonblocking);
    return pipe_drain(pipe, iter.left, nonblocking, piece_to_user, &iter);
}

int64_t sys_vmsplice(const uint64_t arg[6])
{
    struct file *file = user_file(arg[0]);
    struct vector vector;
    int64_t result;

    if ((unsigned)arg[3] & ~SPLICE_F_ALL)
        return -EINVAL;
    if (file == NULL || (!file_is_writable(file) && !file_is_readable(file)))
        return -EBADF;
    file_get(file);
    result = vector_get(&vector, arg[1], arg[2]);
    if (result == 0) {
        result = vmsplice(file, &vector, (unsigned)arg[3] & SPLICE_F_NONBLOCK);
        vector_put(&vector);
    }
    file_put(file);
    return result;
}
