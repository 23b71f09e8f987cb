/* SPDX-License-Identifier: Apache-2.0 */
/* blk_process.c - disk I/O done by another process, one request at a time: for images whose host may never answer. */
#include "devices/virtio/blk_engine.h"

#include <errno.h>
#include <stdlib.h>

#include "devices/virtio/iov.h"
#include "vmm/file_process.h"

struct process_engine {
    struct blk_engine engine; /* first */
    struct file_process *process;
    struct blk_io *io; /* under way; NULL: none */
};

static void begin_step(struct process_engine *engine)
{
    static const enum file_process_op ops[] = {
        [BLK_OP_READ] = FILE_PROCESS_READ,       [BLK_OP_WRITE] = FILE_PROCESS_WRITE,
        [BLK_OP_FLUSH] = FILE_PROCESS_SYNC,      [BLK_OP_ZERO] = FILE_PROCESS_ZERO,
        [BLK_OP_DISCARD] = FILE_PROCESS_DISCARD, [BLK_OP_UNMAP] = FILE_PROCESS_UNMAP};
    const struct blk_io *io = engine->io;
    size_t size = io->missing < FILE_PROCESS_BYTES || blk_op_clears(io->op) ? io->missing : FILE_PROCESS_BYTES;

    if (io->op == BLK_OP_WRITE)
        iov_read(io->iov, io->iov_count, 0, file_process_data(engine->process), size);
    file_process_start(engine->process, ops[io->op], io->offset, size, io->rw_flags);
}

static void process_start(struct blk_engine *engine, struct blk_io *io)
{
    struct process_engine *process = (struct process_engine *)engine;

    file_process_give_up_fd(process->process);
    process->io = io;
    begin_step(process);
}

static bool process_submit(struct blk_engine *engine)
{
    (void)engine;
    return true;
}

static void process_reap(struct blk_engine *engine)
{
    struct process_engine *process = (struct process_engine *)engine;
    struct blk_io *io = process->io;
    ssize_t result;
    int error;

    file_process_give_up_fd(process->process);
    if (!file_process_take(process->process, &result) || io == NULL)
        return; /* not yet; or the process is gone, and there is nothing to tell of it so far */
    if (io->op == BLK_OP_READ && result > 0)
        iov_write(io->iov, io->iov_count, 0, file_process_data(process->process), (size_t)result);
    error = blk_io_progress(io, result);
    if (error == 0 && !engine->has_ended(engine->owner)) {
        begin_step(process);
        return;
    }
    process->io = NULL;
    engine->done(engine->owner, io, error == 0 ? -ECANCELED : error < 0 ? error : 0);
}

static void process_drain(struct blk_engine *engine)
{
    struct process_engine *process = (struct process_engine *)engine;

    while (process->io != NULL) {
        file_process_wait(process->process);
        process_reap(engine);
    }
}

static int process_sync(struct blk_engine *engine)
{
    struct process_engine *process = (struct process_engine *)engine;
    ssize_t result;

    file_process_start(process->process, FILE_PROCESS_SYNC, 0, 0, 0);
    while (!file_process_take(process->process, &result))
        file_process_wait(process->process);
    return (int)result;
}

static void process_destroy(struct blk_engine *engine)
{
    struct process_engine *process = (struct process_engine *)engine;

    file_process_destroy(process->process);
    free(process);
}

static const struct blk_engine_ops process_ops = {
    .start = process_start,
    .submit = process_submit,
    .reap = process_reap,
    .drain = process_drain,
    .sync = process_sync,
    .destroy = process_destroy,
};

int blk_process_create(const struct disk_image *image, enum sandbox_level level, struct blk_engine **out)
{
    struct process_engine *process = calloc(1, sizeof(*process));
    int error;

    if (process == NULL)
        return -ENOMEM;
    error = file_process_create(image, level, &process->process);
    if (error < 0) {
        free(process);
        return error;
    }
    process->engine.ops = &process_ops;
    process->engine.event_fd = file_process_fd(process->process);
    *out = &process->engine;
    return 0;
}
