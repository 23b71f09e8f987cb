/* SPDX-License-Identifier: Apache-2.0 */
/* jbd2_batch.c - blocks that are copied side by side, so that they make one request and nobody changes them meanwhile.
 */
#include "abi/errno.h"
#include "fs/ext4/jbd2_internal.h"
#include "mm/kmalloc.h"

#define BATCH_BYTES (128u << 10)
#define BATCH_ROOM_MIN 2u /* a descriptor and a block */

int jbd2_batch_init(struct jbd2 *journal, struct jbd2_batch *batch)
{
    unsigned room = BATCH_BYTES / journal->block_size;

    *batch = (struct jbd2_batch){0};
    while (batch->data == NULL && room >= BATCH_ROOM_MIN) {
        batch->data = kmalloc((size_t)room * journal->block_size);
        batch->room = room;
        room /= 2;
    }
    if (batch->data != NULL)
        batch->io = kmalloc_array(batch->room, sizeof(*batch->io));
    if (batch->io != NULL)
        return 0;
    jbd2_batch_fini(batch);
    return -ENOMEM;
}

void jbd2_batch_fini(struct jbd2_batch *batch)
{
    kfree(batch->data);
    kfree(batch->io);
    *batch = (struct jbd2_batch){0};
}

void *jbd2_batch_add(const struct jbd2 *journal, struct jbd2_batch *batch, uint64_t block)
{
    void *data = batch->data + (size_t)batch->count * journal->block_size;

    batch->io[batch->count++] = (struct jbd2_io){block, data};
    return data;
}

int jbd2_batch_write(struct jbd2 *journal, struct jbd2_batch *batch, enum jbd2_space space)
{
    int error = 0;

    if (batch->count != 0)
        error = journal->ops->transfer(journal->ctx, space, JBD2_WRITE, batch->io, batch->count);
    batch->count = 0;
    return error;
}

int jbd2_write_stable(struct jbd2 *journal, enum jbd2_space space, uint64_t block, void *data)
{
    const struct jbd2_ops *ops = journal->ops;
    struct jbd2_io io = {block, data};
    int error = ops->transfer(journal->ctx, space, ops->has_fua ? JBD2_WRITE_FUA : JBD2_WRITE, &io, 1);

    return error == 0 && !ops->has_fua ? ops->flush(journal->ctx) : error;
}
