/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_unlogged.c - without a journal, changed buffers get to the disk in no order: those of ext2, or of a file system
 * that was made so. */
#include "fs/ext4/ext4_change.h"

/* Sealing may change another one that is dirty: all first. */
int ext4_buffers_write(struct ext4_fs *e4)
{
    struct ext4_buffers *buffers = &e4->buffers;
    struct list *at, *next;

    for (at = buffers->dirty.next; at != &buffers->dirty; at = at->next)
        ext4_buffer_seal(e4, container_of(at, struct ext4_buffer, dirty));
    for (at = buffers->dirty.next; at != &buffers->dirty; at = next) {
        struct ext4_buffer *buffer = container_of(at, struct ext4_buffer, dirty);
        struct blk_segment segment = {virt_to_phys(buffer->data), 1u << buffers->block_shift};
        int error = blk_transfer(buffers->dev, true, buffer->block * (segment.size / SECTOR_SIZE), &segment, 1);
        if (error != 0)
            return error;
        next = at->next;
        ext4_buffer_clean(buffers, buffer);
    }
    return 0;
}
