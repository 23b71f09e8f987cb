/* SPDX-License-Identifier: Apache-2.0 */
/* inode_fixed.h - files that nobody may change, whoever has them open: what writes asks here. */
#ifndef GK_VFS_INODE_FIXED_H
#define GK_VFS_INODE_FIXED_H

#include "abi/fsflags.h"
#include "vfs/vfs.h"

/* Whether nobody may change the file, who has it open for writing or maps it included: ext4's immutable files. */
static inline bool inode_is_fixed(const struct inode *inode)
{
    return (inode->flags & FS_IMMUTABLE_FL) && inode->fs->immutable_binds_all;
}

#endif
