/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio_blk.c - disks.
 *
 * Requests stand in line until the ring has room for them, and the device may finish them in any order. Whoever looks
 * takes in what the device has used, whoever's it is, and wakes those whose wait is over: who is about to wait, and the
 * interrupt, which is asked for only while somebody waits. So a device that answers during the kick is never waited for
 * and never interrupts, and one that is asked for many requests interrupts once for as many as are wanted.
 *
 * A thread that waits has no lock of the disk's: there is none, as between two waits nobody else runs.
 */
#include "drv/virtio_blk.h"

#include "abi/errno.h"
#include "core/log.h"
#include "core/sched.h"
#include "core/wait.h"
#include "lib/list.h"
#include "mm/check.h"
#include "mm/kmalloc.h"

/* Section 5.2.3. */
#define BLK_F_SIZE_MAX (1ull << 1)
#define BLK_F_SEG_MAX (1ull << 2)
#define BLK_F_RO (1ull << 5)
#define BLK_F_FLUSH (1ull << 9)
#define BLK_F_DISCARD (1ull << 13)
#define BLK_F_WRITE_ZEROES (1ull << 14)

/* Section 5.2.4. */
enum {
    CONFIG_CAPACITY = 0,
    CONFIG_SIZE_MAX = 8,
    CONFIG_SEG_MAX = 12,
    CONFIG_DISCARD_SECTORS = 36,
    CONFIG_DISCARD_ALIGNMENT = 44,
    CONFIG_ZEROES_SECTORS = 48,
};

enum blk_request_type {
    BLK_T_IN = 0,
    BLK_T_OUT = 1,
    BLK_T_FLUSH = 4,
    BLK_T_DISCARD = 11,
    BLK_T_WRITE_ZEROES = 13,
};
enum { BLK_S_OK = 0, BLK_S_UNSUPPORTED = 2, BLK_S_UNSET = 0xff };

/* Descriptors of a request beside its data: header and status. */
#define FIXED_DESCRIPTORS 2u
/* With indirect descriptors a request takes one entry of the ring; without, three and more. */
#define QUEUE_SIZE 64u
/* How often a disk is looked at in all before anybody waits for its interrupt, and how often the CPU relaxes between
 * two looks: in QEMU each time is a way out of translated code, which is slower than a look. Where it isn't, looks are
 * over before a disk is. */
#ifdef ISA_HAS_PAUSE
#define LOOKS 48u
#else
#define LOOKS 0u
#endif
#define LOOK_PAUSES 16u

struct slot { /* a request as the device has it: one of ours, or a part of one that is too large for it */
    uint32_t type, reserved; /* section 5.2.6 */
    uint64_t sector;
    struct { /* the data of a discard, and of zeroes: one segment, which any device takes */
        uint64_t sector;
        uint32_t sectors, flags;
    } range;
    uint8_t status; /* the only byte here that the device writes */
    uint8_t pad[7];
    struct blk_request *request; /* what it is of */
    paddr_t pa;
    struct slot *next_free;
    struct virtq_desc table[]; /* indirect descriptors */
};
#define HEADER_BYTES 16u
#define RANGE_BYTES 16u /* they follow */
_Static_assert(offsetof(struct slot, range) == HEADER_BYTES, "one descriptor has both");

/* Of requests without data, in sectors. */
struct clear_limits {
    bool known;
    uint32_t discard, alignment, zeroes;
};

struct virtio_blk {
    struct blk_device blk;
    char name[4];
    struct virtio_device *dev;
    struct virtqueue *queue;
    bool indirect;
    uint32_t segments_max, size_max; /* data descriptors in a request, bytes in each */
    struct clear_limits clear;
    struct slot *free;                   /* slots that are there and not in use */
    struct blk_request *waiting, **last; /* requests of which the device has not all, in order */
    struct wait_queue waiters; /* struct disk_waiter: threads that sleep until the device has done something */
    unsigned looks;            /* that are left (disk_look) */
};

/* ---- the end of a request ---- */

