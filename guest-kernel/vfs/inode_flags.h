/* SPDX-License-Identifier: Apache-2.0 */
/* inode_flags.h - what a file is marked as (chattr(1)): that it may be appended to alone, or not be changed at all. */
#ifndef GK_VFS_INODE_FLAGS_H
#define GK_VFS_INODE_FLAGS_H

#include "abi/fsflags.h"
#include "vfs/vfs.h"

/* Marks the file by the current thread, with ctime as of now: 0; -EPERM: it isn't the caller's, or takes
 * CAP_LINUX_IMMUTABLE; -EOPNOTSUPP: the file system doesn't keep one of them, or (no set_flags) any. That the mount may
 * be written to is the caller's to ask. */
int vfs_set_flags(struct inode *inode, uint32_t flags);
/* Whether owner, permissions or names of it stay as they are. */
static inline bool inode_is_kept(const struct inode *inode)
{
    return inode->flags & (FS_IMMUTABLE_FL | FS_APPEND_FL);
}

#endif
