/* SPDX-License-Identifier: Apache-2.0 */
/* blk_sync.c - disk I/O done by the caller's thread. The cheapest way for a few requests, the only one without
 * io_uring. */
#include "devices/virtio/blk_engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices/virtio/iov.h"
#include "devices/virtio/queue.h"

#define STEP_BUFFERS QUEUE_CHAIN_MAX

int blk_io_progress(struct blk_io *io, ssize_t result)
{
    if (result == -EINTR || result == -EAGAIN)
        return 0;
    if (result < 0)
        return (int)result;
    if (io->op == BLK_OP_FLUSH)
        return 1;
    if (result == 0 || (uint64_t)result > io->missing) /* 0: somebody made the image shorter */
        return -EIO;
    iov_skip(&io->iov, &io->iov_count, (size_t)result);
    io->offset += (uint64_t)result;
    io->missing -= (uint64_t)result;
    return io->missing == 0;
}

/* The buffers of one step, in `part`; the list itself stays as it is. Returns how many. */
static unsigned step_buffers(const struct blk_io *io, uint64_t size, struct iovec part[STEP_BUFFERS])
{
    unsigned count = io->iov_count < STEP_BUFFERS ? io->iov_count : STEP_BUFFERS;

    memcpy(part, io->iov, count * sizeof(part[0]));
    iov_truncate(part, &count, size < BLK_STEP_BYTES ? size : BLK_STEP_BYTES);
    return count;
}

static ssize_t sync_read(const struct disk_image *image, const struct blk_io *io)
{
    struct iovec part[STEP_BUFFERS];
    struct disk_piece piece;

    disk_image_piece(image, false, io->offset, io->missing, &piece);
    ssize_t n = preadv(piece.fd, part, (int)step_buffers(io, piece.size, part), (off_t)piece.offset);
    return n < 0 ? -errno : n;
}

static ssize_t sync_write(struct disk_image *image, const struct blk_io *io)
{
    struct iovec part[STEP_BUFFERS];
    struct disk_piece piece;
    int error = disk_image_piece(image, true, io->offset, io->missing, &piece);

    if (error != 0)
        return error;
    ssize_t n = pwritev2(piece.fd, part, (int)step_buffers(io, piece.size, part), (off_t)piece.offset,
                         disk_image_flags(image, io->rw_flags));
    return disk_image_wrote(image, io->offset, n < 0 ? -errno : n, io->rw_flags);
}

static ssize_t sync_step(struct disk_image *image, const struct blk_io *io)
{
    switch (io->op) {
    case BLK_OP_READ:
        return sync_read(image, io);
    case BLK_OP_WRITE:
        return sync_write(image, io);
    case BLK_OP_FLUSH:
        return disk_image_sync(image);
    default:
        return disk_image_clear(image, blk_op_clear(io->op), io->offset, io->missing, io->rw_flags);
    }
}

static void sync_start(struct blk_engine *engine, struct blk_io *io)
{
    int error;

    do {
        error = blk_io_progress(io, sync_step(engine->image, io));
    } while (error == 0 && !engine->has_ended(engine->owner));
    engine->done(engine->owner, io, error == 0 ? -ECANCELED : error < 0 ? error : 0);
}

static void sync_nothing(struct blk_engine *engine)
{
    (void)engine;
}

static bool sync_submit(struct blk_engine *engine)
{
    (void)engine;
    return true;
}

int blk_image_sync(struct blk_engine *engine)
{
    return disk_image_sync(engine->image);
}

static void sync_destroy(struct blk_engine *engine)
{
    free(engine);
}

static const struct blk_engine_ops sync_ops = {
    .start = sync_start,
    .submit = sync_submit,
    .reap = sync_nothing,
    .drain = sync_nothing,
    .sync = blk_image_sync,
    .destroy = sync_destroy,
};

int blk_sync_create(struct blk_engine **out)
{
    struct blk_engine *engine = calloc(1, sizeof(*engine));

    if (engine == NULL)
        return -ENOMEM;
    engine->ops = &sync_ops;
    engine->event_fd = -1;
    *out = engine;
    return 0;
}
