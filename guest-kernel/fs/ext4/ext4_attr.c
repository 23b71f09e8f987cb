/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_attr.c - owner, permissions, times and marks of inodes. */
#include "abi/errno.h"
#include "core/clock.h"
#include "fs/ext4/ext4_change.h"
#include "vfs/acl.h"
#include "vfs/inode_attr.h"
#include "vfs/inode_flags.h"
#include "vfs/pagecache.h"
#include "vfs/volume.h"

static int store_alone(struct ext4_inode *ei)
{
    struct ext4_handle handle;
    int error = ext4_begin(ext4_of(&ei->inode), &handle, EXT4_CREDITS_INODE);

    if (error != 0)
        return error;
    error = ext4_inode_store(&handle, ei);
    ext4_end(&handle);
    return error;
}

/* The size on the disk is that of the data which are there. */
int ext4_write_inode(struct inode *inode)
{
    bool entered = volume_enter(inode->fs);
    int error = store_alone(ext4_inode_of(inode));

    volume_leave(inode->fs, entered);
    return error;
}

/* ---- owner and permissions: stored at once, so that they are in order with renames and the like ---- */

static int change_stored(struct ext4_inode *ei, const struct attr_change *change)
{
    struct inode *inode = &ei->inode;
    bool has_acl = (change->which & ATTR_MODE) && inode_acl(inode, false) != NULL;
    uint32_t mode = inode->mode, uid = inode->uid, gid = inode->gid;
    struct ext4_handle handle;
    int error = ext4_begin(ext4_of(inode), &handle, EXT4_CREDITS_INODE + (has_acl ? (unsigned)EXT4_CREDITS_XATTR : 0));

    if (error != 0)
        return error;
    if (has_acl)
        error = ext4_acl_follow(&handle, ei, (mode & S_IFMT) | (change->mode & 07777));
    if (error == 0) {
        inode_apply_owner(inode, change);
        inode->ctime = (int64_t)clock_realtime_ns();
        error = ext4_inode_store(&handle, ei);
    }
    if (error != 0) {
        inode->mode = mode;
        inode->uid = uid;
        inode->gid = gid;
    }
    ext4_end(&handle);
    return error;
}

int ext4_set_attr(struct inode *inode, struct attr_change *change)
{
    unsigned tries = 0;
    int error;

    if (!(change->which & (ATTR_MODE | ATTR_UID | ATTR_GID)))
        return 0;
    bool entered = volume_enter(inode->fs);
    do
        error = change_stored(ext4_inode_of(inode), change);
    while (ext4_blocks_retry(ext4_of(inode), error, &tries)); /* a list in a block that others have takes one */
    volume_leave(inode->fs, entered);
    return error;
}

/* ---- marks ---- */

/* Not those that make no sense for its type, or that would change what is done with its data. */
static bool are_kept(const struct ext4_inode *ei, uint32_t flags)
{
    uint32_t mode = ei->inode.mode, changed = flags ^ ei->flags;

    if (flags & ~EXT4_FLAGS_SHOWN)
        return false;
    if (!S_ISDIR(mode) && (flags & (S_ISREG(mode) ? EXT4_FLAGS_OF_DIRS : ~EXT4_FLAGS_OF_OTHERS)))
        return false;
    return !(changed & EXT4_FLAGS_CHANGED & (EXT4_JOURNAL_DATA_FL | EXT4_CASEFOLD_FL));
}

/* All but how its map is kept, which comes last, as on Linux: that may be refused, and the others are set all the same.
 * Data that have just got their place are no reason to refuse extents, but, as on Linux, which is about to write them,
 * to refuse numbers. */
static int set_flags(struct ext4_inode *ei, uint32_t flags, bool was_delayed)
{
    const uint32_t changed = EXT4_FLAGS_CHANGED & ~(uint32_t)EXT4_EXTENTS_FL;
    struct inode *inode = &ei->inode;
    uint32_t was = ei->flags; /* now: data within the inode may have left it while this waited */
    unsigned tries = 0;
    int error = are_kept(ei, flags) ? 0 : -EOPNOTSUPP;

    if (error == 0 && inode->fs->read_only)
        error = -EROFS;
    if (error != 0)
        return error;
    ei->flags = (flags & changed) | (was & ~changed);
    inode->ctime = (int64_t)clock_realtime_ns();
    error = store_alone(ei);
    if (error != 0)
        ei->flags = was;
    else if ((flags ^ was) & EXT4_EXTENTS_FL)
        do
            error = was_delayed && !(flags & EXT4_EXTENTS_FL) ? -EOPNOTSUPP : ext4_migrate(ei);
        while (ext4_blocks_retry(ext4_of(inode), error, &tries));
    inode->flags = ei->flags & EXT4_FLAGS_SHOWN;
    return error;
}

int ext4_set_flags(struct inode *inode, uint32_t flags)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    bool places_data = (flags ^ ei->flags) & EXT4_EXTENTS_FL && ei->delayed_count != 0;
    bool is_fixed_now = S_ISREG(inode->mode) && (flags & ~ei->flags & FS_IMMUTABLE_FL);
    int error = places_data || is_fixed_now ? pagecache_write_back(inode) : 0; /* who maps it asks again to write */

    if (error != 0)
        return error;
    bool entered = volume_enter(inode->fs);
    error = set_flags(ei, flags, places_data);
    volume_leave(inode->fs, entered);
    return error;
}
