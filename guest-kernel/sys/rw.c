/* SPDX-License-Identifier: Apache-2.0 */
/* rw.c - read, write and their like: descriptors and buffers into a file and an iter. */
#include "sys/syscall.h"

#include "core/wait.h"
#include "lib/string.h"
#include "mm/iter.h"
#include "mm/kmalloc.h"
#include "sys/user.h"
#include "sys/vector.h"

#define RW_MAX 0x7ffff000ull /* bytes that one call moves at most (Linux: MAX_RW_COUNT) */
#define IOV_MAX 1024u

enum direction { READ, WRITE };

static bool is_open_for(const struct file *file, enum direction direction)
{
    return direction == READ ? file_is_readable(file) : file_is_writable(file);
}

/* The file for a transfer, with a reference: it stays open while we wait, whoever closes it. NULL: -EBADF. */
static struct file *transfer_file(uint64_t fd, enum direction direction)
{
    struct file *file = user_file(fd);

    if (!file || !is_open_for(file, direction))
        return NULL;
    file_get(file);
    return file;
}

/* pos NULL: at the file's own position. */
static int64_t transfer(struct file *file, enum direction direction, struct iter *iter, const uint64_t *pos)
{
    if (pos)
        return direction == READ ? file_pread(file, iter, *pos) : file_pwrite(file, iter, *pos);
    return direction == READ ? file_read(file, iter) : file_write(file, iter);
}

static bool range_is_user(uint64_t base, uint64_t length)
{
    return (int64_t)(base | length) >= 0 && base + length <= ISA_USER_TOP;
}

int vector_check_one(struct iter_segment *segment)
{
    if (__builtin_expect(!range_is_user(segment->base, segment->length), false))
        return (int64_t)segment->length < 0 ? -EINVAL : -EFAULT;
    if (segment->length > RW_MAX)
        segment->length = RW_MAX;
    return 0;
}

/* file_read and its like see themselves whether the file is open for it; but that comes before the buffer's errors. */
static inline __attribute__((always_inline)) int64_t transfer_buffer(const uint64_t arg[6], enum direction direction,
                                                                     const uint64_t *pos)
{
    struct iter_segment segment = {arg[1], arg[2]};
    struct iter iter;
    struct file *file = user_file(arg[0]);

    if (!file)
        return -EBADF;
    int err = vector_check_one(&segment);
    if (err)
        return is_open_for(file, direction) ? err : -EBADF;
    file_get(file);
    iter_init(&iter, &segment, 1, true);
    int64_t result = transfer(file, direction, &iter, pos);
    file_put(file);
    return result;
}

int64_t sys_read(const uint64_t arg[6])
{
    return transfer_buffer(arg, READ, NULL);
}

int64_t sys_write(const uint64_t arg[6])
{
    return transfer_buffer(arg, WRITE, NULL);
}

int64_t sys_pread64(const uint64_t arg[6])
{
    return (int64_t)arg[3] < 0 ? -EINVAL : transfer_buffer(arg, READ, &arg[3]);
}

int64_t sys_pwrite64(const uint64_t arg[6])
{
    return (int64_t)arg[3] < 0 ? -EINVAL : transfer_buffer(arg, WRITE, &arg[3]);
}

/* ---- vectors ---- */

#define VECTOR_ORDER 2u
_Static_assert(IOV_MAX * sizeof(struct iter_segment) <= PAGE_SIZE << VECTOR_ORDER, "the longest vector fits");

void vector_put(struct vector *vector)
{
    if (vector->segments != vector->few)
        page_put_order(vector->pages, VECTOR_ORDER);
}

/* Checks the segments as Linux's import_iovec: each length is positive, and all together are cut at RW_MAX. */
static int vector_check(struct vector *vector)
{
    uint64_t left = RW_MAX;

    for (unsigned i = 0; i < vector->count; i++) {
        struct iter_segment *segment = &vector->segments[i];
        if ((int64_t)segment->length < 0)
            return -EINVAL;
        if (!range_is_user(segment->base, segment->length))
            return -EFAULT;
        if (segment->length > left)
            segment->length = left;
        left -= segment->length;
    }
    return 0;
}

int vector_get(struct vector *vector, uaddr_t address, uint64_t count)
{
    if (count > IOV_MAX)
        return -EINVAL;
    vector->count = (unsigned)count;
    vector->segments = vector->few;
    if (count > IOV_ON_STACK) {
        vector->pages = page_alloc_order_dirty(VECTOR_ORDER);
        if (!vector->pages)
            return -ENOMEM;
        vector->segments = page_data(vector->pages);
    }
    int err = copy_from_user(vector->segments, address, count * sizeof(struct iter_segment));
    if (!err)
        err = vector_check(vector);
    if (err)
        vector_put(vector);
    return err;
}

