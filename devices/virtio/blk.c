/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blk.c - virtio block device (virtio 1.2, 5.2).
 *
 * A disk starts in the simple way: the vCPU's exit for the notification does the I/O and is back with the result. That
 * is the least work where the image is in the host's page cache: no eventfd, no ring, no other thread to wake, and no
 * interrupt for the driver. A disk where overlap would pay, as requests come several at once and take longer than a
 * copy, or a single one takes very long, changes over once it has seen enough of these (blk_pace.h): then notifications
 * become a doorbell (an eventfd, without an exit to us), and the loop's thread hands the requests to io_uring. Where
 * the host refuses io_uring it stays as it was.
 *
 * An image whose data somebody else has to answer for, a FUSE server or a network's, may hang whoever asks for it, past
 * the reach of SIGKILL. Its I/O is another process's from the start, which this one can leave behind.
 *
 * The driver sets the pace of nothing here: a notification is answered with a slice of the work at most, and the loop
 * goes on with what is left, so that others have their turn; requests have a size that they may have, and so has all
 * that is in flight; and once the VM has ended nothing more is begun.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "devices/device.h"
#include "devices/virtio/blk_clear.h"
#include "devices/virtio/blk_engine.h"
#include "devices/virtio/blk_layout.h"
#include "devices/virtio/blk_pace.h"
#include "devices/virtio/iov.h"
#include "devices/virtio/mmio.h"
#include "vmm/file_process.h"
#include "vmm/log.h"

#define BLK_DEPTH QUEUE_SIZE_MAX
/* What a driver may ask for in one request: so many buffers of so many bytes (5.2.5, seg_max and size_max). */
#define BLK_SEG_MAX (QUEUE_CHAIN_MAX - 2u) /* beside the header and the status */
#define BLK_SIZE_MAX (256u << 10)
/* Bytes that are begun in one go, and that are in flight at once; the last request may go beyond. */
#define BLK_SLICE_BYTES (16u << 20)

struct blk_request {
    struct blk_io io; /* first */
    struct blk_request *next_free;
    uint32_t data_bytes; /* of the driver's, that a successful request fills */
    uint32_t flight;     /* bytes that it moves */
    uint8_t *status;     /* the last writable byte */
    struct queue_chain chain;
};

struct blk {
    struct virtio_device virtio; /* first; its lock guards everything here */
    struct virtqueue queue;
    struct blk_config config;
    struct disk_image image;
    bool read_only;
    char serial[BLK_SERIAL_BYTES];
    const char *name;

    struct blk_engine *engine;
    struct blk_engine *uring;  /* made at the start, before lvmm is locked in; NULL: none here, or it is the engine */
    struct blk_request *free;  /* requests not in use */
    struct blk_request single; /* the only one of the synchronous engine */
    struct blk_request *pool;  /* BLK_DEPTH - 1 more for the asynchronous one */
    unsigned in_flight;
    uint64_t flight_bytes; /* of those */
    uint64_t served;       /* bytes, since the start */
    struct blk_pace pace;  /* of the synchronous engine */
    bool async_refused;    /* the host has no io_uring for us */
    bool stopping;         /* requests that end are not told to the driver */
    bool unsynced;         /* written since the last flush */
    unsigned failed_kinds; /* bit enum blk_op: a failure was told of */
    uint64_t failed;       /* requests */

    struct loop_watch kick, ring; /* fd -1: not in use */
    struct loop_task rest;        /* goes on with what one slice has left */
};

/* ---- the end of a request ---- */

static void request_finish(struct blk *blk, struct blk_request *request, enum blk_status status)
{
    uint32_t written = status == BLK_S_OK ? request->data_bytes + 1 : 1;

    if (!blk->stopping) {
        if (request->status != NULL)
            *request->status = (uint8_t)status;
        else
            written = 0;
        queue_push(&blk->queue, request->chain.head, written);
    }
    request->next_free = blk->free;
    blk->free = request;
}

/* The first failure of each kind is told of, the others are counted: a guest can make any number of them. */
static void blk_failed(struct blk *blk, const struct blk_io *io, int error)
{
    static const char *const names[] = {
        [BLK_OP_READ] = "read",       [BLK_OP_WRITE] = "write", [BLK_OP_FLUSH] = "flush",
        [BLK_OP_DISCARD] = "discard", [BLK_OP_ZERO] = "zeroes", [BLK_OP_UNMAP] = "zeroes"};

    blk->failed++;
    if (blk->failed_kinds & 1u << io->op)
        return;
    blk->failed_kinds |= 1u << io->op;
    log_error("%s: %s at byte %" PRIu64 ": %s; the guest is told, and further ones are counted", blk->name,
              names[io->op], io->offset, strerror(-error));
}

