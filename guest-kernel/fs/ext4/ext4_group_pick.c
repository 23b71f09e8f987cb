/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_group_pick.c - in which group a new inode is best: a file where its directory is; a directory near its parent,
 * if there is room for what will be in it; and those at the top, under which trees grow, far from each other.
 */
#include "core/random.h"
#include "fs/ext4/ext4_alloc.h"

#define ASKED_MAX 32u /* groups whose descriptors are looked at */

static bool is_top(const struct ext4_inode *dir)
{
    return ext4_number(dir) == EXT4_ROOT_INODE || (dir->flags & EXT4_TOPDIR_FL);
}

/* How good it is for a directory: 0, not at all; a group that is emptier than most, with few directories, is best. */
static uint32_t worth(struct ext4_fs *e4, uint32_t number)
{
    struct ext4_group group;
    uint64_t blocks = ext4_free_blocks_count(e4) / e4->groups;
    uint32_t inodes = e4->super.free_inodes_count / e4->groups, dirs, result = 0;

    if (ext4_desc_get(e4, number, &group) != 0)
        return 0;
    dirs = ext4_desc_count(e4, group.desc, EXT4_USED_DIRS);
    if (ext4_desc_count(e4, group.desc, EXT4_FREE_INODES) >= (inodes == 0 ? 1 : inodes) &&
        ext4_desc_count(e4, group.desc, EXT4_FREE_BLOCKS) >= blocks)
        result = dirs < e4->group_inodes ? e4->group_inodes - dirs : 1;
    ext4_desc_put(e4, &group);
    return result;
}

static uint32_t pick_far(struct ext4_fs *e4)
{
    uint32_t start, best = 0, best_worth = 0;

    random_bytes(&start, sizeof(start));
    start %= e4->groups;
    for (uint32_t i = 0; i < e4->groups && i < ASKED_MAX; i++) {
        uint32_t group = (uint32_t)(((uint64_t)start + i) % e4->groups), is_worth = worth(e4, group);
        if (is_worth > best_worth) {
            best_worth = is_worth;
            best = group;
        }
    }
    return best_worth != 0 ? best : start;
}

/* The parent's, or one behind it that isn't fuller than most, by half. */
static bool is_near_enough(struct ext4_fs *e4, uint32_t number)
{
    struct ext4_group group;
    uint64_t blocks = ext4_free_blocks_count(e4) / e4->groups;
    uint32_t inodes = e4->super.free_inodes_count / e4->groups;

    if (ext4_desc_get(e4, number, &group) != 0)
        return false;
    bool is_good = ext4_desc_count(e4, group.desc, EXT4_FREE_INODES) > inodes / 2 &&
                   ext4_desc_count(e4, group.desc, EXT4_FREE_BLOCKS) >= blocks / 2;
    ext4_desc_put(e4, &group);
    return is_good;
}

static uint32_t pick_near(struct ext4_fs *e4, uint32_t parent)
{
    for (uint32_t i = 0; i < e4->groups && i < ASKED_MAX; i++) {
        uint32_t group = (uint32_t)(((uint64_t)parent + i) % e4->groups);
        if (is_near_enough(e4, group))
            return group;
    }
    return parent;
}

uint32_t ext4_group_pick(struct ext4_fs *e4, const struct ext4_inode *dir, uint32_t mode)
{
    uint32_t parent = ext4_inode_group(e4, ext4_number(dir));

    if (!S_ISDIR(mode))
        return parent;
    return is_top(dir) ? pick_far(e4) : pick_near(e4, parent);
}
