/* SPDX-License-Identifier: Apache-2.0 */
/* disk.c - a block device in memory. */
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "stubs.h"
#include "vfs/blk.h"

static struct stub_disk *disk_of; /* one at a time */

static int count_request(struct stub_disk *disk, unsigned *counter)
{
    (*counter)++;
    if (disk->fail_after == 1)
        return -EIO;
    if (disk->fail_after != 0)
        disk->fail_after--;
    return 0;
}

static int disk_transfer(struct blk_device *dev, bool write, uint64_t sector, const struct blk_segment *segments,
                         unsigned count)
{
    uint8_t *at = disk_of->bytes + sector * SECTOR_SIZE;
    int error = count_request(disk_of, write ? &disk_of->writes : &disk_of->reads);
    size_t start = sector * SECTOR_SIZE, end = start;

    (void)dev;
    if (!write && disk_of->meanwhile != NULL)
        disk_of->meanwhile();
    for (unsigned i = 0; i < count; i++)
        end += segments[i].size;
    if (write && start < disk_of->bad_to && end > disk_of->bad_from)
        error = -EIO;
    for (unsigned i = 0; error == 0 && i < count; i++) {
        if (write)
            memcpy(at, phys_to_virt(segments[i].addr), segments[i].size);
        else
            memcpy(phys_to_virt(segments[i].addr), at, segments[i].size);
        at += segments[i].size;
    }
    return error;
}

static int disk_flush(struct blk_device *dev)
{
    (void)dev;
    disk_of->flushes++;
    return 0;
}

static int disk_clear(struct blk_device *dev, bool zero, uint64_t sector, uint64_t sectors)
{
    int error = count_request(disk_of, zero ? &disk_of->zeroes : &disk_of->discards);

    (void)dev;
    if (error != 0 || disk_of->clear_fails)
        return -EIO;
    memset(disk_of->bytes + sector * SECTOR_SIZE, zero ? 0 : 0xdd, sectors * SECTOR_SIZE);
    disk_of->discarded += zero ? 0 : sectors;
    return 0;
}

/* ---- one that takes its time: what was started is done when somebody waits, or looks ---- */

static struct blk_request *pending, **last = &pending;

static void disk_start(struct blk_device *dev, struct blk_request *request)
{
    (void)dev;
    request->next = NULL;
    *last = request;
    last = &request->next;
}

static bool disk_step(struct blk_device *dev)
{
    struct blk_request *request = pending;

    if (request == NULL)
        return false;
    pending = request->next;
    if (pending == NULL)
        last = &pending;
    if (request->op == BLK_FLUSH)
        request->result = disk_flush(dev);
    else if (request->op == BLK_DISCARD || request->op == BLK_ZERO)
        request->result = disk_clear(dev, request->op == BLK_ZERO, request->sector, request->sectors);
    else
        request->result =
            disk_transfer(dev, request->op == BLK_WRITE, request->sector, request->segments, request->count);
    request->ended = true;
    if (request->done != NULL)
        request->done(request);
    return true;
}

static void disk_poll(struct blk_device *dev)
{
    while (disk_step(dev))
        ;
}

static int disk_wait(struct blk_device *dev, bool (*done)(void *arg), void *arg, unsigned want, uint64_t deadline_ns,
                     bool interruptible)
{
    (void)want, (void)deadline_ns, (void)interruptible;
    while (!done(arg))
        if (!disk_step(dev))
            abort();
    return 0;
}

struct blk_device *stub_disk_open(struct stub_disk *disk, bool read_only)
{
    static const struct blk_ops ops = {.transfer = disk_transfer, .flush = disk_flush, .clear = disk_clear};
    static const struct blk_ops slow_ops = {.start = disk_start, .poll = disk_poll, .wait = disk_wait};
    static struct blk_device dev;

    dev = (struct blk_device){.name = "vda",
                              .sectors = disk->size / SECTOR_SIZE,
                              .read_only = read_only,
                              .takes_discards = disk->clears,
                              .takes_zeroes = disk->clears,
                              .ops = disk->slow ? &slow_ops : &ops};
    disk_of = disk;
    return &dev;
}
