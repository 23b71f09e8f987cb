/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blk_uring.c - disk I/O through io_uring: what one kick of the guest brought is one system call.
 *
 * The ring's own descriptor is readable while completions wait, so the loop watches it and no eventfd is needed.
 */
#include "devices/virtio/blk_engine.h"

#include <asm/unistd.h>
#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/disk/cow.h"

struct uring {
    struct blk_engine engine; /* first */
    struct io_uring ring;
    unsigned started;   /* I/Os in the submission ring that the host doesn't have yet */
    unsigned in_flight; /* I/Os that are not done, those included */

    /* A flush of changes that are kept has several steps (cow_commit). Others wait for its end meanwhile, and so do
     * writes, however far they have come: they would be marked between the steps. */
    struct blk_io *flush; /* it; NULL: none is under way */
    bool committing;      /* its second sync is */
    struct blk_io *parked_writes, *parked_flushes;
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

static void uring_end(struct uring *uring, struct blk_io *io, int error)
{
    uring->in_flight--;
    uring->engine.done(uring->engine.owner, io, error);
}

/* The list of buffers ends where the piece does, until uncut. Returns how many there are. */
static unsigned cut(struct blk_io *io, uint64_t size)
{
    unsigned count = 0;

    io->cut = NULL;
    if (size >= io->missing)
        return io->iov_count;
    for (; count < io->iov_count && size > 0; count++) {
        struct iovec *iov = &io->iov[count];

        if (iov->iov_len > size) {
            io->cut = iov;
            io->cut_bytes = iov->iov_len - size;
            iov->iov_len = size;
        }
        size -= iov->iov_len;
    }
    return count;
}

static void uncut(struct blk_io *io)
{
    if (io->cut != NULL)
        io->cut->iov_len += io->cut_bytes;
    io->cut = NULL;
}

/* One call for what moves no data. Zeroes that have to be stable are written: that is one call as well. */
static void queue_clear(struct uring *uring, struct blk_io *io)
{
    const struct disk_image *image = uring->engine.image;
    struct disk_clear_step *step = &io->step;
    bool by_writing = io->op != BLK_OP_DISCARD && (io->by_writing || io->rw_flags != 0);
    int error = disk_clear_step(image, blk_op_clear(io->op), by_writing, io->offset, io->missing, step);

    while (error == 0 && step->size == 0 && blk_io_progress(io, (ssize_t)step->skipped) == 0)
        error = disk_clear_step(image, blk_op_clear(io->op), by_writing, io->offset, io->missing, step);
    if (error != 0 || step->size == 0) {
        uring_end(uring, io, error);
        return;
    }
    struct io_uring_sqe *sqe = io_uring_get_sqe(&uring->ring);
    io->by_writing = by_writing;
    io->zeroes = (struct iovec){(void *)(uintptr_t)disk_zeroes, step->size};
    if (by_writing)
        io_uring_prep_writev2(sqe, step->fd, &io->zeroes, 1, step->offset, disk_image_flags(image, io->rw_flags));
    else
        io_uring_prep_fallocate(sqe, step->fd, step->mode, (off_t)step->offset, (off_t)step->size);
    io_uring_sqe_set_data(sqe, io);
    uring->started++;
}

/* There is an entry for each of the I/Os that can be in flight: the disk has as many requests as the ring entries. */
static void uring_queue(struct uring *uring, struct blk_io *io)
{
    if (blk_op_clears(io->op)) {
        queue_clear(uring, io);
        return;
    }
    const struct disk_image *image = uring->engine.image;
    struct disk_piece piece = {0};
    int error =
        io->op == BLK_OP_FLUSH ? 0 : disk_image_piece(image, io->op == BLK_OP_WRITE, io->offset, io->missing, &piece);

    if (error != 0) {
        uring_end(uring, io, error);
        return;
    }
    unsigned count = cut(io, piece.size);
    struct io_uring_sqe *sqe = io_uring_get_sqe(&uring->ring);
    switch (io->op) {
    case BLK_OP_READ:
        io_uring_prep_readv(sqe, piece.fd, io->iov, count, piece.offset);
        break;
    case BLK_OP_WRITE:
        io_uring_prep_writev2(sqe, piece.fd, io->iov, count, piece.offset, disk_image_flags(image, io->rw_flags));
        break;
    default:
        io_uring_prep_fsync(sqe, disk_image_sync_fd(image), IORING_FSYNC_DATASYNC);
        break;
    }
    io_uring_sqe_set_data(sqe, io);
    uring->started++;
}

static void park(struct blk_io **list, struct blk_io *io)
{
    io->next = *list;
    *list = io;
}

static void start_flush(struct uring *uring, struct blk_io *io)
{
    bool commits = disk_image_commits(uring->engine.image);

    if (disk_image_sync_fd(uring->engine.image) < 0) {
        uring_end(uring, io, 0);
    } else if (commits && uring->flush != NULL) {
        park(&uring->parked_flushes, io);
    } else {
        uring->flush = commits ? io : NULL;
        uring_queue(uring, io);
    }
}

static void uring_start(struct blk_engine *engine, struct blk_io *io)
{
    struct uring *uring = (struct uring *)engine;

    uring->in_flight++;
    if (io->op == BLK_OP_FLUSH)
        start_flush(uring, io);
    else
        uring_queue(uring, io);
}

/* How many bytes fallocate is through with; -EAGAIN: they are to be written instead; or -errno. */
static ssize_t cleared(struct blk_io *io, ssize_t result)
{
    if (result < 0 && disk_clear_is_refusal((int)result)) {
        io->by_writing = io->op != BLK_OP_DISCARD;
        result = io->by_writing ? -EAGAIN : disk_clear_otherwise(&io->step);
    }
    return result == 0 ? (ssize_t)(io->step.skipped + io->step.size) : result;
}

/* What the host did for an I/O has come of it. */
static void take(struct uring *uring, struct blk_io *io, ssize_t result)
{
    if (blk_op_clears(io->op) && !io->by_writing)
        result = cleared(io, result);
    if (blk_op_writes(io->op))
        result = disk_image_wrote(uring->engine.image, io->offset, result, io->rw_flags);
    int error = blk_io_progress(io, result);

    if (error == 0 && uring->engine.has_ended(uring->engine.owner)) /* zeroes may have thousands of steps to go */
        error = -ECANCELED;
    if (error == 0) /* short, or a piece: the rest goes on its way */
        uring_queue(uring, io);
    else
        uring_end(uring, io, error < 0 ? error : 0);
}

/* A sync of the flush is done. True: there is another. */
static bool goes_on_flushing(struct uring *uring, ssize_t *result)
{
    struct cow *cow = uring->engine.image->cow;

    if (*result < 0)
        return false;
    if (uring->committing) {
        cow_committed(cow);
        return false;
    }
    *result = cow_commit(cow);
    uring->committing = *result > 0;
    return uring->committing;
}

static void take_flush(struct uring *uring, ssize_t result)
{
    struct blk_io *io = uring->flush, *writes = uring->parked_writes, *next;

    if (result == -EINTR || result == -EAGAIN || goes_on_flushing(uring, &result)) {
        uring_queue(uring, io);
        return;
    }
    uring->committing = false;
    uring->flush = uring->parked_writes = NULL;
    uring_end(uring, io, result < 0 ? (int)result : 0);
    for (; writes != NULL; writes = next) {
        next = writes->next;
        take(uring, writes, writes->result);
    }
    io = uring->parked_flushes;
    if (io != NULL && uring->flush == NULL) {
        uring->parked_flushes = io->next;
        start_flush(uring, io);
    }
}

static void uring_complete(struct uring *uring, const struct io_uring_cqe *cqe)
{
    struct blk_io *io = io_uring_cqe_get_data(cqe);

    uncut(io);
    if (io == uring->flush) {
        take_flush(uring, cqe->res);
    } else if (blk_op_writes(io->op) && uring->flush != NULL) {
        io->result = cqe->res;
        park(&uring->parked_writes, io);
    } else {
        take(uring, io, cqe->res);
    }
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

void blk_uring_drop(struct blk_engine *engine)
{
    if (engine != NULL)
        uring_destroy(engine);
}

static const struct blk_engine_ops uring_ops = {
    .start = uring_start,
    .submit = uring_submit,
    .reap = uring_reap,
    .drain = uring_drain,
    .sync = blk_image_sync,
    .destroy = uring_destroy,
};

/* The ring is all that a guest that has taken lvmm over could still give to the kernel without a system call that its
 * list knows: it takes what is done here, and nothing else, such as to open a file. A kernel that has rings but can't
 * restrict them (before Linux 5.10) is taken for one without. */
static int restrict_ring(struct io_uring *ring)
{
    static const uint8_t operations[] = {IORING_OP_READV, IORING_OP_WRITEV, IORING_OP_FALLOCATE, IORING_OP_FSYNC};
    struct io_uring_restriction allowed[sizeof(operations)];

    memset(allowed, 0, sizeof(allowed));
    for (unsigned i = 0; i < sizeof(operations); i++) {
        allowed[i].opcode = IORING_RESTRICTION_SQE_OP;
        allowed[i].sqe_op = operations[i];
    }
    /* The shared liburing of Debian 12 lacks its functions for these. */
    if (syscall(__NR_io_uring_register, ring->ring_fd, IORING_REGISTER_RESTRICTIONS, allowed, sizeof(operations)) < 0 ||
        syscall(__NR_io_uring_register, ring->ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0) < 0)
        return -errno;
    return 0;
}

int blk_uring_create(unsigned depth, struct blk_engine **out)
{
    struct uring *uring = calloc(1, sizeof(*uring));
    int error;

    if (uring == NULL)
        return -ENOMEM;
    error = io_uring_queue_init(depth, &uring->ring, IORING_SETUP_R_DISABLED);
    if (error == 0) {
        error = restrict_ring(&uring->ring);
        if (error < 0)
            io_uring_queue_exit(&uring->ring);
    }
    if (error < 0) {
        free(uring);
        return error;
    }
    uring->engine.ops = &uring_ops;
    uring->engine.event_fd = uring->ring.ring_fd;
    *out = &uring->engine;
    return 0;
}
