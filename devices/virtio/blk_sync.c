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
static unsigned step_buffers(const struct blk_io *io, struct iovec part[STEP_BUFFERS])
{
    unsigned count = io->iov_count < STEP_BUFFERS ? io->iov_count : STEP_BUFFERS;

    memcpy(part, io->iov, count * sizeof(part[0]));
    iov_truncate(part, &count, BLK_STEP_BYTES);
    return count;
}

static ssize_t sync_step(int fd, const struct blk_io *io)
{
    struct iovec part[STEP_BUFFERS];
    ssize_t n = -1;

    switch (io->op) {
    case BLK_OP_READ:
        n = preadv(fd, part, (int)step_buffers(io, part), (off_t)io->offset);
        break;
    case BLK_OP_WRITE:
        n = pwritev2(fd, part, (int)step_buffers(io, part), (off_t)io->offset, io->rw_flags);
        break;
    case BLK_OP_FLUSH:
        n = fdatasync(fd);
        break;
    }
    return n < 0 ? -errno : n;
}

static void sync_start(struct blk_engine *engine, struct blk_io *io)
{
    int error;

    do {
        error = blk_io_progress(io, sync_step(engine->fd, io));
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

int blk_fd_sync(struct blk_engine *engine)
{
    return fdatasync(engine->fd) < 0 ? -errno : 0;
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
    .sync = blk_fd_sync,
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
