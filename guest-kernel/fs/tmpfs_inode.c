/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_inode.c - files of all kinds in memory: how they come and go, and what they take. */
#include "abi/errno.h"
#include "abi/fsflags.h"
#include "core/clock.h"
#include "fs/tmpfs.h"
#include "mm/commit.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "vfs/acl.h"
#include "vfs/inode_attr.h"
#include "vfs/seal.h"

#define FLAGS_INHERITED (FS_NODUMP_FL | FS_NOATIME_FL)
#define FLAGS_KEPT (FLAGS_INHERITED | FS_IMMUTABLE_FL | FS_APPEND_FL)

/* Files without bounds would take the memory that programs, and the kernel, need to remove them again. */
int tmpfs_count_page(struct inode *inode, bool comes)
{
    struct tmpfs *tmpfs = tmpfs_of(inode->fs);

    if (comes && tmpfs->most_pages != 0 && tmpfs->pages >= tmpfs->most_pages)
        return -ENOSPC;
    if (comes && commit_is_refused(PAGE_SIZE))
        return -ENOSPC;
    commit_bytes += comes ? PAGE_SIZE : -PAGE_SIZE;
    tmpfs->pages += comes ? 1 : UINT64_MAX;
    tmpfs_inode_of(inode)->pages += comes ? 1 : UINT64_MAX;
    return 0;
}

/* ---- access control lists, which take room as attributes do ---- */

static uint64_t acl_room(const struct acl *acl)
{
    return acl != NULL ? sizeof(*acl) + acl->count * sizeof(acl->entry[0]) : 0;
}

int tmpfs_set_acl(struct inode *inode, bool preset, struct acl *acl, uint32_t mode)
{
    struct tmpfs *tmpfs = tmpfs_of(inode->fs);
    uint64_t was = acl_room(inode_acl(inode, preset)), room = acl_room(acl);
    int error = tmpfs_room_take(tmpfs, room);

    if (error != 0)
        return error;
    error = acl_put(inode, preset, acl);
    if (error == 0)
        inode->mode = mode;
    tmpfs_room_give(tmpfs, error == 0 ? was : room);
    return error;
}

/* 0 or -errno: then the inode goes, and gives back the room of those that it has. */
static int acls_inherit(struct inode *inode, const struct inode *dir)
{
    int error = acl_inherit(inode, dir);
    uint64_t room = acl_room(inode_acl(inode, false)) + acl_room(inode_acl(inode, true));

    if (error == 0)
        error = tmpfs_room_take(tmpfs_of(inode->fs), room);
    if (error != 0)
        acl_free_all(inode);
    return error;
}

/* ---- life ---- */

int tmpfs_inode_create(struct filesystem *fs, const struct inode *dir, const struct inode_ops *ops, uint32_t mode,
                       size_t text_size, struct tmpfs_inode **out)
{
    struct tmpfs *tmpfs = tmpfs_of(fs);
    int error = tmpfs_room_take(tmpfs, TMPFS_INODE_SIZE);

    if (error != 0)
        return error;
    struct tmpfs_inode *ti = kmalloc(sizeof(*ti) + text_size);
    if (ti == NULL) {
        tmpfs_room_give(tmpfs, TMPFS_INODE_SIZE);
        return -ENOMEM;
    }
    inode_init(&ti->inode, fs, ops, ++tmpfs->last_number, mode);
    inode_init_owner(&ti->inode, dir);
    error = dir != NULL ? acls_inherit(&ti->inode, dir) : 0;
    if (error != 0) {
        inode_put(&ti->inode);
        return error;
    }
    if (S_ISDIR(mode)) {
        ti->inode.links = 2; /* "." too */
        ti->inode.size = 2 * TMPFS_ENTRY_SIZE;
    }
    ti->inode.atime = (int64_t)(dir != NULL ? clock_realtime_ns() : clock_boot_realtime_ns());
    ti->inode.mtime = ti->inode.ctime = ti->inode.atime;
    ti->inode.flags = dir != NULL && (S_ISREG(mode) || S_ISDIR(mode)) ? dir->flags & FLAGS_INHERITED : 0;
    ti->inode.seals = S_ISREG(mode) ? F_SEAL_SEAL : 0; /* only a nameless one may get others: its maker's decision */
    *out = ti;
    return 0;
}

void tmpfs_release(struct inode *inode)
{
    struct tmpfs_inode *ti = tmpfs_inode_of(inode);
    struct tmpfs *tmpfs = tmpfs_of(inode->fs);

    if (S_ISDIR(inode->mode))
        tmpfs_names_clear(inode);
    else if (S_ISLNK(inode->mode) && ti->pages != 0)
        tmpfs_count_page(inode, false);
    tmpfs_xattrs_free(ti);
    tmpfs_room_give(tmpfs, acl_room(inode_acl(inode, false)) + acl_room(inode_acl(inode, true)));
    acl_free_all(inode);
    tmpfs_room_give(tmpfs, TMPFS_INODE_SIZE);
    kfree(ti);
}

int tmpfs_set_flags(struct inode *inode, uint32_t flags)
{
    if (flags & ~FLAGS_KEPT)
        return -EOPNOTSUPP;
    inode->flags = flags;
    return 0;
}

uint64_t tmpfs_blocks(const struct inode *inode)
{
    return tmpfs_inode_of(inode)->pages * (PAGE_SIZE / 512);
}
