/* SPDX-License-Identifier: Apache-2.0 */
/* blk.c - checks every request once, before a driver sees it; and those who wait for one. */
#include "vfs/blk.h"

#include "abi/errno.h"
#include "core/clock.h"
#include "core/thread.h"
#include "core/wait.h"

static bool clears(const struct blk_request *request)
{
    return request->op == BLK_DISCARD || request->op == BLK_ZERO;
}

static bool is_inside(const struct blk_device *dev, uint64_t sector, uint64_t sectors)
{
    return sectors != 0 && sector <= dev->sectors && sectors <= dev->sectors - sector;
}

static int clear_check(const struct blk_device *dev, const struct blk_request *request)
{
    if (!is_inside(dev, request->sector, request->sectors))
        return -EINVAL;
    if (dev->read_only)
        return -EROFS;
    return (request->op == BLK_DISCARD ? dev->takes_discards : dev->takes_zeroes) ? 0 : -EOPNOTSUPP;
}

/* Also how many sectors it is about. */
static int request_check(const struct blk_device *dev, const struct blk_request *request, uint64_t *moves)
{
    uint64_t sectors = 0;

    *moves = 0;
    if (request->op == BLK_FLUSH)
        return 0;
    if (clears(request)) {
        *moves = request->sectors;
        return clear_check(dev, request);
    }
    for (unsigned i = 0; i < request->count; i++) {
        if (request->segments[i].size == 0 || request->segments[i].size % SECTOR_SIZE != 0)
            return -EINVAL;
        sectors += request->segments[i].size / SECTOR_SIZE;
    }
    *moves = sectors;
    if (!is_inside(dev, request->sector, sectors))
        return -EINVAL;
    return request->op == BLK_WRITE && dev->read_only ? -EROFS : 0;
}

/* ---- statistics ---- */

static uint64_t (*now_ns)(void); /* NULL: nobody has asked for times yet */

static enum blk_stat_kind kind_of(const struct blk_request *request)
{
    switch (request->op) {
    case BLK_READ:
        return BLK_STAT_READ;
    case BLK_FLUSH:
        return BLK_STAT_FLUSH;
    case BLK_DISCARD:
        return BLK_STAT_DISCARD;
    default: /* zeroes, too */
        return BLK_STAT_WRITE;
    }
}

static void stats_begin(struct blk_stats *stats, struct blk_request *request)
{
    request->begun_ns = now_ns != NULL ? now_ns() : 0;
    if (stats->under_way++ == 0)
        stats->busy_since_ns = request->begun_ns;
}

/* Of what began before anybody asked nobody knows how long it took. */
static uint64_t time_since(uint64_t begun_ns)
{
    return now_ns != NULL && begun_ns != 0 ? now_ns() - begun_ns : 0;
}

static void stats_end(struct blk_stats *stats, const struct blk_request *request)
{
    enum blk_stat_kind kind = kind_of(request);

    stats->of[kind].requests++;
    stats->of[kind].sectors += request->moves;
    stats->of[kind].ns += time_since(request->begun_ns);
    if (--stats->under_way == 0)
        stats->busy_ns += time_since(stats->busy_since_ns);
}

/* Requests are never merged, and none is waited for before the device has it. */
void blk_stats_tell(const struct blk_device *dev, uint64_t out[BLK_STAT_NUMBERS])
{
    enum { MS = 1000000, UNDER_WAY = 8, BUSY = 9, ALL = 10 };
    static const uint8_t place[BLK_STAT_KINDS] = {0, 4, 11, 15}; /* requests; merges, sectors and times behind it */
    const struct blk_stats *stats = &dev->stats;
    uint64_t all_ns = 0;

    now_ns = clock_monotonic_ns;
    for (unsigned i = 0; i < BLK_STAT_KINDS; i++) {
        bool has_sectors = i != BLK_STAT_FLUSH;
        uint64_t *to = &out[place[i]];

        *to++ = stats->of[i].requests;
        if (has_sectors) {
            *to++ = 0;
            *to++ = stats->of[i].sectors;
        }
        *to = stats->of[i].ns / MS;
        all_ns += stats->of[i].ns;
    }
    out[UNDER_WAY] = stats->under_way;
    out[BUSY] = (stats->busy_ns + (stats->under_way != 0 ? time_since(stats->busy_since_ns) : 0)) / MS;
    out[ALL] = all_ns / MS;
}

/* ---- requests ---- */

static void request_end(struct blk_request *request)
{
    request->ended = true;
    if (request->done != NULL)
        request->done(request);
}

void blk_end(struct blk_device *dev, struct blk_request *request)
{
    stats_end(&dev->stats, request);
    request_end(request);
}

/* A driver that has one request at a time. */
static int request_run(struct blk_device *dev, const struct blk_request *request)
{
    if (request->op == BLK_FLUSH)
        return dev->ops->flush != NULL ? dev->ops->flush(dev) : 0;
    if (clears(request))
        return dev->ops->clear(dev, request->op == BLK_ZERO, request->sector, request->sectors);
    return dev->ops->transfer(dev, request->op == BLK_WRITE, request->sector, request->segments, request->count);
}

