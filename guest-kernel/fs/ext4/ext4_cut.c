/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_cut.c - a file loses blocks, from the back to the front: several operations if they are many, each of which
 * changes not more than fits into a transaction, and after each of which the file makes sense.
 */
#include "abi/errno.h"
#include "core/wait.h"
#include "fs/ext4/ext4_change.h"
#include "fs/ext4/ext4_extent.h"
#include "fs/ext4/ext4_indirect.h"

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

    while (error == 0 && first < left && !is_empty(ei)) {
        error = cut_step(ei, first, stop, &left);
        (void)wait_loop_ends(false); /* thousands of extents may be in memory: then nothing else ever waits */
    }
    return error;
}
