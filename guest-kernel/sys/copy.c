/* SPDX-License-Identifier: Apache-2.0 */
/* copy.c - from one file to another without a way through the program: sendfile and copy_file_range. */
#include "core/signal.h"
#include "core/wait.h"
#include "mm/iter.h"
#include "sys/limit.h"
#include "sys/splice.h"
#include "sys/syscall.h"
#include "sys/user.h"
#include "sys/vector.h"
#include "vfs/atime.h"
#include "vfs/notify.h"
#include "vfs/pipe.h"

/* What is copied: from `in` at in_pos to `out`, at *out_pos or, if that is NULL, at the file's own position. */
struct copy {
    struct file *in, *out;
    uint64_t in_pos, *out_pos;
};

/* Reads into the kernel's memory. */
static int64_t read_at(struct file *in, uint64_t pos, void *buffer, uint64_t size)
{
    struct iter_segment segment = {(uint64_t)(uintptr_t)buffer, size};
    struct iter iter;

    if (in->ops == &file_ops_regular) { /* and not one of /proc's, which is no less regular */
        file_accessed(in);
        return inode_read(in->inode, pos, buffer, size);
    }
    iter_init(&iter, &segment, 1, false);
    return file_pread(in, &iter, pos);
}

/* Moves at most a page through `buffer`. Bytes that arrived, 0 at the end, or -errno. */
static int64_t copy_piece(const struct copy *copy, uint64_t size, void *buffer)
{
    struct iter_segment segment = {(uint64_t)(uintptr_t)buffer, 0};
    struct iter iter;
    int64_t got = read_at(copy->in, copy->in_pos, buffer, size < PAGE_SIZE ? size : PAGE_SIZE);
    int error;

    if (got <= 0)
        return got;
    segment.length = (uint64_t)got;
    iter_init(&iter, &segment, 1, false);
    error = limit_write(copy->out, &iter, copy->out_pos != NULL ? *copy->out_pos : copy->out->pos);
    if (error != 0)
        return error;
    return copy->out_pos != NULL ? file_pwrite(copy->out, &iter, *copy->out_pos) : file_write(copy->out, &iter);
}

/* A signal ends it between two pieces. */
static int64_t copy_all(struct copy *copy, uint64_t size)
{
    struct page *page = page_alloc_dirty();
    int64_t done = 0, step = 0, look = WAIT_LOOP_BYTES;

    if (page == NULL)
        return -ENOMEM;
    while ((uint64_t)done < size && !(done != 0 && signal_is_pending(current_thread()))) {
        step = copy_piece(copy, size - (uint64_t)done, page_data(page));
        if (step <= 0)
            break;
        copy->in_pos += (uint64_t)step;
        if (copy->out_pos != NULL)
            *copy->out_pos += (uint64_t)step;
        done += step;
        if (done >= look) {
            look += WAIT_LOOP_BYTES;
            wait_loop_ends(false); /* it takes the interrupts that have come */
        }
    }
    page_put(page);
    return done != 0 ? done : step;
}

/* For /proc/PID/io a copy is both, whatever came of it; and who watches the files is told. */
static void copy_count(const struct file *in, const struct file *out, int64_t result)
{
    struct io_counts *io = &current_thread()->io;

    for (unsigned i = 0; i < 2; i++) {
        io->calls[i]++;
        io->bytes[i] += result > 0 ? (uint64_t)result : 0;
    }
    if (result > 0) {
        notify_file(in, IN_ACCESS);
        notify_file(out, IN_MODIFY);
    }
}

/* The file, with a reference, or NULL. */
static struct file *file_at(uint64_t fd)
{
    struct file *file = user_file(fd);

    if (file != NULL)
        file_get(file);
    return file;
}

static int64_t send(struct file *out, struct file *in, uint64_t *pos, uint64_t size)
{
    struct copy copy = {.in = in, .out = out, .in_pos = *pos};
    int64_t sent;

    if ((int64_t)size < 0 || (int64_t)*pos < 0 || size > INT64_MAX - *pos)
        return -EINVAL;
    if (in->inode == NULL || !in->ops->seekable || !(in->ops->splice & SPLICE_READ))
        return -EINVAL;
    if (pipe_of(out) != NULL)
        return splice_file_to_pipe(in, pos, out, size, false);
    if ((out->flags & O_APPEND) || !(out->ops->splice & SPLICE_WRITE))
        return -EINVAL;
    sent = copy_all(&copy, size < RW_MAX ? size : RW_MAX);
    *pos = copy.in_pos;
    return sent;
}