static void blk_done(void *owner, struct blk_io *io, int error)
{
    struct blk *blk = owner;
    struct blk_request *request = (struct blk_request *)io;

    blk->in_flight--;
    blk->flight_bytes -= request->flight;
    if (error < 0 && io->op == BLK_OP_FLUSH)
        blk->unsynced = true;
    if (error < 0 && error != -ECANCELED)
        blk_failed(blk, io, error);
    request_finish(blk, request, error < 0 ? BLK_S_IOERR : BLK_S_OK);
}

/* ---- the start of a request ---- */

/* 5.2.6.2: a driver that can't ask for a flush takes a write that is done for stable. */
static int write_flags(const struct blk *blk)
{
    return virtio_has_feature(&blk->virtio, BLK_F_FLUSH) ? 0 : RWF_DSYNC;
}

static void request_io(struct blk *blk, struct blk_request *request, enum blk_op op, uint64_t offset, uint32_t size)
{
    request->io.op = op;
    request->io.offset = offset;
    request->io.missing = size;
    request->io.rw_flags = blk_op_writes(op) ? write_flags(blk) : 0;
    request->io.by_writing = false;
    request->flight = op == BLK_OP_DISCARD ? size / BLK_DISCARD_CHEAPER : size;
    blk->flight_bytes += request->flight;
    blk->served += request->flight;
    if (blk_op_writes(op))
        blk->unsynced = true;
    else if (op == BLK_OP_FLUSH && blk->in_flight == 0)
        blk->unsynced = false;
    blk->in_flight++;
    blk->engine->ops->start(blk->engine, &request->io);
}

static bool transfer_in_disk(const struct blk *blk, uint64_t sector, uint32_t size)
{
    return size % SECTOR_BYTES == 0 && size <= BLK_SEG_MAX * BLK_SIZE_MAX && sector <= blk->config.capacity &&
           size / SECTOR_BYTES <= blk->config.capacity - sector;
}

static void request_transfer(struct blk *blk, struct blk_request *request, const struct blk_header *header)
{
    struct queue_chain *chain = &request->chain;
    enum blk_op op = header->type == BLK_T_OUT ? BLK_OP_WRITE : BLK_OP_READ;
    uint32_t size;

    request->io.iov = chain->iov;
    if (op == BLK_OP_WRITE) {
        request->io.iov_count = chain->readable;
        iov_skip(&request->io.iov, &request->io.iov_count, sizeof(*header));
        size = chain->readable_bytes - (uint32_t)sizeof(*header);
    } else {
        size = chain->writable_bytes - 1;
        request->io.iov += chain->readable;
        request->io.iov_count = chain->writable;
        iov_truncate(request->io.iov, &request->io.iov_count, size);
        request->data_bytes = size;
    }
    if (!transfer_in_disk(blk, header->sector, size) || (op == BLK_OP_WRITE && blk->read_only) ||
        !blk_op_count(&blk->image, op, size))
        request_finish(blk, request, BLK_S_IOERR);
    else if (size == 0)
        request_finish(blk, request, BLK_S_OK);
    else
        request_io(blk, request, op, header->sector * SECTOR_BYTES, size);
}

static void request_get_id(struct blk *blk, struct blk_request *request)
{
    struct queue_chain *chain = &request->chain;
    uint32_t size = chain->writable_bytes - 1 < BLK_SERIAL_BYTES ? chain->writable_bytes - 1 : BLK_SERIAL_BYTES;

    request->data_bytes = (uint32_t)iov_write(chain->iov + chain->readable, chain->writable, 0, blk->serial, size);
    request_finish(blk, request, BLK_S_OK);
}

static void request_clear(struct blk *blk, struct blk_request *request, uint32_t type)
{
    uint64_t feature = type == BLK_T_DISCARD ? BLK_F_DISCARD : BLK_F_WRITE_ZEROES;
    struct blk_io *io = &request->io;
    enum blk_status status = virtio_has_feature(&blk->virtio, feature)
                                 ? blk_clear_parse(&request->chain, type, blk->config.capacity, io)
                                 : BLK_S_UNSUPP;

    if (status == BLK_S_OK && !blk_op_count(&blk->image, io->op, io->missing))
        status = BLK_S_IOERR;
    if (status != BLK_S_OK || io->missing == 0)
        request_finish(blk, request, status);
    else
        request_io(blk, request, io->op, io->offset, (uint32_t)io->missing);
}

