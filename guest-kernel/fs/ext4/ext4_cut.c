/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_cut.c - a file loses blocks, from the back to the front: several operations if they are many, each of which
 * changes not more than fits into a transaction, and after each of which the file makes sense.
 */
#include "abi/errno.h"
#include "fs/ext4/ext4_cut.h"
#include "fs/ext4/ext4_extent.h"
#include "fs/ext4/ext4_indirect.h"

/* A directory's blocks and the like were changed by ext4_change: they are forgotten. */
static unsigned free_flags(const struct ext4_inode *ei)
{
    return S_ISREG(ei->inode.mode) && !(ei->flags & EXT4_EA_INODE_FL) ? 0 : EXT4_BLOCKS_META;
}

static void sectors_take(struct ext4_inode *ei, uint64_t blocks)
{
    uint64_t sectors = blocks << (ext4_of(&ei->inode)->block_shift - 9);

    ei->sectors = ei->sectors > sectors ? ei->sectors - sectors : 0;
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
    sectors_take(cut->ei, count);
    return count;
}

int ext4_cut_node(struct ext4_cut *cut, uint64_t block)
{
    int error = ext4_blocks_free(cut->handle, block, 1, EXT4_BLOCKS_META);

    if (error == 0)
        sectors_take(cut->ei, 1);
    return error;
}

/* Whether it is known, without much ado, that there are none. */
static bool is_empty(const struct ext4_inode *ei)
{
    if (ei->flags & EXT4_EXTENTS_FL)
        return ext4_extent_root(ei)->entries == 0;
    for (unsigned n = 0; n < EXT4_POINTERS; n++)
        if (ei->block[n] != 0)
            return false;
    return true;
}

/* [first, *end), from the back: what is left of [first, stop) is before the new *end. */
static int cut_step(struct ext4_inode *ei, uint32_t first, uint64_t stop, uint64_t *end)
{
    struct ext4_handle handle;
    struct ext4_raw_inode *raw;
    struct ext4_buffer *table;
    int error = ext4_begin(ext4_of(&ei->inode), &handle, EXT4_CREDITS_MAP);

    if (error != 0)
        return error;
    error = ext4_itable_change(&handle, ext4_number(ei), &table, &raw);
    if (error == 0) {
        ei->last.count = 0;
        ei->data_tid = ext4_tid(&handle);
        error = ei->flags & EXT4_EXTENTS_FL ? ext4_extent_cut(&handle, ei, first, stop, end)
                                            : ext4_indirect_cut(&handle, ei, first, end);
        int stored = ext4_inode_store(&handle, ei);
        if (stored != 0)
            error = ext4_fail(handle.e4, "storing an inode", stored);
        ext4_buffer_put(&handle.e4->buffers, table);
    }
    ext4_end(&handle);
    return error;
}

int ext4_map_shift(struct ext4_inode *ei, uint32_t first, uint32_t by, bool up)
{
    return ei->flags & EXT4_EXTENTS_FL ? ext4_extent_shift(ei, first, by, up) : -EOPNOTSUPP;
}

int ext4_map_remove(struct ext4_inode *ei, uint32_t first, uint32_t end)
{
    uint64_t stop = end == UINT32_MAX ? 1ull << 32 : end, left = stop;
    int error = 0;

    while (error == 0 && first < left && !is_empty(ei))
        error = cut_step(ei, first, stop, &left);
    return error;
}
