/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_unlogged.c - without a journal, changed buffers get to the disk in no order: those of ext2, or of a file system
 * that was made so. */
#include "fs/ext4/ext4_change.h"

/* Sealing may change another one that is dirty: all first. Those that became so one after the other often lie so, too,
 * and go in one request. */
int ext4_buffers_write(struct ext4_fs *e4)
{
    struct ext4_buffers *buffers = &e4->buffers;
    struct blk_batch batch = {.dev = buffers->dev, .write = true};
    uint32_t size = 1u << buffers->block_shift;
    int error = 0;

    for (struct list *at = buffers->dirty.next; at != &buffers->dirty; at = at->next)
        ext4_buffer_seal(e4, container_of(at, struct ext4_buffer, dirty));
    for (struct list *at = buffers->dirty.next; error == 0 && at != &buffers->dirty; at = at->next) {
        const struct ext4_buffer *buffer = container_of(at, struct ext4_buffer, dirty);
        error = blk_batch_add(&batch, buffer->block * (size / SECTOR_SIZE), virt_to_phys(buffer->data), size);
    }
    if (error == 0)
        error = blk_batch_submit(&batch);
    while (error == 0 && !list_is_empty(&buffers->dirty))
        ext4_buffer_clean(buffers, container_of(buffers->dirty.next, struct ext4_buffer, dirty));
    return error;
}
