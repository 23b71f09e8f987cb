/* SPDX-License-Identifier: Apache-2.0 */
/* inode_flags.c - see inode_flags.h (Linux's vfs_fileattr_set). */
#include "vfs/inode_flags.h"

#include "abi/errno.h"
#include "core/clock.h"
#include "vfs/pagecache.h"
#include "vfs/permission.h"

static int set_locked(struct inode *inode, uint32_t flags)
{
    if (((flags ^ inode->flags) & (FS_IMMUTABLE_FL | FS_APPEND_FL)) && !permission_has(CAP_LINUX_IMMUTABLE))
        return -EPERM;
    int error = inode->ops->set_flags(inode, flags);
    if (error == 0) {
        inode->ctime = (int64_t)clock_realtime_ns();
        inode_mark_dirty(inode);
    }
    return error;
}

int vfs_set_flags(struct inode *inode, uint32_t flags)
{
    if (inode->ops->set_flags == NULL)
        return -EOPNOTSUPP;
    if (!permission_owns(inode))
        return -EPERM;
    mutex_lock(&inode->lock);
    int error = set_locked(inode, flags);
    mutex_unlock(&inode->lock);
    return error;
}
