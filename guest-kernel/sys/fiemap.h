/* SPDX-License-Identifier: Apache-2.0 */
/* fiemap.h - where a file lies on its disk, for who asks by ioctl(2). */
#ifndef GK_SYS_FIEMAP_H
#define GK_SYS_FIEMAP_H

#include "mm/usercopy.h"
#include "vfs/vfs.h"

/* Both may wait; the caller has a reference to the inode, and the structure is the user's at `address`. */
/* FS_IOC_FIEMAP. 0 or -errno: -EOPNOTSUPP where the file system doesn't tell (inode_ops.find_extent). */
int fiemap_get(struct inode *inode, uaddr_t address);
/* FIBMAP: of a regular file, by CAP_SYS_RAWIO. 0 or -errno. */
int fiemap_block(struct inode *inode, uaddr_t address);

#endif