static void waiting_remove_first(struct virtio_blk *disk)
{
    disk->waiting = disk->waiting->next;
    if (disk->waiting == NULL)
        disk->last = &disk->waiting;
}

/* A part is over. After an error no further part is started. */
static void slot_finish(struct virtio_blk *disk, struct slot *slot, int result)
{
    struct blk_request *request = slot->request;

    slot->next_free = disk->free;
    disk->free = slot;
    request->parts--;
    if (result != 0 && request->result == 0)
        request->result = result;
    if (request == disk->waiting && request->result != 0)
        waiting_remove_first(disk);
    if (request->parts == 0 && request != disk->waiting)
        blk_end(&disk->blk, request);
}

/* A device that broke the protocol: it is reset, so that what it had is ours again, and all requests fail. */
static void disk_fail(struct virtio_blk *disk)
{
    struct slot *slot;

    if (disk->dev->status != 0)
        virtio_reset(disk->dev);
    while ((slot = virtqueue_forget(disk->queue)) != NULL)
        slot_finish(disk, slot, -EIO);
    while (disk->waiting != NULL) {
        struct blk_request *request = disk->waiting;

        waiting_remove_first(disk);
        request->result = -EIO;
        blk_end(&disk->blk, request);
    }
}

/* ---- the start of a request ---- */

static struct slot *slot_get(struct virtio_blk *disk)
{
    struct slot *slot = disk->free;
    size_t table_bytes = disk->indirect ? (BLK_SEGMENTS_MAX + FIXED_DESCRIPTORS) * sizeof(struct virtq_desc) : 0;

    if (slot != NULL) {
        disk->free = slot->next_free;
        return slot;
    }
    slot = kmalloc(sizeof(*slot) + table_bytes);
    if (slot == NULL)
        return NULL;
    check_count_object(-1); /* it is the disk's for good */
    slot->pa = virt_to_phys(slot);
    return slot;
}

/* Adds as much of the request's data as `room` descriptors hold. */
static void part_fill(struct virtio_blk *disk, struct virtq_chain *chain, struct blk_request *request, uint32_t room)
{
    while (room-- != 0 && request->count != 0) {
        const struct blk_segment *segment = request->segments;
        uint32_t size = segment->size - request->offset;

        if (size > disk->size_max)
            size = disk->size_max;
        virtq_chain_add(chain, segment->addr + request->offset, size, request->op == BLK_READ);
        request->sector += size / SECTOR_SIZE;
        request->offset += size;
        if (request->offset == segment->size) {
            request->segments++;
            request->count--;
            request->offset = 0;
        }
    }
}

static bool moves_no_data(const struct blk_request *request)
{
    return request->op == BLK_DISCARD || request->op == BLK_ZERO;
}

/* The next part of a request that moves no data. */
static void range_fill(struct virtio_blk *disk, struct slot *slot, struct blk_request *request)
{
    uint32_t most = request->op == BLK_DISCARD ? disk->clear.discard : disk->clear.zeroes;

    slot->range.sector = request->sector;
    slot->range.sectors = request->sectors < most ? (uint32_t)request->sectors : most;
    slot->range.flags = 0;
    request->sector += slot->range.sectors;
    request->sectors -= slot->range.sectors;
}

/* Data descriptors that the next part of a request can have. Without indirect ones it waits until the ring has room for
 * as many as make sense. false: not now. */
static bool part_room(const struct virtio_blk *disk, const struct blk_request *request, uint32_t *room)
{
    const struct virtqueue *queue = disk->queue;

    *room = disk->segments_max;
    if (disk->indirect)
        return queue->free_count > 0;
    if (*room > request->count && !(disk->dev->features & BLK_F_SIZE_MAX)) /* no segment makes two */
        *room = request->count;
    return queue->free_count >= *room + FIXED_DESCRIPTORS;
}

