/* SPDX-License-Identifier: Apache-2.0 */
/* inode_xattr.h - extended attributes (xattr(7)): who may see and change which, and then it is the file system's. */
#ifndef GK_VFS_INODE_XATTR_H
#define GK_VFS_INODE_XATTR_H

#include "abi/xattr.h"
#include "vfs/vfs.h"

/* As inode_ops have them, by the current thread. -EPERM, -EACCES, -EROFS; -EOPNOTSUPP: the file system keeps none, of
 * which there is an empty list all the same. That the mount may be written to is the caller's to ask. */
int64_t vfs_get_xattr(struct inode *inode, const char *name, void *value, size_t size);
int64_t vfs_list_xattr(struct inode *inode, char *list, size_t size);
/* flags: XATTR_CREATE, XATTR_REPLACE. */
int vfs_set_xattr(struct inode *inode, const char *name, const void *value, size_t size, unsigned flags);
int vfs_remove_xattr(struct inode *inode, const char *name);

#endif
