/* SPDX-License-Identifier: Apache-2.0 */
/* inode_attr.c - owner, permissions and times of files: who may change them (Linux's notify_change and
 * setattr_prepare). */
#include "vfs/inode_attr.h"

#include "abi/errno.h"
#include "abi/xattr.h"
#include "core/clock.h"
#include "vfs/acl.h"
#include "vfs/atime.h"
#include "vfs/inode_fixed.h"
#include "vfs/inode_flags.h"
#include "vfs/pagecache.h"
#include "vfs/permission.h"

static bool is_own(const struct inode *inode)
{
    const struct cred *cred = permission_cred();

    return cred == NULL || cred->user.fs == inode->uid;
}

/* Who isn't in a file's group can't make it run as that. */
static bool may_set_gid_bit(uint32_t gid)
{
    return permission_in_group(gid) || permission_has(CAP_FSETID);
}

/* The bits of set IDs that go when the owner changes, or the data. Without the group's execution the one for the group
 * means something else (mandatory locks, once), and stays with who may set it. */
static uint32_t ids_to_drop(const struct inode *inode)
{
    uint32_t drop = inode->mode & S_ISUID;

    if ((inode->mode & S_ISGID) && ((inode->mode & S_IXGRP) || !may_set_gid_bit(inode->gid)))
        drop |= S_ISGID;
    return drop;
}

/* ---- who may ---- */

static int may_give(const struct inode *inode, const struct attr_change *change)
{
    if (permission_has(CAP_CHOWN))
        return 0;
    if ((change->which & ATTR_UID) && !(is_own(inode) && change->uid == inode->uid))
        return -EPERM;
    if ((change->which & ATTR_GID) &&
        !(is_own(inode) && (change->gid == inode->gid || permission_in_group(change->gid))))
        return -EPERM;
    return 0;
}

/* Both times as of now may be set by who could have written. */
static int may_touch(const struct inode *inode)
{
    if (inode->flags & FS_IMMUTABLE_FL)
        return -EPERM;
    return permission_owns(inode) ? 0 : permission(inode, MAY_WRITE);
}

/* An eventfd, a pidfd: what all have in common, or nobody's. */
static bool has_no_type(const struct inode *inode)
{
    return !(inode->mode & S_IFMT);
}

static int may_change(const struct inode *inode, const struct attr_change *change)
{
    bool sets_times = (change->which & (ATTR_ATIME | ATTR_MTIME)) && !(change->which & ATTR_NOW);
    int error = change->which & ATTR_NOW ? may_touch(inode) : 0;

    if (inode_is_fixed(inode)) /* an owner that stays as it is, too */
        return -EPERM;
    if (inode_is_kept(inode) && (sets_times || (change->which & (ATTR_MODE | ATTR_UID | ATTR_GID))))
        return -EPERM;
    if (error == 0 && (has_no_type(inode) || ((change->which & ATTR_MODE) && S_ISLNK(inode->mode))))
        error = -EOPNOTSUPP;
    if (error == 0)
        error = may_give(inode, change);
    if (error == 0 && (sets_times || (change->which & ATTR_MODE)) && !permission_owns(inode))
        error = -EPERM;
    return error;
}

/* ---- the change ---- */

/* What was asked for is more, or less, than what happens. */
static void complete(const struct inode *inode, struct attr_change *change)
{
    uint32_t drop = (change->which & ATTR_DROP_IDS) && !S_ISDIR(inode->mode) ? ids_to_drop(inode) : 0;

    if (drop != 0) {
        change->which |= ATTR_MODE;
        change->mode = inode->mode & 07777 & ~drop;
    }
    if ((change->which & ATTR_MODE) && (change->mode & S_ISGID) &&
        !may_set_gid_bit(change->which & ATTR_GID ? change->gid : inode->gid))
        change->mode &= ~S_ISGID;
}

static void capabilities_drop(struct inode *inode)
{
    if (inode->has_capabilities)
        (void)inode->ops->set_xattr(inode, XATTR_CAPABILITY, NULL, 0, 0);
    inode->has_capabilities = false;
}

void inode_apply_owner(struct inode *inode, const struct attr_change *change)
{
    if (change->which & ATTR_UID)
        inode->uid = change->uid;
    if (change->which & ATTR_GID)
        inode->gid = change->gid;
    if (change->which & ATTR_MODE)
        inode->mode = (inode->mode & S_IFMT) | (change->mode & 07777);
}

static void apply(struct inode *inode, const struct attr_change *change)
{
    inode->ctime = (int64_t)clock_realtime_ns();
    inode_apply_owner(inode, change);
    if (change->which & ATTR_MODE)
        acl_follow_mode(inode);
    if (change->which & ATTR_ATIME)
        inode->atime = atime_of(inode->fs, change->which & ATTR_NOW ? inode->ctime : change->atime);
    if (change->which & ATTR_MTIME)
        inode->mtime = change->which & ATTR_NOW ? inode->ctime : change->mtime;
    inode_mark_dirty(inode);
}

static int set_locked(struct inode *inode, struct attr_change *change)
{
    complete(inode, change);
    int error = may_change(inode, change);
    if (error == 0 && inode->ops->set_attr != NULL)
        error = inode->ops->set_attr(inode, change);
    if (error != 0)
        return error;
    if ((change->which & ATTR_DROP_IDS) && !S_ISDIR(inode->mode))
        capabilities_drop(inode);
    apply(inode, change);
    return 0;
}

int vfs_set_attr(struct inode *inode, const struct attr_change *change)
{
    struct attr_change copy = *change;

    if (inode->fs != NULL && (inode->fs->read_only || inode->fs->stops_writing))
        return -EROFS;
    mutex_lock(&inode->lock);
    int error = set_locked(inode, &copy);
    mutex_unlock(&inode->lock);
    return error;
}

void inode_init_owner(struct inode *inode, const struct inode *dir)
{
    const struct cred *cred = permission_cred();

    if (cred != NULL) {
        inode->uid = cred->user.fs;
        inode->gid = cred->group.fs;
    }
    if (dir != NULL && (dir->mode & S_ISGID)) {
        inode->gid = dir->gid;
        inode->mode |= S_ISDIR(inode->mode) ? S_ISGID : 0;
    }
}

void inode_drop_ids(struct inode *inode)
{
    if (S_ISREG(inode->mode) && !permission_has(CAP_FSETID))
        inode->mode &= ~ids_to_drop(inode);
    capabilities_drop(inode);
}