void blk_count_bytes(bool write, uint64_t size)
{
    struct thread *thread = arch_current();

    if (thread != NULL)
        thread->io.disk[write] += size;
}

void blk_count(const struct blk_request *request)
{
    for (unsigned i = 0; i < request->count; i++)
        blk_count_bytes(request->op == BLK_WRITE, request->segments[i].size);
}

void blk_start(struct blk_device *dev, struct blk_request *request)
{
    int error = request_check(dev, request, &request->moves);

    if (clears(request))
        request->count = 0;
    else
        request->sectors = 0;
    request->result = error;
    request->ended = false;
    request->parts = 0;
    request->offset = 0;
    request->next = NULL;
    if (error != 0) {
        request_end(request);
        return;
    }
    if (request->op == BLK_READ)
        blk_count(request);
    stats_begin(&dev->stats, request);
    if (dev->ops->start != NULL) {
        dev->ops->start(dev, request);
        return;
    }
    request->result = request_run(dev, request);
    blk_end(dev, request);
}

void blk_kick(struct blk_device *dev)
{
    if (dev->ops->kick != NULL)
        dev->ops->kick(dev);
}

void blk_poll(struct blk_device *dev)
{
    if (dev->ops->poll != NULL)
        dev->ops->poll(dev);
}

int blk_wait(struct blk_device *dev, bool (*done)(void *arg), void *arg, unsigned want, uint64_t deadline_ns,
             bool interruptible)
{
    if (dev->ops->wait != NULL)
        return dev->ops->wait(dev, done, arg, want, deadline_ns, interruptible);
    return done(arg) ? 0 : -ETIMEDOUT; /* nothing is under way */
}

static bool has_ended(void *arg)
{
    const struct blk_request *request = arg;

    return request->ended;
}

int blk_finish(struct blk_device *dev, struct blk_request *request)
{
    if (!request->ended) {
        blk_kick(dev);
        blk_wait(dev, has_ended, request, 1, WAIT_FOREVER, false);
    }
    return request->result;
}

/* Not inline: a disk costs more than a call. */
__attribute__((noinline)) int blk_transfer(struct blk_device *dev, bool write, uint64_t sector,
                                           const struct blk_segment *segments, unsigned count)
{
    struct blk_request request;

    request.op = write ? BLK_WRITE : BLK_READ;
    request.sector = sector;
    request.segments = segments;
    request.count = count;
    request.done = NULL;
    blk_start(dev, &request);
    return blk_finish(dev, &request);
}

int blk_batch_submit(struct blk_batch *batch)
{
    unsigned count = batch->count;

    batch->count = 0;
    return count != 0 ? blk_transfer(batch->dev, batch->write, batch->sector, batch->segment, count) : 0;
}

int blk_batch_add(struct blk_batch *batch, uint64_t sector, paddr_t addr, uint32_t size)
{
    struct blk_segment *last = batch->count != 0 ? &batch->segment[batch->count - 1] : NULL;
    int error = 0;

    if (last != NULL && sector == batch->next && last->addr + last->size == addr) {
        last->size += size;
        batch->next += size / SECTOR_SIZE;
        return 0;
    }
    if (batch->count == BLK_SEGMENTS_MAX || (batch->count != 0 && sector != batch->next))
        error = blk_batch_submit(batch);
    if (batch->count == 0)
        batch->sector = sector;
    batch->segment[batch->count++] = (struct blk_segment){addr, size};
    batch->next = sector + size / SECTOR_SIZE;
    return error;
}

int blk_flush(struct blk_device *dev)
{
    struct blk_request request = {.op = BLK_FLUSH};

    if (dev->read_only)
        return 0;
    blk_start(dev, &request);
    return blk_finish(dev, &request);
}

static int clear(struct blk_device *dev, enum blk_op op, uint64_t sector, uint64_t count)
{
    struct blk_request request = {.op = op, .sector = sector, .sectors = count};

    blk_start(dev, &request);
    return blk_finish(dev, &request);
}

int blk_discard(struct blk_device *dev, uint64_t sector, uint64_t count)
{
    return clear(dev, BLK_DISCARD, sector, count);
}

int blk_zero(struct blk_device *dev, uint64_t sector, uint64_t count)
{
    return clear(dev, BLK_ZERO, sector, count);
}

/* ---- which there are ---- */

#define DISKS_MAX 32u

static struct blk_device *disks[DISKS_MAX];
static unsigned disk_count;

void blk_register(struct blk_device *dev, uint64_t rdev)
{
    if (disk_count == DISKS_MAX)
        return;
    dev->rdev = (uint32_t)rdev;
    disks[disk_count++] = dev;
}

struct blk_device *blk_find(uint64_t rdev)
{
    for (unsigned n = 0; n < disk_count; n++)
        if (disks[n]->rdev == rdev)
            return disks[n];
    return NULL;
}

const struct blk_device *blk_nth(unsigned n, uint64_t *rdev)
{
    if (n >= disk_count)
        return NULL;
    *rdev = disks[n]->rdev;
    return disks[n];
}