/* Gives the device the next part of a request. false: it has to wait. */
static bool part_start(struct virtio_blk *disk, struct blk_request *request)
{
    static const uint32_t types[] = {[BLK_READ] = BLK_T_IN,
                                     [BLK_WRITE] = BLK_T_OUT,
                                     [BLK_FLUSH] = BLK_T_FLUSH,
                                     [BLK_DISCARD] = BLK_T_DISCARD,
                                     [BLK_ZERO] = BLK_T_WRITE_ZEROES};
    bool has_range = moves_no_data(request);
    struct virtq_chain chain;
    uint32_t room;
    struct slot *slot = part_room(disk, request, &room) ? slot_get(disk) : NULL;

    if (slot == NULL)
        return false;
    slot->request = request;
    slot->type = types[request->op];
    slot->sector = request->op == BLK_FLUSH || has_range ? 0 : request->sector;
    slot->status = BLK_S_UNSET;
    if (has_range)
        range_fill(disk, slot, request);
    virtq_chain_begin(&chain, disk->queue, disk->indirect ? slot->table : NULL);
    virtq_chain_add(&chain, slot->pa, has_range ? HEADER_BYTES + RANGE_BYTES : HEADER_BYTES, false);
    part_fill(disk, &chain, request, room);
    virtq_chain_add(&chain, slot->pa + offsetof(struct slot, status), 1, true);
    virtq_chain_submit(&chain, slot);
    request->parts++;
    return true;
}

/* As many of those that wait as there is room for. */
static void disk_advance(struct virtio_blk *disk)
{
    while (disk->waiting != NULL && part_start(disk, disk->waiting))
        if (disk->waiting->count == 0 && disk->waiting->sectors == 0)
            waiting_remove_first(disk);
}

static int status_error(uint8_t status, const struct blk_request *request)
{
    if (status == BLK_S_OK)
        return 0;
    return status == BLK_S_UNSUPPORTED && moves_no_data(request) ? -EOPNOTSUPP : -EIO;
}

/* Takes in what the device has done, and wakes who has waited for that. */
static void disk_reap(struct virtio_blk *disk)
{
    bool any = false;
    struct slot *slot;

    while ((slot = virtqueue_take(disk->queue, NULL)) != NULL) {
        uint8_t status = __atomic_load_n(&slot->status, __ATOMIC_RELAXED);

        slot_finish(disk, slot, status_error(status, slot->request));
        any = true;
    }
    if (disk->dev->broken) {
        disk_fail(disk);
    } else if (any) {
        disk_advance(disk);
        virtqueue_kick(disk->queue);
    }
    if (any || disk->dev->broken)
        wait_wake_all(&disk->waiters, 0);
}

/* ---- blk_ops ---- */

static struct virtio_blk *disk_of(struct blk_device *dev)
{
    return container_of(dev, struct virtio_blk, blk);
}

/* A disk is seldom told to forget something, so nothing is asked before. 0: the device sets no limit. */
static void clear_limits_read(struct virtio_blk *disk)
{
    struct virtio_device *dev = disk->dev;
    struct clear_limits limits = {.known = true};

    if (dev->features & BLK_F_DISCARD) {
        virtio_config(dev, CONFIG_DISCARD_SECTORS, &limits.discard);
        virtio_config(dev, CONFIG_DISCARD_ALIGNMENT, &limits.alignment);
    }
    if (dev->features & BLK_F_WRITE_ZEROES)
        virtio_config(dev, CONFIG_ZEROES_SECTORS, &limits.zeroes);
    dev->transport->flush(dev);
    if (limits.alignment == 0)
        limits.alignment = 1;
    if (limits.discard == 0)
        limits.discard = UINT32_MAX;
    if (limits.discard > limits.alignment)
        limits.discard -= limits.discard % limits.alignment;
    if (limits.zeroes == 0)
        limits.zeroes = UINT32_MAX;
    disk->clear = limits;
}

/* What of a discard the device can be told of: it gives back whole pieces of its own. */
static void discard_align(struct virtio_blk *disk, struct blk_request *request)
{
    uint64_t unit = disk->clear.alignment, skipped = (unit - request->sector % unit) % unit;
    uint64_t lost = skipped + (request->sector + request->sectors) % unit;

    request->sector += skipped;
    request->sectors = request->sectors > lost ? request->sectors - lost : 0;
}

