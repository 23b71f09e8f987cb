/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_cut_free.c - blocks that a file loses are given back, as many as one operation may. */
#include "fs/ext4/ext4_cut.h"

/* A directory's blocks and the like were changed by ext4_change: they are forgotten. */
static unsigned free_flags(const struct ext4_inode *ei)
{
    return S_ISREG(ei->inode.mode) && !(ei->flags & EXT4_EA_INODE_FL) ? 0 : EXT4_BLOCKS_META;
}

int64_t ext4_cut_free(struct ext4_cut *cut, uint64_t disk, uint32_t count, bool forward)
{
    const struct ext4_fs *e4 = cut->handle->e4;
    uint64_t from = disk - e4->first_block, last = from + count - 1;
    uint64_t group = (forward ? from : last) / e4->group_blocks, start = group * e4->group_blocks;
    unsigned flags = free_flags(cut->ei);
    int cost = cut->group == group ? 0 : EXT4_CREDITS_ALLOC;

    if (cut->credits < cost + (flags != 0))
        return 0;
    if (forward && last >= start + e4->group_blocks)
        count = (uint32_t)(start + e4->group_blocks - from);
    if (!forward && from < start)
        count = (uint32_t)(last + 1 - start);
    if (flags != 0 && count > (uint32_t)(cut->credits - cost))
        count = (uint32_t)(cut->credits - cost);
    uint64_t first = forward ? disk : e4->first_block + last + 1 - count;
    int error = ext4_blocks_free(cut->handle, first, count, flags);
    if (error != 0)
        return error;
    cut->credits -= cost + (flags != 0 ? (int)count : 0);
    cut->group = (uint32_t)group;
    ext4_sectors_add(cut->ei, -(int64_t)count);
    return count;
}

int ext4_cut_node(struct ext4_cut *cut, uint64_t block)
{
    int error = ext4_blocks_free(cut->handle, block, 1, EXT4_BLOCKS_META);

    if (error == 0)
        ext4_sectors_add(cut->ei, -1);
    return error;
}