/* sendfile's arguments, from *pos on, or from where the file stands (NULL). */
static int64_t send_file(uint64_t out_fd, uint64_t in_fd, uint64_t *pos, uint64_t size)
{
    struct file *in = file_at(in_fd), *out = file_at(out_fd);
    int64_t result = -EBADF;

    if (in != NULL && out != NULL && file_is_readable(in) && file_is_writable(out)) {
        uint64_t from = pos != NULL ? *pos : in->pos;

        result = pos != NULL && !in->ops->seekable ? -ESPIPE : send(out, in, &from, size);
        copy_count(in, out, result);
        *(pos != NULL ? pos : &in->pos) = from;
    }
    if (out != NULL)
        file_put(out);
    if (in != NULL)
        file_put(in);
    return result;
}

int64_t sys_sendfile(const uint64_t arg[6])
{
    uint64_t pos = 0;

    if (arg[2] != 0 && user_get(pos, arg[2]))
        return -EFAULT;
    int64_t result = send_file(arg[0], arg[1], arg[2] != 0 ? &pos : NULL, arg[3]);
    return arg[2] != 0 && user_put(arg[2], pos) ? -EFAULT : result;
}

/* A 32-bit program's, whose position has 31 bits: so far it sends, and from there on nothing (EOVERFLOW). */
int64_t sys_i386_sendfile(const uint64_t arg[6])
{
    int32_t half;

    if (arg[2] == 0)
        return sys_sendfile(arg);
    if (user_get(half, arg[2]))
        return -EFAULT;
    uint64_t pos = (uint64_t)half, left = half >= 0 ? INT32_MAX - pos : UINT64_MAX;
    int64_t result = send_file(arg[0], arg[1], &pos, arg[3] < left ? arg[3] : left);
    if (result == 0 && arg[3] != 0 && left == 0)
        result = -EOVERFLOW;
    half = (int32_t)pos;
    return user_put(arg[2], half) ? -EFAULT : result;
}

/* ---- copy_file_range ---- */

/* As Linux's generic_copy_file_checks and what comes before it. */
static int range_check(const struct file *in, uint64_t in_pos, const struct file *out, uint64_t out_pos, uint64_t size)
{
    const struct inode *from = in->inode, *to = out->inode;

    if ((from != NULL && S_ISDIR(from->mode)) || (to != NULL && S_ISDIR(to->mode)))
        return -EISDIR;
    if (from == NULL || to == NULL || !S_ISREG(from->mode) || !S_ISREG(to->mode))
        return -EINVAL;
    if (!file_is_readable(in) || !file_is_writable(out) || (out->flags & O_APPEND))
        return -EBADF;
    if (from->fs != to->fs)
        return -EXDEV;
    if (in_pos + size < in_pos || out_pos + size < out_pos)
        return -EOVERFLOW;
    if ((int64_t)in_pos < 0 || (int64_t)out_pos < 0 || (int64_t)size < 0)
        return -EINVAL;
    return out_pos + size > INT64_MAX ? -EFBIG : 0;
}

static int64_t copy_range(struct file *in, uint64_t *in_pos, struct file *out, uint64_t *out_pos, uint64_t size)
{
    struct copy copy = {.in = in, .out = out, .in_pos = *in_pos, .out_pos = out_pos};
    const struct inode *inode = in->inode;
    int64_t done;
    int error = range_check(in, *in_pos, out, *out_pos, size);

    if (error != 0)
        return error;
    if (size > inode->size - *in_pos || *in_pos >= inode->size)
        size = *in_pos < inode->size ? inode->size - *in_pos : 0;
    error = limit_write_size(*out_pos, &size);
    if (error != 0 || size == 0)
        return error;
    if (inode == out->inode && *in_pos < *out_pos + size && *out_pos < *in_pos + size)
        return -EINVAL; /* they overlap */
    done = copy_all(&copy, size < RW_MAX ? size : RW_MAX);
    *in_pos = copy.in_pos;
    return done;
}

int64_t sys_copy_file_range(const uint64_t arg[6])
{
    struct file *in = file_at(arg[0]), *out = file_at(arg[2]);
    uint64_t in_pos = 0, out_pos = 0;
    int64_t result = -EBADF;

    if (in != NULL && out != NULL) {
        in_pos = in->pos;
        out_pos = out->pos;
        if ((arg[1] != 0 && user_get(in_pos, arg[1])) || (arg[3] != 0 && user_get(out_pos, arg[3])))
            result = -EFAULT;
        else
            result = (unsigned)arg[5] != 0 ? -EINVAL : copy_range(in, &in_pos, out, &out_pos, arg[4]);
        copy_count(in, out, result);
        if (result > 0 && arg[1] == 0)
            in->pos = in_pos;
        if (result > 0 && arg[3] == 0)
            out->pos = out_pos;
    }
    if (out != NULL)
        file_put(out);
    if (in != NULL)
        file_put(in);
    if (result > 0 && ((arg[1] != 0 && user_put(arg[1], in_pos)) || (arg[3] != 0 && user_put(arg[3], out_pos))))
        return -EFAULT;
    return result;
}