/* Is there something to do for the device? */
static bool request_prepare(struct virtio_blk *disk, struct blk_request *request)
{
    if (request->op == BLK_FLUSH) /* section 5.2.6.2: a device without flush keeps nothing back */
        return disk->dev->features & BLK_F_FLUSH;
    if (!moves_no_data(request))
        return true;
    if (!disk->clear.known)
        clear_limits_read(disk);
    if (request->op == BLK_DISCARD)
        discard_align(disk, request);
    return request->sectors != 0;
}

static void virtio_blk_start(struct blk_device *dev, struct blk_request *request)
{
    struct virtio_blk *disk = disk_of(dev);

    if (disk->dev->broken || !request_prepare(disk, request)) {
        request->result = disk->dev->broken ? -EIO : 0;
        blk_end(&disk->blk, request);
        return;
    }
    *disk->last = request;
    disk->last = &request->next;
    disk_advance(disk);
}

static void virtio_blk_kick(struct blk_device *dev)
{
    struct virtio_blk *disk = disk_of(dev);

    if (!disk->dev->broken)
        virtqueue_kick(disk->queue);
}

static void virtio_blk_poll(struct blk_device *dev)
{
    disk_reap(disk_of(dev));
}

struct disk_waiter {
    struct waiter waiter;
    bool (*done)(void *arg);
    void *arg;
    unsigned want;
};

static struct disk_waiter *waiter_of(struct waiter *waiter)
{
    return container_of(waiter, struct disk_waiter, waiter);
}

/* Requests have ended: whether it has what it waits for. */
static bool waiter_look(struct waiter *waiter, uint32_t events)
{
    const struct disk_waiter *own = waiter_of(waiter);

    (void)events;
    if (!own->done(own->arg))
        return false;
    wait_remove(waiter);
    (void)sched_wake(waiter->thread);
    return true;
}

/* One interrupt for as many requests as are wanted, unless several wait; none while nobody does. */
static void interrupts_arm(struct virtio_blk *disk)
{
    struct waiter *first = disk->waiters.first;
    unsigned count;

    if (first == NULL) {
        virtqueue_set_interrupts(disk->queue, false);
        return;
    }
    count = first->next == NULL ? waiter_of(first)->want : 1;
    if (count > disk->queue->outstanding)
        count = disk->queue->outstanding;
    virtqueue_interrupt_after(disk->queue, count != 0 ? (uint16_t)count : 1);
}

/* Has the device interrupt for those who wait. What it has done before it knew of that is taken in here. */
static void disk_watch(struct virtio_blk *disk)
{
    do {
        disk_reap(disk);
        interrupts_arm(disk);
    } while (disk->waiters.first != NULL && !disk->dev->broken && virtqueue_has_used(disk->queue));
}

/* In user mode, in idle, or where a long loop lets it in: nobody is in the middle of anything. */
static void disk_interrupt(struct virtio_device *dev)
{
    disk_watch(dev->driver);
}

/* A boot's few requests are soon over, and it has nothing else to do meanwhile. So the first are looked for: nobody
 * sets up an interrupt, goes idle and is woken, which with QEMU takes longer than the disk, as each instruction of it
 * has to be translated. One bound for all requests, as whoever looks keeps the CPU to itself. */
static void disk_look(struct virtio_blk *disk)
{
    unsigned looks;

    for (looks = disk->looks; looks != 0 && !virtqueue_has_used(disk->queue); looks--)
        for (unsigned i = 0; i < LOOK_PAUSES; i++)
            arch_cpu_relax();
    disk->looks = looks;
}

