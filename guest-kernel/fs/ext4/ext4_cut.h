/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_cut.h - what ext4_cut_free.c does for those that take blocks away, by extents or by numbers. */
#ifndef GK_FS_EXT4_EXT4_CUT_H
#define GK_FS_EXT4_EXT4_CUT_H

#include "fs/ext4/ext4_change.h"

struct ext4_cut { /* one operation's */
    struct ext4_handle *handle;
    struct ext4_inode *ei;
    int credits;    /* for blocks of the file, that are left */
    uint32_t group; /* whose bitmap is among what was changed already; UINT32_MAX: none */
};

/* Frees as many of the file's blocks [disk, disk + count) as the operation may, from the back, or `forward`: how many;
 * 0: it has to end. -errno. */
int64_t ext4_cut_free(struct ext4_cut *cut, uint64_t disk, uint32_t count, bool forward);
/* Frees a block of its tree, in the middle of a change. What fails is damage. */
int ext4_cut_node(struct ext4_cut *cut, uint64_t block);

#endif
