/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_map.c - where a file's blocks lie, whichever way that is kept; what was found last is remembered. */
#include "fs/ext4/ext4.h"

bool ext4_map_recall(const struct ext4_inode *ei, uint32_t block, uint32_t most, struct ext4_run *out)
{
    const struct ext4_run *last = &ei->last;
    uint32_t within = block - last->start;

    if (block < last->start || within >= last->count)
        return false;
    *out = *last;
    out->start = block;
    out->count = last->count - within < most ? last->count - within : most;
    if (out->disk != 0)
        out->disk += within;
    if (out->room != 0)
        out->room += within;
    return true;
}

int ext4_map_find(struct ext4_inode *ei, uint32_t block, uint32_t most, struct ext4_run *out)
{
    int error = 0;

    if (ext4_map_recall(ei, block, most, out))
        return 0;
    if (ei->flags & EXT4_EXTENTS_FL)
        error = ext4_extent_find(ei, block, UINT32_MAX, out);
    else
        error = ext4_indirect_find(ei, block, UINT32_MAX, out);
    if (error != 0)
        return error;
    ei->last = *out;
    if (out->count > most)
        out->count = most;
    return 0;
}

int ext4_map_buffer(struct ext4_inode *ei, uint32_t block, struct ext4_buffer **out)
{
    struct ext4_run run;
    int error = ext4_map_find(ei, block, 1, &run);

    *out = NULL;
    if (error != 0 || run.disk == 0)
        return error;
    return ext4_buffer_get(&ext4_of(&ei->inode)->buffers, run.disk, out);
}
