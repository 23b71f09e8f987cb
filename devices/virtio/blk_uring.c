/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blk_uring.c - disk I/O through io_uring: what one kick of the guest brought is one system call.
 *
 * The ring's own descriptor is readable while completions wait, so the loop watches it and no eventfd is needed.
 */
#include "devices/virtio/blk_engine.h"

#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdlib.h>

struct uring {
    struct blk_engine engine; /* first */
    struct io_uring ring;
    unsigned started;   /* I/Os in the submission ring that the host doesn't have yet */
    unsigned in_flight; /* I/Os that are not done, those included */
};

/* The host may be short of memory for a moment. */
static bool uring_submit(struct blk_engine *engine)
{
    struct uring *uring = (struct uring *)engine;

    while (uring->started > 0) {
        int count = io_uring_submit(&uring->ring);

        if (count > 0)
            uring->started -= (unsigned)count < uring->started ? (unsigned)count : uring->started;
        else if (count != -EINTR)
            return false;
    }
    return true;
}

/* There is an entry for each of the I/Os that can be in flight: the disk has as many requests as the ring entries. */
static void uring_queue(struct uring *uring, struct blk_io *io)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&uring->ring);

    switch (io->op) {
    case BLK_OP_READ:
        io_uring_prep_readv(sqe, uring->engine.fd, io->iov, io->iov_count, io->offset);
        break;
    case BLK_OP_WRITE:
        io_uring_prep_writev2(sqe, uring->engine.fd, io->iov, io->iov_count, io->offset, io->rw_flags);
        break;
    case BLK_OP_FLUSH:
        io_uring_prep_fsync(sqe, uring->engine.fd, IORING_FSYNC_DATASYNC);
        break;
    }
    io_uring_sqe_set_data(sqe, io);
    uring->started++;
}

static void uring_start(struct blk_engine *engine, struct blk_io *io)
{
    struct uring *uring = (struct uring *)engine;

    uring->in_flight++;
    uring_queue(uring, io);
}

static void uring_complete(struct uring *uring, const struct io_uring_cqe *cqe)
{
    struct blk_io *io = io_uring_cqe_get_data(cqe);
    int error = blk_io_progress(io, cqe->res);

    if (error == 0) { /* short: the rest goes on its way */
        uring_queue(uring, io);
        return;
    }
    uring->in_flight--;
    uring->engine.done(uring->engine.owner, io, error < 0 ? error : 0);
}

static void uring_reap(struct blk_engine *engine)
{
    struct uring *uring = (struct uring *)engine;
    struct io_uring_cqe *cqe;

    while (io_uring_peek_cqe(&uring->ring, &cqe) == 0) {
        struct io_uring_cqe copy = {.user_data = cqe->user_data, .res = cqe->res};

        io_uring_cqe_seen(&uring->ring, cqe);
        uring_complete(uring, &copy);
    }
}

static void uring_drain(struct blk_engine *engine)
{
    struct uring *uring = (struct uring *)engine;
    struct io_uring_cqe *cqe;

    uring_reap(engine);
    while (uring->in_flight > 0) {
        if (!uring_submit(engine))
            poll(NULL, 0, 1);
        else
            io_uring_wait_cqe(&uring->ring, &cqe);
        uring_reap(engine);
    }
}

static void uring_destroy(struct blk_engine *engine)
{
    struct uring *uring = (struct uring *)engine;

    io_uring_queue_exit(&uring->ring);
    free(uring);
}

static const struct blk_engine_ops uring_ops = {
    .start = uring_start,
    .submit = uring_submit,
    .reap = uring_reap,
    .drain = uring_drain,
    .sync = blk_fd_sync,
    .destroy = uring_destroy,
};

int blk_uring_create(unsigned depth, struct blk_engine **out)
{
    struct uring *uring = calloc(1, sizeof(*uring));
    int error;

    if (uring == NULL)
        return -ENOMEM;
    error = io_uring_queue_init(depth, &uring->ring, 0);
    if (error < 0) {
        free(uring);
        return error;
    }
    uring->engine.ops = &uring_ops;
    uring->engine.event_fd = uring->ring.ring_fd;
    *out = &uring->engine;
    return 0;
}
