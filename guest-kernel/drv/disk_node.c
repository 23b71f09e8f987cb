/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk_node.c - a disk as a file of bytes: /dev/vda and on.
 *
 * Reads and writes go to the disk at once, through a buffer: nothing is kept, so what one program wrote the next reads,
 * whatever way it takes. A disk that is mounted can only be read, and one that is open for writing can't be mounted: a
 * write would go unseen by the file system, which would spoil it in turn.
 */
#include "drv/disk_node.h"

#include "abi/errno.h"
#include "core/signal.h"
#include "drv/disk_ioctl.h"
#include "drv/virtio_blk.h"
#include "mm/iter.h"
#include "mm/page.h"
#include "vfs/blk.h"
#include "vfs/device.h"

#define DISKS_MAX 16u
#define MAJOR 254u /* of Linux's virtio-blk, as a rule */
#define MINORS 16u /* it leaves room for 15 partitions */
#define RDEV(n) DEVICE_RDEV(MAJOR, (n) * MINORS)
#define BUFFER_ORDER 4u
#define SECTOR_MASK (SECTOR_SIZE - 1u)

static struct blk_device *disks[DISKS_MAX];
static unsigned disk_count;

/* The part of a transfer that goes through the buffer at once: whole sectors, of which it wants some bytes. */
struct window {
    struct blk_device *dev;
    char *buffer;
    uint64_t sector;
    size_t offset, wanted; /* of the bytes, in the buffer */
};

static struct blk_device *device_of(const struct file *file)
{
    return file->owner;
}

static uint64_t disk_size(struct file *file)
{
    return device_of(file)->sectors * SECTOR_SIZE;
}

static void window_place(struct window *window, uint64_t pos, uint64_t left, size_t room)
{
    window->sector = pos / SECTOR_SIZE;
    window->offset = pos & SECTOR_MASK;
    window->wanted = left < room - window->offset ? (size_t)left : room - window->offset;
}

static int window_move(const struct window *window, bool write, size_t bytes)
{
    struct blk_segment segment = {virt_to_phys(window->buffer),
                                  (uint32_t)((bytes + SECTOR_MASK) & ~(size_t)SECTOR_MASK)};

    return blk_transfer(window->dev, write, window->sector, &segment, 1);
}

static int64_t window_read(const struct window *window, struct iter *iter)
{
    int error = window_move(window, false, window->offset + window->wanted);

    return error != 0 ? error : iter_fill(iter, window->buffer + window->offset, window->wanted);
}

/* Sectors that are written in part are read first. Where the program's buffer ends early, whole sectors alone go. */
static int64_t window_write(const struct window *window, struct iter *iter)
{
    size_t end = window->offset + window->wanted;
    int error = (window->offset | end) & SECTOR_MASK ? window_move(window, false, end) : 0;
    int64_t moved;

    if (error != 0)
        return error;
    moved = iter_drain(iter, window->buffer + window->offset, window->wanted);
    if (moved < 0)
        return moved;
    if ((size_t)moved < window->wanted) {
        end = (window->offset + (size_t)moved) & ~(size_t)SECTOR_MASK;
        if (end <= window->offset)
            return -EFAULT;
    }
    error = window_move(window, true, end);
    return error != 0 ? error : (int64_t)(end - window->offset);
}

/* A signal that ends the process ends it between two windows. */
static int64_t transfer(struct file *file, struct iter *iter, uint64_t *pos, uint64_t left, bool write)
{
    struct window window = {.dev = device_of(file)};
    struct page *pages = page_alloc_order_dirty(BUFFER_ORDER);
    int64_t done = 0, moved = 0;

    if (pages == NULL)
        return -ENOMEM;
    window.buffer = page_data(pages);
    while (left != 0 && !(done != 0 && signal_fatal_pending(current_thread()))) {
        window_place(&window, *pos, left, (size_t)PAGE_SIZE << BUFFER_ORDER);
        moved = write ? window_write(&window, iter) : window_read(&window, iter);
        if (moved <= 0)
            break;
        *pos += (uint64_t)moved;
        left -= (uint64_t)moved;
        done += moved;
        if ((size_t)moved < window.wanted)
            break;
    }
    page_put_order(pages, BUFFER_ORDER);
    return done != 0 ? done : moved;
}

/* How many of the iter's bytes lie before the disk's end. */
static uint64_t bytes_within(struct file *file, const struct iter *iter, uint64_t pos)
{
    uint64_t size = disk_size(file);

    if (pos >= size)
        return 0;
    return iter->left < size - pos ? iter->left : size - pos;
}

static int64_t disk_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    return transfer(file, iter, pos, bytes_within(file, iter, *pos), false);
}

static int64_t disk_write(struct file *file, struct iter *iter, uint64_t *pos)
{
    uint64_t left;

    if (device_of(file)->read_only)
        return -EPERM;
    if (file->flags & O_APPEND)
        *pos = disk_size(file);
    left = bytes_within(file, iter, *pos);
    return iter->left != 0 && left == 0 ? -ENOSPC : transfer(file, iter, pos, left, true);
}

static int disk_sync(struct file *file)
{
    return blk_flush(device_of(file));
}

static void disk_release(struct file *file)
{
    device_of(file)->writers -= file_is_writable(file);
}

static int64_t disk_ioctl(struct file *file, unsigned request, uint64_t arg)
{
    return disk_ioctl_answer(device_of(file), file_is_writable(file), request, arg);
}

static int node_allocate(struct file *file, uint32_t mode, uint64_t pos, uint64_t size)
{
    return disk_allocate(device_of(file), mode, pos, size);
}

/* ---- the nodes ---- */

static const struct file_ops disk_ops = {
    .read = disk_read,
    .write = disk_write,
    .ioctl = disk_ioctl,
    .sync = disk_sync,
    .release = disk_release,
    .size = disk_size,
    .allocate = node_allocate,
    .splice = SPLICE_READ | SPLICE_WRITE,
    .seekable = true,
};

static int disk_open(struct inode *inode, struct file *file)
{
    struct blk_device *dev = disk_at(device_minor(inode->rdev) / MINORS);

    if ((dev->fs != NULL || dev->mounting) && file_is_writable(file))
        return -EBUSY;
    dev->writers += file_is_writable(file);
    file->ops = &disk_ops;
    file->owner = dev;
    return 0;
}

int disk_add(struct virtio_device *dev)
{
    int error = disk_count < DISKS_MAX ? virtio_blk_create(dev, disk_count, &disks[disk_count]) : -ENODEV;

    if (error == 0)
        disk_count++;
    return error;
}

struct blk_device *disk_at(unsigned n)
{
    return n < disk_count ? disks[n] : NULL;
}

void disk_nodes_register(void)
{
    static struct device nodes[DISKS_MAX];

    for (unsigned n = 0; n < disk_count; n++) {
        nodes[n] = (struct device){.name = disks[n]->name, .mode = S_IFBLK | 0660, .rdev = RDEV(n), .open = disk_open};
        device_register(&nodes[n]);
        blk_register(disks[n], RDEV(n));
    }
}
