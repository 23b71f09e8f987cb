/* SPDX-License-Identifier: Apache-2.0 */
/* permission.h - who may do what to a file (path_resolution(7), "Permissions"; credentials(7)). */
#ifndef GK_VFS_PERMISSION_H
#define GK_VFS_PERMISSION_H

#include "core/cred.h"
#include "vfs/vfs.h"

enum { MAY_EXEC = 1, MAY_WRITE = 2, MAY_READ = 4 }; /* as the bits of a mode, and of access(2) */

/* Whether who has `cred` may do all of `wanted` (MAY_*): 0 or -EACCES; -EROFS: it is on a read-only file system;
 * -EPERM: it is marked as not to be changed. */
int permission_of(const struct cred *cred, const struct inode *inode, unsigned wanted);
/* The current thread; the kernel itself, before there are any, may do all. */
int permission(const struct inode *inode, unsigned wanted);
/* The current thread's credentials; NULL: the kernel's own work. */
const struct cred *permission_cred(void);
/* Whether the current thread owns the file, or may do as if (CAP_FOWNER). */
bool permission_owns(const struct inode *inode);
bool permission_has(unsigned capability);
/* Whether the group is one of the current thread's. */
bool permission_in_group(uint32_t group);
/* Whether it may take `victim` out of `dir`: sticky directories (S_ISVTX), and marks. 0, -EACCES, -EPERM. */
int permission_delete(const struct inode *dir, const struct inode *victim);

/* The way through a directory: out of line only for who doesn't own it. */
static inline int permission_search(const struct inode *dir)
{
    return (dir->mode & 0111) == 0111 && dir->acls == NULL ? 0 : permission(dir, MAY_EXEC);
}

#endif
