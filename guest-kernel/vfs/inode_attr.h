/* SPDX-License-Identifier: Apache-2.0 */
/* inode_attr.h - owner, permissions and times of files: who may change them (chmod(2), chown(2), utimensat(2)). */
#ifndef GK_VFS_INODE_ATTR_H
#define GK_VFS_INODE_ATTR_H

#include "vfs/vfs.h"

/* By the current thread; ctime becomes now. -EPERM, -EACCES, -EROFS, -EOPNOTSUPP (a link's permissions), or the file
 * system's error. That the mount may be written to is the caller's to ask. */
int vfs_set_attr(struct inode *inode, const struct attr_change *change);

/* Sets what of owner, group and permissions changes, and nothing else. */
void inode_apply_owner(struct inode *inode, const struct attr_change *change);

/* Whose a new inode in `dir` is (NULL: a root): the current thread's, or its group the directory's, which gives the bit
 * for that on to directories. */
void inode_init_owner(struct inode *inode, const struct inode *dir);

/* The file's data is changed by the current thread: without CAP_FSETID that takes the set-user-ID bit, and the
 * set-group-ID bit where the group may execute; and in any case the file's capabilities. */
void inode_drop_ids(struct inode *inode); /* for inode_written alone */
static inline void inode_written(struct inode *inode)
{
    if ((inode->mode & (S_ISUID | S_ISGID)) || inode->has_capabilities)
        inode_drop_ids(inode);
}

#endif
