/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_room.c - how many blocks may be taken: some are promised, some are kept for root, some for trees. */
#include "abi/errno.h"
#include "fs/ext4/ext4_alloc.h"
#include "vfs/permission.h"

#define TREE_SHARE 50u  /* one of so many clusters is kept for trees, */
#define TREE_MOST 4096u /* and no more than that */

/* Linux keeps them where there are extents, so that what was written to can be split off what wasn't. */
uint64_t ext4_kept_for_trees(const struct ext4_fs *e4)
{
    uint64_t clusters = (e4->blocks >> e4->cluster_shift) / TREE_SHARE;

    if (!(e4->incompat & EXT4_INCOMPAT_EXTENTS))
        return 0;
    return clusters < TREE_MOST ? clusters : TREE_MOST;
}

/* Root, who may do as if, and the user and the group that the superblock names. */
static bool may_take_last(const struct ext4_fs *e4)
{
    const struct cred *cred = permission_cred();

    if (cred == NULL || cred->user.fs == e4->super.def_resuid || cred_has(cred, CAP_SYS_RESOURCE))
        return true;
    return e4->super.def_resgid != 0 && permission_in_group(e4->super.def_resgid);
}

uint64_t ext4_kept_for_root(const struct ext4_fs *e4)
{
    uint64_t high = e4->incompat & EXT4_INCOMPAT_64BIT ? e4->super.r_blocks_count_hi : 0;

    return high << 32 | e4->super.r_blocks_count_lo;
}

uint64_t ext4_blocks_room(const struct ext4_fs *e4, unsigned flags, uint64_t want)
{
    uint64_t free = ext4_free_blocks_count(e4), kept = e4->promised;

    if (flags & EXT4_BLOCKS_PROMISED)
        return free;
    if (!(flags & EXT4_BLOCKS_META))
        kept += ext4_kept_for_trees(e4);
    uint64_t room = free > kept ? free - kept : 0, for_root = ext4_kept_for_root(e4);
    uint64_t for_all = room > for_root ? room - for_root : 0;
    return want <= for_all || !may_take_last(e4) ? for_all : room;
}

int ext4_blocks_promise(struct ext4_fs *e4, uint64_t blocks)
{
    if (blocks > ext4_blocks_room(e4, 0, blocks))
        return -ENOSPC;
    e4->promised += blocks;
    return 0;
}

void ext4_blocks_unpromise(struct ext4_fs *e4, uint64_t blocks)
{
    e4->promised -= blocks < e4->promised ? blocks : e4->promised;
}
