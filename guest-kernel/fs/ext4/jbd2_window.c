/* SPDX-License-Identifier: Apache-2.0 */
/* jbd2_window.c - reading the log for a replay, several blocks at a time, and writing those where they belong. */
#include "fs/ext4/jbd2_recover.h"

#include "abi/errno.h"

int jbd2_replay_write_out(struct jbd2_replay *replay)
{
    struct jbd2 *journal = replay->journal;
    int error = 0;

    if (replay->write_count != 0)
        error = journal->ops->transfer(journal->ctx, JBD2_HOME, JBD2_WRITE, replay->writes, replay->write_count);
    replay->write_count = 0;
    return error;
}

static int window_fill(struct jbd2_replay *replay, uint32_t block, uint32_t count)
{
    struct jbd2 *journal = replay->journal;
    struct jbd2_batch *window = &replay->window;

    window->count = 0;
    for (uint32_t i = 0; i < count; i++)
        (void)jbd2_batch_add(journal, window, block + i);
    int error = journal->ops->transfer(journal->ctx, JBD2_LOG, JBD2_READ, window->io, count);
    replay->window_start = block;
    if (error != 0)
        window->count = 0;
    return error;
}

int jbd2_replay_read(struct jbd2_replay *replay, uint32_t block, uint8_t **data)
{
    const struct jbd2_batch *window = &replay->window;
    uint32_t end = block < replay->journal->last ? replay->journal->last : replay->journal->length;
    uint32_t count = end - block < window->room ? end - block : window->room;
    int error = 0;

    *data = NULL;
    if (block < replay->window_start || block - replay->window_start >= window->count) {
        error = jbd2_replay_write_out(replay);
        if (error == 0)
            error = window_fill(replay, block, count);
        if (error == -EIO && count > 1) /* it may be one of those behind, which perhaps nobody needs */
            error = window_fill(replay, block, 1);
    }
    if (error == 0)
        *data = window->data + (size_t)(block - replay->window_start) * replay->journal->block_size;
    return error;
}
