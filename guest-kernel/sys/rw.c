/* SPDX-License-Identifier: Apache-2.0 */
/* rw.c - read, write and their like: descriptors and buffers into a file and an iter. */
#include "sys/syscall.h"

#include "abi/i386.h"
#include "core/wait.h"
#include "lib/string.h"
#include "mm/iter.h"
#include "mm/kmalloc.h"
#include "net/socket.h"
#include "sys/limit.h"
#include "sys/user.h"
#include "sys/vector.h"
#include "vfs/eventfd.h"
#include "vfs/notify.h"
#include "vfs/pipe.h"

#define IOV_MAX 1024u

enum direction { READ, WRITE }; /* as struct io_counts has them */

static bool is_open_for(const struct file *file, enum direction direction)
{
    return direction == READ ? file_is_readable(file) : file_is_writable(file);
}

/* The file for a transfer, with a reference: it stays open while we wait, whoever closes it. NULL: -EBADF. */
static struct file *transfer_file(uint64_t fd, enum direction direction)
{
    struct file *file = user_file(fd);

    if (file == NULL || !is_open_for(file, direction))
        return NULL;
    file_get(file);
    return file;
}

/* pos NULL: at the file's own position. */
static int64_t transfer(struct file *file, enum direction direction, struct iter *iter, const uint64_t *pos)
{
    if (pos != NULL)
        return direction == READ ? file_pread(file, iter, *pos) : file_pwrite(file, iter, *pos);
    return direction == READ ? file_read(file, iter) : file_write(file, iter);
}

/* What the call has moved, or -errno, for /proc/PID/io. */
static inline __attribute__((always_inline)) void io_count(enum direction direction, int64_t result)
{
    struct io_counts *io = &current_thread()->io;

    io->calls[direction]++;
    if (__builtin_expect(result > 0, true) != 0)
        io->bytes[direction] += (uint64_t)result;
}

/* Who watches the file is told that at least `least` bytes were moved. */
static inline __attribute__((always_inline)) void transfer_tell(const struct file *file, enum direction direction,
                                                                int64_t result, int64_t least)
{
    if (__builtin_expect(watch_count != 0, false) != 0 && result >= least)
        notify_file_now(file, direction == READ ? IN_ACCESS : IN_MODIFY);
}

/* A write by a process that has set limits. Out of line, as few have. */
static __attribute__((noinline)) int64_t write_limited(struct file *file, struct iter *iter, const uint64_t *pos)
{
    int error = limit_write(file, iter, pos != NULL ? *pos : file->pos);

    return error != 0 ? error : transfer(file, WRITE, iter, pos);
}

static bool range_is_user(uint64_t base, uint64_t length)
{
    return (int64_t)(base | length) >= 0 && base + length <= ISA_USER_TOP;
}

/* What isn't a few bytes of the program's memory: an error, or more than one call moves. */
static __attribute__((noinline)) int check_unusual(struct iter_segment *segment)
{
    if (!range_is_user(segment->base, segment->length))
        return (int64_t)segment->length < 0 ? -EINVAL : -EFAULT;
    segment->length = RW_MAX;
    return 0;
}

int vector_check_one(struct iter_segment *segment)
{
    if (__builtin_expect(segment->length > RW_MAX, false) != 0)
        return check_unusual(segment);
    if (__builtin_expect(segment->base > ISA_USER_TOP - segment->length, false) != 0)
        return -EFAULT;
    return 0;
}

