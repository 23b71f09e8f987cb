/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_grow.h - what ext4_grow_blocks.c does for those that change maps, by extents or by numbers. */
#ifndef GK_FS_EXT4_EXT4_GROW_H
#define GK_FS_EXT4_EXT4_GROW_H

#include "fs/ext4/ext4_change.h"

/* Blocks for a file's data, or its tree: ext4_blocks_alloc with the flags of a map. */
int ext4_grow_alloc(struct ext4_handle *handle, uint64_t goal, unsigned flags, uint32_t *count, uint64_t *disk);
/* They are given back, by the operation that took them, and promised again (EXT4_MAP_PROMISED), as nothing came of it.
 * EXT4_MAP_META: they were declared by ext4_change_new, and are forgotten. */
void ext4_grow_undo(struct ext4_handle *handle, unsigned flags, uint32_t count, uint64_t disk);
/* The block of a node that is going to be changed can be a file's. -EUCLEAN: it is one of the file system's fixed ones,
 * or not on the disk; -ENOMEM, -EIO. */
int ext4_grow_check_node(const struct ext4_inode *ei, uint64_t block);

#endif
