/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_reserve.c - before a write: whether the file may be so large, and room for it, which is promised. */
#include "abi/errno.h"
#include "fs/ext4/ext4_change.h"
#include "vfs/volume.h"

static bool retry(struct ext4_fs *e4, int error, unsigned *tries)
{
    if (error != -ENOSPC)
        return false;
    bool entered = volume_enter(&e4->fs);
    bool is_worth = entered ? ext4_room_retry(e4, error, tries) : ext4_blocks_retry(e4, error, tries);

    volume_leave(&e4->fs, entered);
    return is_worth;
}

int ext4_reserve(struct inode *inode, uint64_t pos, uint64_t size)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    struct ext4_fs *e4 = ext4_of(inode);
    uint64_t first = pos >> e4->block_shift, end = (pos + size + e4->block_size - 1) >> e4->block_shift;
    unsigned tries = 0;
    int error;

    if (e4->is_dead) /* what comes now would stay in memory for good */
        return -EROFS;
    if (ext4_delayed_covers(ei, first, end))
        return 0;
    if (end > ext4_size_most(&ei->inode) >> e4->block_shift)
        return -EFBIG;
    error = pos + size > inode->size ? ext4_cut_finish(ei) : 0;
    if (error == 0)
        error = ext4_leave_inode(ei);
    if (error != 0)
        return error;
    do
        error = ext4_delayed_add(ei, (uint32_t)first, (uint32_t)end);
    while (retry(e4, error, &tries));
    return error;
}
