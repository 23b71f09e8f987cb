/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio_blk.c - disks.
 *
 * One request at a time, and the caller waits for it: a file system here has nothing else to do meanwhile. A device
 * that answers during the kick is never waited for and never interrupts.
 */
#include "drv/virtio_blk.h"

#include "abi/errno.h"
#include "core/wait.h"
#include "lib/list.h"
#include "lib/log.h"
#include "mm/kmalloc.h"

/* Section 5.2.3. */
#define BLK_F_SIZE_MAX (1ull << 1)
#define BLK_F_SEG_MAX (1ull << 2)
#define BLK_F_RO (1ull << 5)
#define BLK_F_FLUSH (1ull << 9)

/* Section 5.2.4. */
enum { CONFIG_CAPACITY = 0, CONFIG_SIZE_MAX = 8, CONFIG_SEG_MAX = 12 };

enum blk_request_type { BLK_T_IN = 0, BLK_T_OUT = 1, BLK_T_FLUSH = 4 };
enum { BLK_S_OK = 0, BLK_S_UNSET = 0xff };

/* Descriptors of a request beside its data: header and status. */
#define FIXED_DESCRIPTORS 2u
/* With indirect descriptors a request takes one entry of the ring; without, the ring is what bounds it. */
#define QUEUE_SIZE_INDIRECT 4u
#define QUEUE_SIZE_DIRECT 64u

struct blk_request { /* section 5.2.6 */
    uint32_t type, reserved;
    uint64_t sector;
    uint8_t status; /* the first byte that the device writes */
    uint8_t pad[15];
    struct virtq_desc table[]; /* indirect descriptors */
};
#define HEADER_BYTES 16u

struct virtio_blk {
    struct blk_device blk;
    char name[4];
    struct virtio_device *dev;
    struct virtqueue *queue;
    struct blk_request *request;
    paddr_t request_pa;
    bool indirect;
    bool busy;                       /* someone's request is under way */
    uint32_t segments_max, size_max; /* data descriptors in a request, bytes in each */
};

struct cursor { /* how far a transfer has come */
    const struct blk_segment *segment;
    unsigned count; /* segments left, the current one included */
    uint32_t offset;
};

static bool is_idle(void *arg)
{
    const struct virtio_blk *disk = arg;

    return !disk->busy;
}

static bool has_answered(void *arg)
{
    return virtqueue_has_used(arg);
}

static void request_begin(struct virtio_blk *disk, struct virtq_chain *chain, uint32_t type, uint64_t sector)
{
    struct blk_request *request = disk->request;

    request->type = type;
    request->sector = sector;
    request->status = BLK_S_UNSET;
    virtq_chain_begin(chain, disk->queue, disk->indirect ? request->table : NULL);
    virtq_chain_add(chain, disk->request_pa, HEADER_BYTES, false);
}

/* Sends the request and waits for its answer. */
static int request_run(struct virtio_blk *disk, struct virtq_chain *chain)
{
    int err;

    virtq_chain_add(chain, disk->request_pa + offsetof(struct blk_request, status), 1, true);
    err = disk->dev->broken ? -EIO : virtq_chain_submit(chain, disk->request);
    if (err)
        return err;
    virtqueue_kick(disk->queue);
    err = virtio_wait(disk->queue, has_answered, disk->queue, false);
    if (err) {
        disk->dev->broken = true; /* it still has the request, which must not be used again */
        return err;
    }
    if (virtqueue_take(disk->queue, NULL) != disk->request)
        return -EIO;
    return __atomic_load_n(&disk->request->status, __ATOMIC_RELAXED) == BLK_S_OK ? 0 : -EIO;
}

/* Adds as much data as one request may have; the bytes added. */
static uint64_t request_fill(struct virtio_blk *disk, struct virtq_chain *chain, struct cursor *at, bool write)
{
    uint64_t bytes = 0;
    uint32_t n;

    for (n = 0; n < disk->segments_max && at->count; n++) {
        uint32_t size = at->segment->size - at->offset;

        if (size > disk->size_max)
            size = disk->size_max;
        virtq_chain_add(chain, at->segment->addr + at->offset, size, !write);
        bytes += size;
        at->offset += size;
        if (at->offset == at->segment->size) {
            at->segment++;
            at->count--;
            at->offset = 0;
        }
    }
    return bytes;
}

static int blk_begin(struct virtio_blk *disk)
{
    int err = disk->busy ? wait_until(is_idle, disk, WAIT_FOREVER, false) : 0;

    if (!err)
        disk->busy = true;
    return err;
}

static int virtio_blk_transfer(struct blk_device *dev, bool write, uint64_t sector, const struct blk_segment *segments,
                               unsigned count)
{
    struct virtio_blk *disk = container_of(dev, struct virtio_blk, blk);
    struct cursor at = {segments, count, 0};
    int err = blk_begin(disk);

    while (!err && at.count) {
        struct virtq_chain chain;

        request_begin(disk, &chain, write ? BLK_T_OUT : BLK_T_IN, sector);
        sector += request_fill(disk, &chain, &at, write) / SECTOR_SIZE;
        err = request_run(disk, &chain);
    }
    disk->busy = false;
    return err;
}

