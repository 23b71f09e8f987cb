/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_indirect.h - block numbers of files without extents, for those that read and change them: ext4_indirect.c,
 * ext4_indirect_change.c, ext4_indirect_cut.c. */
#ifndef GK_FS_EXT4_EXT4_INDIRECT_H
#define GK_FS_EXT4_EXT4_INDIRECT_H

#include "fs/ext4/ext4_change.h"

#define EXT4_INDIRECT_DEPTH 3

/* How deep the tree of numbers is that has the block, and where in it that is; 0: it is in the inode. -1: none has. */
int ext4_indirect_depth(const struct ext4_fs *e4, uint64_t *block);
/* How many numbers a block has, as a power of 2. */
static inline unsigned ext4_indirect_bits(const struct ext4_fs *e4)
{
    return e4->block_shift - 2;
}
/* 0, or a number of a block that a file can have. */
static inline bool ext4_indirect_is_valid(const struct ext4_fs *e4, uint32_t pointer)
{
    return pointer == 0 || ext4_blocks_are_valid(e4, pointer, 1);
}

/* Says that a number in block `from` of the disk (0: in the inode) can't be right: -EUCLEAN. */
int ext4_indirect_damaged(const struct ext4_inode *ei, uint64_t from, uint64_t number);

/* As ext4_map_*. */
int ext4_indirect_create(struct ext4_handle *handle, struct ext4_inode *ei, uint32_t block, uint32_t most,
                         unsigned flags, struct ext4_fill *fill, struct ext4_run *out);
/* One operation's share of ext4_map_remove, from the back: what is left is in [first, *end). */
int ext4_indirect_cut(struct ext4_handle *handle, struct ext4_inode *ei, uint32_t first, uint64_t *end);

#endif