static int64_t transfer_vector(const uint64_t arg[6], enum direction direction, const uint64_t *pos)
{
    struct vector vector;
    struct iter iter;
    struct file *file = transfer_file(arg[0], direction);

    if (!file)
        return -EBADF;
    int64_t result = vector_get(&vector, arg[1], arg[2]);
    if (!result) {
        iter_init(&iter, vector.segments, vector.count, true);
        result = transfer(file, direction, &iter, pos);
        vector_put(&vector);
    }
    file_put(file);
    return result;
}

int64_t sys_readv(const uint64_t arg[6])
{
    return transfer_vector(arg, READ, NULL);
}

int64_t sys_writev(const uint64_t arg[6])
{
    return transfer_vector(arg, WRITE, NULL);
}

/* The position comes in two halves for the sake of 32-bit ISAs; on ours the first is all of it. */
int64_t sys_preadv(const uint64_t arg[6])
{
    return (int64_t)arg[3] < 0 ? -EINVAL : transfer_vector(arg, READ, &arg[3]);
}

int64_t sys_pwritev(const uint64_t arg[6])
{
    return (int64_t)arg[3] < 0 ? -EINVAL : transfer_vector(arg, WRITE, &arg[3]);
}

/* preadv2 and pwritev2: position -1 means the file's own. The RWF_ flags are hints that we don't take, or promises
 * (RWF_DSYNC, RWF_APPEND, RWF_NOWAIT) that we don't give. */
static int64_t transfer_vector2(const uint64_t arg[6], enum direction direction)
{
    if (arg[5])
        return -EOPNOTSUPP;
    if ((int64_t)arg[3] == -1)
        return transfer_vector(arg, direction, NULL);
    return (int64_t)arg[3] < 0 ? -EINVAL : transfer_vector(arg, direction, &arg[3]);
}

int64_t sys_preadv2(const uint64_t arg[6])
{
    return transfer_vector2(arg, READ);
}

int64_t sys_pwritev2(const uint64_t arg[6])
{
    return transfer_vector2(arg, WRITE);
}

/* ---- sendfile ---- */

/* Moves at most a page through `buffer`. Bytes that arrived, 0 at the end, or -errno. */
static int64_t send_piece(struct file *out, struct inode *in, uint64_t pos, uint64_t size, void *buffer)
{
    struct iter_segment segment = {(uint64_t)(uintptr_t)buffer, 0};
    struct iter iter;
    int64_t got = inode_read(in, pos, buffer, size < PAGE_SIZE ? size : PAGE_SIZE);

    if (got <= 0)
        return got;
    segment.length = (uint64_t)got;
    iter_init(&iter, &segment, 1, false);
    return file_write(out, &iter);
}

static int64_t send_all(struct file *out, struct file *in, uint64_t *pos, uint64_t size)
{
    struct page *page = page_alloc_dirty();
    int64_t sent = 0;

    if (!page)
        return -ENOMEM;
    while ((uint64_t)sent < size) {
        int64_t step = send_piece(out, in->inode, *pos, size - (uint64_t)sent, page_data(page));
        if (step <= 0) {
            if (!sent)
                sent = step;
            break;
        }
        *pos += (uint64_t)step;
        sent += step;
        if (sent % WAIT_LOOP_BYTES < step && wait_loop_ends(true))
            break;
    }
    page_put(page);
    return sent;
}

static int64_t send_from(struct file *out, struct file *in, uaddr_t offset, uint64_t size)
{
    uint64_t pos = in->pos;

    if (!in->inode || !S_ISREG(in->inode->mode) || (int64_t)size < 0)
        return -EINVAL;
    if (offset && user_get(pos, offset))
        return -EFAULT;
    if ((int64_t)pos < 0)
        return -EINVAL;
    int64_t sent = send_all(out, in, &pos, size < RW_MAX ? size : RW_MAX);
    if (sent <= 0)
        return sent;
    if (!offset)
        in->pos = pos;
    else if (user_put(offset, pos))
        return -EFAULT;
    return sent;
}

int64_t sys_sendfile(const uint64_t arg[6])
{
    struct file *in = transfer_file(arg[1], READ), *out = in ? transfer_file(arg[0], WRITE) : NULL;
    int64_t result = -EBADF;

    if (out) {
        result = out->flags & O_APPEND ? -EINVAL : send_from(out, in, arg[2], arg[3]);
        file_put(out);
    }
    if (in)
        file_put(in);
    return result;
}