static int virtio_blk_flush(struct blk_device *dev)
{
    struct virtio_blk *disk = container_of(dev, struct virtio_blk, blk);
    struct virtq_chain chain;
    int err;

    if (!(disk->dev->features & BLK_F_FLUSH)) /* section 5.2.6.2: then each write is stable when it is done */
        return 0;
    err = blk_begin(disk);
    if (err)
        return err;
    request_begin(disk, &chain, BLK_T_FLUSH, 0);
    err = request_run(disk, &chain);
    disk->busy = false;
    return err;
}

static const struct blk_ops virtio_blk_ops = {.transfer = virtio_blk_transfer, .flush = virtio_blk_flush};

/* What the device says of itself; the fields that it doesn't have are not looked at. */
struct config {
    uint32_t capacity[2], segments_max, size_max;
};

static void config_read(struct virtio_device *dev, struct config *config)
{
    virtio_config(dev, CONFIG_CAPACITY, &config->capacity[0]);
    virtio_config(dev, CONFIG_CAPACITY + 4, &config->capacity[1]);
    if (dev->features & BLK_F_SEG_MAX)
        virtio_config(dev, CONFIG_SEG_MAX, &config->segments_max);
    if (dev->features & BLK_F_SIZE_MAX)
        virtio_config(dev, CONFIG_SIZE_MAX, &config->size_max);
}

static int limits_set(struct virtio_blk *disk, const struct config *config)
{
    uint64_t features = disk->dev->features;
    uint32_t room = disk->indirect ? BLK_SEGMENTS_MAX : disk->queue->size - FIXED_DESCRIPTORS;

    if (!disk->indirect && disk->queue->size <= FIXED_DESCRIPTORS)
        return -ENODEV;
    disk->segments_max = room < BLK_SEGMENTS_MAX ? room : BLK_SEGMENTS_MAX;
    disk->size_max = UINT32_MAX & ~(SECTOR_SIZE - 1);
    if ((features & BLK_F_SEG_MAX) && config->segments_max < disk->segments_max)
        disk->segments_max = config->segments_max;
    /* In whole sectors, so that a request is cut between two of them. */
    if (features & BLK_F_SIZE_MAX)
        disk->size_max = config->size_max & ~(SECTOR_SIZE - 1);
    return disk->segments_max && disk->size_max ? 0 : -ENODEV;
}

static void blk_describe(struct virtio_blk *disk, unsigned number, const struct config *config)
{
    disk->name[0] = 'v';
    disk->name[1] = 'd';
    disk->name[2] = (char)('a' + number);
    disk->blk.name = disk->name;
    disk->blk.sectors = config->capacity[0] | (uint64_t)config->capacity[1] << 32;
    disk->blk.read_only = disk->dev->features & BLK_F_RO;
    disk->blk.ops = &virtio_blk_ops;
}

static int virtio_blk_start(struct virtio_blk *disk, struct config *config)
{
    struct virtio_device *dev = disk->dev;
    size_t table_bytes;
    int err = virtio_negotiate(dev, BLK_F_SIZE_MAX | BLK_F_SEG_MAX | BLK_F_RO | BLK_F_FLUSH | VIRTIO_F_INDIRECT_DESC);

    if (err)
        return err;
    disk->indirect = dev->features & VIRTIO_F_INDIRECT_DESC;
    table_bytes = disk->indirect ? (BLK_SEGMENTS_MAX + FIXED_DESCRIPTORS) * sizeof(struct virtq_desc) : 0;
    disk->request = kmalloc(sizeof(*disk->request) + table_bytes);
    if (!disk->request)
        return -ENOMEM;
    disk->request_pa = virt_to_phys(disk->request);
    err = virtqueue_create(dev, 0, disk->indirect ? QUEUE_SIZE_INDIRECT : QUEUE_SIZE_DIRECT, &disk->queue);
    if (err)
        return err;
    config_read(dev, config);
    err = virtio_configure(dev);
    if (!err)
        err = limits_set(disk, config);
    if (!err)
        virtio_start(dev);
    return err;
}

int virtio_blk_create(struct virtio_device *dev, unsigned number, struct blk_device **out)
{
    struct virtio_blk *disk = kmalloc(sizeof(*disk));
    struct config config = {0};
    int err;

    if (!disk)
        return -ENOMEM;
    disk->dev = dev;
    err = virtio_blk_start(disk, &config);
    if (err) { /* the queue, if there is one, stays: the device may know it */
        virtio_give_up(dev);
        kfree(disk->request);
        kfree(disk);
        return err;
    }
    blk_describe(disk, number, &config);
    log_info("%s: %lu sectors%s", disk->name, (unsigned long)disk->blk.sectors,
             disk->blk.read_only ? ", read-only" : "");
    *out = &disk->blk;
    return 0;
}