/* file_read and its like see themselves whether the file is open for it; but that comes before the buffer's errors. */
static inline __attribute__((always_inline)) int64_t transfer_buffer(const uint64_t arg[6], enum direction direction,
                                                                     const uint64_t *pos)
{
    struct iter_segment segment = {arg[1], arg[2]};
    struct iter iter;
    struct file *file = fd_get(current_thread()->files, (int)arg[0]);

    if (file == NULL)
        return -EBADF;
    int error = vector_check_one(&segment);
    if (error != 0)
        return is_open_for(file, direction) ? error : -EBADF;
    file_get(file);
    iter_init(&iter, &segment, 1, true);
    bool limited = direction == WRITE && __builtin_expect(current_process()->limits != NULL, false) != 0;
    int64_t result = limited ? write_limited(file, &iter, pos) : transfer(file, direction, &iter, pos);
    transfer_tell(file, direction, result, 1);
    file_put(file);
    io_count(direction, result);
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

/* ---- the flags of preadv2 and pwritev2 ---- */

#define RWF_HIPRI 1u
#define RWF_DSYNC 2u
#define RWF_SYNC 4u
#define RWF_NOWAIT 8u
#define RWF_APPEND 0x10u
#define RWF_NOAPPEND 0x20u
#define RWF_NOSIGNAL 0x100u
/* Not RWF_ATOMIC and RWF_DONTCACHE, which Linux refuses, too, where a file system hasn't got them. */
#define RWF_TAKEN (RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND | RWF_NOAPPEND | RWF_NOSIGNAL)

/* What the flags make of the open file's own. RWF_HIPRI is a hint. */
static uint32_t flags_with(uint32_t flags, unsigned rwf)
{
    if (rwf & RWF_DSYNC)
        flags |= O_DSYNC;
    if (rwf & RWF_SYNC)
        flags |= O_SYNC;
    if (rwf & RWF_APPEND)
        flags |= O_APPEND;
    if (rwf & RWF_NOWAIT)
        flags |= O_NONBLOCK;
    return rwf & RWF_NOAPPEND ? flags & ~O_APPEND : flags;
}

/* Linux refuses RWF_NOWAIT for a file system that may always wait (vfat), for tmpfs, and for FIFOs and terminals. That
 * of ext4 reads so what is in memory; here it is refused, too. */
static bool takes_nowait(const struct file *file)
{
    if (socket_of(file) != NULL || file->ops->takes_nowait)
        return true;
    return pipe_of(file) != NULL ? file->inode->fs == NULL : eventfd_is(file);
}

/* Whether there is a transfer of that direction that doesn't heed flags but RWF_HIPRI. */
static bool is_plain(const struct file *file, enum direction direction)
{
    return direction == READ ? file->ops->plain_read : file->ops->plain_write;
}

static bool is_missing(const struct file *file, enum direction direction)
{
    return direction == READ ? file->ops->read == NULL : file->ops->write == NULL;
}

/* The transfer is that of an open file with other flags, which is the caller's for this call alone. */
static int64_t transfer_flagged(struct file *file, enum direction direction, struct iter *iter, const uint64_t *pos,
                                unsigned rwf)
{
    struct file other;
    int64_t result;

    if (rwf == 0 || is_missing(file, direction)) /* the latter tells why */
        return direction == WRITE ? write_limited(file, iter, pos) : transfer(file, direction, iter, pos);
    if ((rwf & ~RWF_HIPRI) && is_plain(file, direction))
        return -EOPNOTSUPP;
    if ((rwf & ~RWF_TAKEN) || ((rwf & RWF_NOWAIT) && !takes_nowait(file)))
        return -EOPNOTSUPP;
    if ((rwf & (RWF_APPEND | RWF_NOAPPEND)) == (RWF_APPEND | RWF_NOAPPEND))
        return -EINVAL;
    other = *file;
    other.flags = flags_with(file->flags, rwf);
    other.no_sigpipe = rwf & RWF_NOSIGNAL;
    result = direction == WRITE ? write_limited(&other, iter, pos) : transfer(&other, direction, iter, pos);
    if (file->ops->seekable && pos == NULL) /* then nobody else has run meanwhile */
        file->pos = other.pos;
    return result;
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

/* The segments as they stand in the program, which has them in words of its own size. 0 or -EFAULT. */
static int segments_get(struct vector *vector, uaddr_t address)
{
    struct i386_iovec *half = (void *)vector->segments;

    if (!call_is_32bit())
        return copy_from_user(vector->segments, address, vector->count * sizeof(struct iter_segment));
    if (copy_from_user(half, address, vector->count * sizeof(*half)) != 0)
        return -EFAULT;
    for (unsigned i = vector->count; i-- != 0;) { /* from the end: each becomes longer in its place */
        const struct i386_iovec given = half[i];
        /* A length is signed there too. */
        vector->segments[i] = (struct iter_segment){given.base, (uint64_t)(int64_t)(int32_t)given.length};
    }
    return 0;
}

static int vector_check_foreign(struct vector *vector)
{
    for (unsigned i = 0; i < vector->count; i++)
        if ((int64_t)vector->segments[i].length < 0)
            return -EINVAL;
    return 0;
}

static int vector_take(struct vector *vector, uaddr_t address, uint64_t count, int (*check)(struct vector *vector))
{
    if (count > IOV_MAX)
        return -EINVAL;
    vector->count = (unsigned)count;
    vector->segments = vector->few;
    if (count > IOV_ON_STACK) {
        vector->pages = page_alloc_order_dirty(VECTOR_ORDER);
        if (vector->pages == NULL)
            return -ENOMEM;
        vector->segments = page_data(vector->pages);
    }
    int error = segments_get(vector, address);
    if (error == 0)
        error = check(vector);
    if (error != 0)
        vector_put(vector);
    return error;
}

int vector_get(struct vector *vector, uaddr_t address, uint64_t count)
{
    return vector_take(vector, address, count, vector_check);
}

int vector_get_foreign(struct vector *vector, uaddr_t address, uint64_t count)
{
    return vector_take(vector, address, count, vector_check_foreign);
}

static int64_t transfer_vector(const uint64_t arg[6], enum direction direction, const uint64_t *pos, unsigned rwf)
{
    struct vector vector;
    struct iter iter;
    struct file *file = transfer_file(arg[0], direction);

    if (file == NULL) {
        io_count(direction, -EBADF);
        return -EBADF;
    }
    int64_t result = vector_get(&vector, arg[1], arg[2]);
    if (result == 0) {
        iter_init(&iter, vector.segments, vector.count, true);
        result = transfer_flagged(file, direction, &iter, pos, rwf);
        vector_put(&vector);
        transfer_tell(file, direction, result, direction == READ ? 0 : 1);
    }
    file_put(file);
    io_count(direction, result);
    return result;
}

int64_t sys_readv(const uint64_t arg[6])
{
    return transfer_vector(arg, READ, NULL, 0);
}

int64_t sys_writev(const uint64_t arg[6])
{
    return transfer_vector(arg, WRITE, NULL, 0);
}

/* The position comes in two halves for the sake of 32-bit ISAs; on ours the first is all of it. */
int64_t sys_preadv(const uint64_t arg[6])
{
    return (int64_t)arg[3] < 0 ? -EINVAL : transfer_vector(arg, READ, &arg[3], 0);
}

int64_t sys_pwritev(const uint64_t arg[6])
{
    return (int64_t)arg[3] < 0 ? -EINVAL : transfer_vector(arg, WRITE, &arg[3], 0);
}

/* preadv2 and pwritev2: a position of -1 is the file's own. */
static int64_t transfer_vector2(const uint64_t arg[6], enum direction direction)
{
    const uint64_t *pos = (int64_t)arg[3] == -1 ? NULL : &arg[3];

    if ((int64_t)arg[3] < -1)
        return -EINVAL;
    return transfer_vector(arg, direction, pos, (unsigned)arg[5]);
}

int64_t sys_preadv2(const uint64_t arg[6])
{
    return transfer_vector2(arg, READ);
}

int64_t sys_pwritev2(const uint64_t arg[6])
{
    return transfer_vector2(arg, WRITE);
}
