/* SPDX-License-Identifier: Apache-2.0 */
/* mem_devices.c - the devices that are nothing but memory: mem(4), null(4), random(4). */
#include "drv/mem_devices.h"

#include "abi/errno.h"
#include "core/random.h"
#include "core/wait.h"
#include "vfs/device.h"
#include "vfs/fasync.h"

#define MEM_MAJOR 1u
#define RANDOM_CHUNK 256u

static int64_t null_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    (void)file, (void)iter, (void)pos;
    return 0;
}

static int64_t null_write(struct file *file, struct iter *iter, uint64_t *pos)
{
    (void)file, (void)pos;
    uint64_t done = iter->left;
    iter->left = 0;
    return (int64_t)done;
}

static __attribute__((noinline, cold)) int64_t zero_long(struct iter *iter)
{
    int64_t done = 0;

    while (iter->left != 0) {
        size_t want = iter->left < WAIT_LOOP_BYTES ? iter->left : WAIT_LOOP_BYTES;
        int64_t moved = iter_zero(iter, want);
        if (moved < 0)
            return done != 0 ? done : moved;
        done += moved;
        if ((size_t)moved < want || (iter->left != 0 && wait_loop_ends(false)))
            break;
    }
    return done;
}

static int64_t zero_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    (void)file, (void)pos;
    /* One comparison for both ends: none at all, and too much. */
    return iter->left - 1 >= WAIT_LOOP_BYTES ? zero_long(iter) : iter_zero_all(iter);
}

static int64_t full_write(struct file *file, struct iter *iter, uint64_t *pos)
{
    (void)file, (void)pos;
    return iter->left != 0 ? -ENOSPC : 0;
}

static int64_t random_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    (void)file, (void)pos;
    unsigned char chunk[RANDOM_CHUNK];
    int64_t done = 0;
    while (iter->left != 0) {
        size_t want = iter->left < sizeof(chunk) ? iter->left : sizeof(chunk);
        random_bytes(chunk, want);
        int64_t moved = iter_fill(iter, chunk, want);
        if (moved < 0)
            return done != 0 ? done : moved;
        done += moved;
        if ((size_t)moved < want || (iter->left != 0 && done % (WAIT_LOOP_BYTES / 16) == 0 && wait_loop_ends(false)))
            break;
    }
    return done;
}

/* They would be told when there is randomness at last, which is from the start. */
static int random_fasync(struct file *file, int fd, bool on)
{
    static struct fasync *owners;

    return fasync_set(&owners, file, fd, on);
}

static const struct file_ops null_ops = {
    .read = null_read, .write = null_write, .splice = SPLICE_WRITE, .seekable = true, .takes_nowait = true};
static const struct file_ops zero_ops = {.read = zero_read,
                                         .write = null_write,
                                         .splice = SPLICE_READ | SPLICE_WRITE,
                                         .seekable = true,
                                         .takes_nowait = true,
                                         .maps_zeros = true};
static const struct file_ops full_ops = {
    .read = zero_read, .write = full_write, .splice = SPLICE_READ, .seekable = true};
static const struct file_ops random_ops = {.read = random_read,
                                           .write = null_write,
                                           .splice = SPLICE_READ | SPLICE_WRITE,
                                           .seekable = true,
                                           .takes_nowait = true,
                                           .fasync = random_fasync};

#define OPENER(kind)                                               \
    static int kind##_open(struct inode *inode, struct file *file) \
    {                                                              \
        (void)inode;                                               \
        file->ops = &kind##_ops;                                   \
        return 0;                                                  \
    }
OPENER(null)
OPENER(zero)
OPENER(full)
OPENER(random)

static struct device devices[] = {
    {.name = "null", .mode = S_IFCHR | 0666, .rdev = DEVICE_RDEV(MEM_MAJOR, 3), .open = null_open},
    {.name = "zero", .mode = S_IFCHR | 0666, .rdev = DEVICE_RDEV(MEM_MAJOR, 5), .open = zero_open},
    {.name = "full", .mode = S_IFCHR | 0666, .rdev = DEVICE_RDEV(MEM_MAJOR, 7), .open = full_open},
    {.name = "random", .mode = S_IFCHR | 0666, .rdev = DEVICE_RDEV(MEM_MAJOR, 8), .open = random_open},
    {.name = "urandom", .mode = S_IFCHR | 0666, .rdev = DEVICE_RDEV(MEM_MAJOR, 9), .open = random_open},
};

void mem_devices_register(void)
{
    for (unsigned n = 0; n < sizeof(devices) / sizeof(devices[0]); n++)
        device_register(&devices[n]);
}
