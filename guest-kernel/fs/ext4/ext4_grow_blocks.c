/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_grow_blocks.c - blocks for a file and its tree: taken, given back when nothing came of it, looked at. */
#include "abi/errno.h"
#include "core/log.h"
#include "fs/ext4/ext4_alloc.h"
#include "fs/ext4/ext4_grow.h"

static unsigned alloc_flags(unsigned flags)
{
    return (flags & EXT4_MAP_PROMISED ? EXT4_BLOCKS_PROMISED : 0) | (flags & EXT4_MAP_META ? EXT4_BLOCKS_META : 0);
}

int ext4_grow_alloc(struct ext4_handle *handle, uint64_t goal, unsigned flags, uint32_t *count, uint64_t *disk)
{
    return ext4_blocks_alloc(handle, goal, alloc_flags(flags), count, disk);
}

/* Without memory a node can't be forgotten: nobody has it until e2fsck, which does no harm. */
void ext4_grow_undo(struct ext4_handle *handle, unsigned flags, uint32_t count, uint64_t disk)
{
    unsigned how = EXT4_BLOCKS_UNUSED | (flags & EXT4_MAP_META ? EXT4_BLOCKS_META : 0);
    int error = ext4_blocks_free(handle, disk, count, how);

    if (error == -ENOMEM) {
        log_error("%s: ext4: %u blocks from %llu on are nobody's, for want of memory", handle->e4->dev->name, count,
                  (unsigned long long)disk);
    } else if (error != 0) {
        ext4_fail(handle->e4, "giving blocks back", error);
    } else if (flags & EXT4_MAP_PROMISED) {
        handle->e4->promised += count;
        handle->e4->promises_kept -= count;
    }
}

int ext4_grow_check_node(const struct ext4_inode *ei, uint64_t block)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    struct ext4_window *window;
    int error = ext4_alloc_start(e4);

    if (error == 0 && !ext4_blocks_are_valid(e4, block, 1))
        error = ext4_inode_damaged(ei, block, "a node of its tree that is elsewhere than on the disk");
    if (error == 0)
        error = ext4_window_get(e4, ext4_group_of(e4, block), &window);
    if (error == 0 && !ext4_blocks_are_free_to_use(window, block, 1))
        error = ext4_inode_damaged(ei, block, "a node of its tree that is the file system's own");
    return error;
}