static int virtio_blk_wait(struct blk_device *dev, bool (*done)(void *arg), void *arg, unsigned want,
                           uint64_t deadline_ns, bool interruptible)
{
    struct virtio_blk *disk = disk_of(dev);
    struct disk_waiter own = {{.thread = arch_current(), .wake = waiter_look}, done, arg, want};
    int error = 0;

    do {
        disk_look(disk);
        disk_reap(disk);
        if (done(arg)) /* the device was faster than we are */
            return 0;
    } while (disk->looks != 0 && !disk->dev->broken);
    if (!disk->dev->broken && virtio_interrupts(disk->dev) != 0) {
        disk->dev->broken = true;
        disk_reap(disk);
    }
    while (error == 0 && !done(arg)) {
        wait_add(&disk->waiters, &own.waiter);
        disk_watch(disk);
        if (own.waiter.queue != NULL) /* else its turn has come by that very look */
            error = sched_sleep(deadline_ns, interruptible ? WAIT_INTERRUPTIBLE : 0);
        wait_remove(&own.waiter);
    }
    if (disk->waiters.first == NULL)
        virtqueue_set_interrupts(disk->queue, false);
    return done(arg) ? 0 : error;
}

static const struct blk_ops virtio_blk_ops = {
    .start = virtio_blk_start,
    .kick = virtio_blk_kick,
    .poll = virtio_blk_poll,
    .wait = virtio_blk_wait,
};

/* ---- set-up ---- */

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
    return disk->segments_max != 0 && disk->size_max != 0 ? 0 : -ENODEV;
}

static void blk_describe(struct virtio_blk *disk, unsigned number, const struct config *config)
{
    disk->name[0] = 'v';
    disk->name[1] = 'd';
    disk->name[2] = (char)('a' + number);
    disk->blk.name = disk->name;
    disk->blk.sectors = config->capacity[0] | (uint64_t)config->capacity[1] << 32;
    disk->blk.read_only = disk->dev->features & BLK_F_RO;
    disk->blk.takes_discards = !disk->blk.read_only && (disk->dev->features & BLK_F_DISCARD);
    disk->blk.takes_zeroes = !disk->blk.read_only && (disk->dev->features & BLK_F_WRITE_ZEROES);
    disk->blk.ops = &virtio_blk_ops;
}

#define FEATURES                                                                                    \
    (BLK_F_SIZE_MAX | BLK_F_SEG_MAX | BLK_F_RO | BLK_F_FLUSH | BLK_F_DISCARD | BLK_F_WRITE_ZEROES | \
     VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX)

static int disk_start(struct virtio_blk *disk, struct config *config)
{
    struct virtio_device *dev = disk->dev;
    int error = virtio_negotiate(dev, FEATURES);

    if (error != 0)
        return error;
    disk->indirect = dev->features & VIRTIO_F_INDIRECT_DESC;
    disk->last = &disk->waiting;
    disk->looks = LOOKS;
    disk->free = slot_get(disk); /* one is always there: a request that stands first can't fail for want of memory */
    if (disk->free == NULL)
        return -ENOMEM;
    error = virtqueue_create(dev, 0, QUEUE_SIZE, &disk->queue);
    if (error != 0)
        return error;
    config_read(dev, config);
    error = virtio_configure(dev);
    if (error == 0)
        error = limits_set(disk, config);
    if (error == 0)
        virtio_start(dev);
    return error;
}

int virtio_blk_create(struct virtio_device *dev, unsigned number, struct blk_device **out)
{
    struct virtio_blk *disk = kmalloc(sizeof(*disk));
    struct config config = {0};
    int error;

    if (disk == NULL)
        return -ENOMEM;
    disk->dev = dev;
    dev->driver = disk;
    dev->on_used = disk_interrupt;
    error = disk_start(disk, &config);
    if (error != 0) { /* the queue, if there is one, stays: the device may know it */
        virtio_give_up(dev);
        dev->on_used = NULL;
        kfree(disk->free);
        kfree(disk);
        return error;
    }
    blk_describe(disk, number, &config);
    log_info("%s: %lu sectors%s", disk->name, (unsigned long)disk->blk.sectors,
             disk->blk.read_only ? ", read-only" : "");
    *out = &disk->blk;
    return 0;
}