/* Layout 5.2.6: header, data, status byte; in any number of buffers (2.7.4.1). */
static void request_start(struct blk *blk, struct blk_request *request)
{
    struct queue_chain *chain = &request->chain;
    struct blk_header header;

    request->data_bytes = 0;
    request->status = NULL;
    if (chain->writable > 0) {
        const struct iovec *last = &chain->iov[chain->readable + chain->writable - 1];

        request->status = (uint8_t *)last->iov_base + last->iov_len - 1;
    }
    if (request->status == NULL || iov_read(chain->iov, chain->readable, 0, &header, sizeof(header)) < sizeof(header)) {
        request_finish(blk, request, BLK_S_IOERR);
        return;
    }
    switch (header.type) {
    case BLK_T_IN:
    case BLK_T_OUT:
        request_transfer(blk, request, &header);
        break;
    case BLK_T_FLUSH:
        request_io(blk, request, BLK_OP_FLUSH, 0, 0);
        break;
    case BLK_T_GET_ID:
        request_get_id(blk, request);
        break;
    case BLK_T_DISCARD:
    case BLK_T_WRITE_ZEROES:
        request_clear(blk, request, header.type);
        break;
    default:
        request_finish(blk, request, BLK_S_UNSUPP);
        break;
    }
}

/* What one call may do. */
struct blk_slice {
    unsigned requests; /* that may still be started */
    uint64_t end;      /* of blk.served */
    bool again;        /* there is more to do, and nothing else that would come back to it */
};

static void blk_submit(struct blk *blk, struct blk_slice *slice)
{
    if (!blk->engine->ops->submit(blk->engine))
        slice->again = true;
}

/* Starts what the driver made available, as far as the slice and the free requests reach, and takes in what the host
 * had at hand. Returns how many were started. */
static unsigned blk_serve_some(struct blk *blk, struct blk_slice *slice)
{
    unsigned count = 0;

    while (blk->free != NULL && count < slice->requests && blk->served < slice->end &&
           blk->flight_bytes < BLK_SLICE_BYTES && virtio_pop(&blk->virtio, &blk->queue, &blk->free->chain)) {
        struct blk_request *request = blk->free;

        blk->free = request->next_free;
        count++;
        request_start(blk, request);
    }
    slice->requests -= count;
    blk_submit(blk, slice);
    blk->engine->ops->reap(blk->engine);
    blk_submit(blk, slice); /* the rest of those that the host has done a part of */
    return count;
}

/* Starts what the driver made available, one slice at most: what is left of it the loop goes on with. Where it has to
 * wait for a request in flight, the end of that comes back here. One interrupt for all that was done meanwhile. Returns
 * how many there were. */
static unsigned blk_serve(struct blk *blk)
{
    struct blk_slice slice = {.requests = QUEUE_SIZE_MAX, .end = blk->served + BLK_SLICE_BYTES};
    unsigned count = 0, more, before;

    do { /* what ended makes room for others, and may have been the last that would come back here */
        before = blk->in_flight;
        more = blk_serve_some(blk, &slice);
        count += more;
    } while (more > 0 || blk->in_flight < before);
    virtio_interrupt(&blk->virtio, &blk->queue);
    if (slice.requests == 0 || blk->served >= slice.end)
        slice.again = slice.again || virtio_pending(&blk->virtio, &blk->queue);
    if (slice.again && !virtio_has_ended(&blk->virtio))
        virtio_continue(&blk->virtio, &blk->rest);
    return count;
}

static void on_rest(void *owner)
{
    struct blk *blk = owner;

    pthread_mutex_lock(&blk->virtio.lock);
    blk_serve(blk);
    pthread_mutex_unlock(&blk->virtio.lock);
}

/* ---- the asynchronous way ---- */

