/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_counts.c - how many blocks and inodes are free, added up from the groups. Linux keeps these counts in memory
 * while it has a file system, so that after a crash of its the superblock has old ones, and the groups the right ones.
 */
#include "abi/errno.h"
#include "fs/ext4/ext4_alloc.h"

/* A group says how many, which can't be more than it has. */
static uint32_t at_most(uint32_t said, uint32_t most)
{
    return said < most ? said : most;
}

int ext4_counts_sum(struct ext4_fs *e4)
{
    uint64_t blocks = 0, inodes = 0;

    for (uint32_t number = 0; number < e4->groups; number++) {
        struct ext4_group group;
        int error = ext4_desc_get(e4, number, &group);
        if (error == -EUCLEAN || error == -EBADMSG) /* nothing can be taken there */
            continue;
        if (error != 0)
            return error;
        blocks += at_most(ext4_desc_count(e4, group.desc, EXT4_FREE_BLOCKS), ext4_group_size(e4, number));
        inodes += at_most(ext4_desc_count(e4, group.desc, EXT4_FREE_INODES), e4->group_inodes);
        ext4_desc_put(e4, &group);
    }
    ext4_free_blocks_add(e4, (int64_t)(blocks - ext4_free_blocks_count(e4)));
    e4->super.free_inodes_count = (uint32_t)inodes;
    return 0;
}