static void on_kick(void *owner, uint32_t events)
{
    struct blk *blk = owner;
    uint64_t count;

    (void)events;
    if (read(blk->kick.fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
        return;
    pthread_mutex_lock(&blk->virtio.lock);
    blk_serve(blk);
    pthread_mutex_unlock(&blk->virtio.lock);
}

static void on_completion(void *owner, uint32_t events)
{
    struct blk *blk = owner;

    (void)events;
    pthread_mutex_lock(&blk->virtio.lock);
    blk->engine->ops->reap(blk->engine);
    blk_serve(blk);
    pthread_mutex_unlock(&blk->virtio.lock);
}

static bool blk_has_ended(void *owner)
{
    const struct blk *blk = owner;

    return virtio_has_ended(&blk->virtio);
}

static int blk_set_engine(struct blk *blk, struct blk_engine *engine)
{
    engine->image = &blk->image;
    engine->done = blk_done;
    engine->has_ended = blk_has_ended;
    engine->owner = blk;
    if (engine->event_fd >= 0) {
        int error;

        blk->ring = (struct loop_watch){.fd = engine->event_fd, .ready = on_completion, .owner = blk};
        error = loop_add(blk->virtio.env.loop, &blk->ring, EPOLLIN);
        if (error < 0) {
            blk->ring.fd = -1;
            engine->ops->destroy(engine);
            return error;
        }
    }
    if (blk->engine != NULL)
        blk->engine->ops->destroy(blk->engine);
    blk->engine = engine;
    return 0;
}

/* Without a doorbell each notification stays an exit, which starts the I/O on the vCPU's thread. */
static void blk_add_doorbell(struct blk *blk)
{
    const struct device_env *env = &blk->virtio.env;
    int fd;

    if (env->services == NULL || env->services->doorbell == NULL)
        return;
    fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        return;
    blk->kick = (struct loop_watch){.fd = fd, .ready = on_kick, .owner = blk};
    if (loop_add(env->loop, &blk->kick, EPOLLIN) == 0) {
        /* Notifications of queue 0, the only one, carry its index. The doorbell outlives a reset of the device. */
        if (env->services->doorbell(env->vm, env->window.base + VIRTIO_MMIO_QUEUE_NOTIFY, 0, fd) == 0)
            return;
        /* loop_remove isn't for this thread; closing the only descriptor of the eventfd takes it out as well, and no
         * event of it can be under way, since nobody has written to it. */
    }
    close(fd);
    blk->kick.fd = -1;
}

static int blk_add_requests(struct blk *blk)
{
    blk->pool = calloc(BLK_DEPTH - 1, sizeof(*blk->pool));
    if (blk->pool == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < BLK_DEPTH - 1; i++) {
        blk->pool[i].next_free = blk->free;
        blk->free = &blk->pool[i];
    }
    return 0;
}

/* A write that has to be stable when it is done is more than one step where changes are kept, and the loop's thread
 * would wait for them. It does for a driver that comes after another one, which knew flushes. */
static bool blk_may_go_async(const struct blk *blk)
{
    return blk->virtio.env.loop != NULL && !(disk_image_commits(&blk->image) && write_flags(blk) != 0);
}

static void blk_go_async(struct blk *blk)
{
    int error = blk->uring != NULL && blk_may_go_async(blk) ? blk_set_engine(blk, blk->uring) : -ENOTSUP;

    if (error != -ENOTSUP)
        blk->uring = NULL; /* it is gone where it couldn't be set */
    if (error == 0)
        error = blk_add_requests(blk); /* failing, the one request is enough to go on */
    if (blk->ring.fd >= 0)
        blk_add_doorbell(blk);
    else
        blk->async_refused = true;
    log_detail("%s: %s", blk->name, error == 0 ? "requests go to io_uring from now on" : "no io_uring here");
}

/* ---- what the transport calls ---- */

/* Serves a notification, and notes whether it would have been better served asynchronously. */
static void blk_judge(struct blk *blk)
{
    uint64_t before = blk->served;
    struct blk_turn turn = blk_turn_begin(&blk->pace);
    unsigned count = blk_serve(blk);

    blk_turn_end(&blk->pace, &turn, count, blk->served - before);
}

static void blk_notify(struct virtio_device *dev, unsigned index)
{
    struct blk *blk = (struct blk *)dev;

    (void)index;
    if (blk->ring.fd >= 0 || blk->async_refused) {
        blk_serve(blk);
        return;
    }
    blk_judge(blk);
    if (blk_pace_wants_async(&blk->pace))
        blk_go_async(blk);
}

static void blk_queue_stop(struct virtio_device *dev, unsigned index)
{
    struct blk *blk = (struct blk *)dev;

    (void)index;
    blk->stopping = true;
    blk->engine->ops->drain(blk->engine);
    blk->stopping = false;
}

static void blk_close_watch(struct blk *blk, struct loop_watch *watch)
{
    if (watch->fd >= 0)
        loop_remove(blk->virtio.env.loop, watch);
    if (watch->fd >= 0 && watch == &blk->kick)
        close(watch->fd);
    watch->fd = -1;
}

static void blk_destroy(struct virtio_device *dev)
{
    struct blk *blk = (struct blk *)dev;

    blk->stopping = true;
    blk->engine->ops->drain(blk->engine);
    if (blk->virtio.env.loop != NULL)
        loop_cancel(blk->virtio.env.loop, &blk->rest);
    blk_close_watch(blk, &blk->kick);
    blk_close_watch(blk, &blk->ring);
    int error = blk->unsynced ? blk->engine->ops->sync(blk->engine) : 0;
    if (error < 0)
        log_error("%s: what was written may not be on the disk: %s", blk->name, strerror(-error));
    blk->engine->ops->destroy(blk->engine);
    blk_uring_drop(blk->uring);
    if (blk->failed > 1)
        log_error("%s: %" PRIu64 " requests of the guest have failed", blk->name, blk->failed);
    virtio_fini(dev);
    free(blk->pool);
    free(blk);
}

static const struct virtio_device_ops blk_ops = {
    .device_id = 2,
    .notify = blk_notify,
    .queue_stop = blk_queue_stop,
    .destroy = blk_destroy,
};

static void blk_init_virtio(struct blk *blk, const struct device_env *env)
{
    struct virtio_init init = {
        .ops = &blk_ops,
        .features = BLK_F_SIZE_MAX | BLK_F_SEG_MAX | BLK_F_BLK_SIZE | BLK_F_FLUSH |
                    (blk->read_only ? BLK_F_RO : BLK_F_DISCARD | BLK_F_WRITE_ZEROES),
        .config = &blk->config,
        .config_size = sizeof(blk->config),
        .queue = &blk->queue,
        .queue_count = 1,
    };

    virtio_init(&blk->virtio, env, &init);
}

static bool blk_wants_process(const struct virtio_blk_args *args)
{
    return args->host == VIRTIO_BLK_HOST_OTHER ||
           (args->host == VIRTIO_BLK_HOST_ASK && file_process_is_wanted(args->fd));
}

/* The engine that a disk starts with. The guest's memory is no other process's: a copy would take time, and pages. */
static int blk_first_engine(const struct device_env *env, const struct virtio_blk_args *args, struct blk_engine **out)
{
    const struct disk_image image = {.fd = args->fd, .offset = args->offset, .cow = args->cow};

    if (env->loop == NULL || !blk_wants_process(args))
        return blk_sync_create(out);
    mem_keep(env->mem);
    return blk_process_create(&image, args->sandbox, out);
}

static int blk_create(const struct device_env *env, const void *args, struct device **out)
{
    const struct virtio_blk_args *a = args;
    struct blk_engine *engine;
    struct blk *blk;
    int error;

    if (a->size_bytes == 0 || a->size_bytes % SECTOR_BYTES != 0)
        return -EINVAL;
    blk = calloc(1, sizeof(*blk));
    if (blk == NULL)
        return -ENOMEM;
    error = blk_first_engine(env, a, &engine);
    if (error < 0) {
        free(blk);
        return error;
    }
    blk->image = (struct disk_image){.fd = a->fd, .offset = a->offset, .cow = a->cow, .meters = a->meters};
    blk->read_only = a->read_only;
    memcpy(blk->serial, a->serial, sizeof(blk->serial));
    blk->name = a->name != NULL ? a->name : "disk";
    blk->config.capacity = a->size_bytes / SECTOR_BYTES;
    blk->config.size_max = BLK_SIZE_MAX;
    blk->config.seg_max = BLK_SEG_MAX;
    blk->config.blk_size = SECTOR_BYTES;
    if (!a->read_only)
        blk_clear_configure(&blk->config);
    blk->kick.fd = blk->ring.fd = -1;
    blk->free = &blk->single;
    blk->rest = (struct loop_task){.run = on_rest, .owner = blk};
    blk_init_virtio(blk, env);
    error = blk_set_engine(blk, engine);
    if (error < 0) {
        virtio_fini(&blk->virtio);
        free(blk);
        return error;
    }
    if (engine->event_fd < 0 && env->loop != NULL && blk_uring_create(BLK_DEPTH, &blk->uring) < 0)
        blk->uring = NULL;
    if (engine->event_fd >= 0) /* once the VM runs, though its driver may leave the disk alone for long */
        virtio_continue(&blk->virtio, &blk->rest);
    *out = &blk->virtio.device;
    return 0;
}

const struct device_type device_virtio_blk = {
    .name = "virtio-blk",
    .compatible = "virtio,mmio\0",
    .node_name = "virtio_mmio",
    .create = blk_create,
};
