/* SPDX-License-Identifier: Apache-2.0 */
/* seal.h - what a file in memory has given up for good (F_SEAL_* of fcntl(2)): inode->seals. */
#ifndef GK_VFS_SEAL_H
#define GK_VFS_SEAL_H

#include "abi/errno.h"
#include "vfs/vfs.h"

#define F_SEAL_NONE 0x80000000u

/* 0, or -EPERM: the seals forbid a write that ends at `end`, a file of that size, a mapping that is shared and can be
 * written. */
static inline int seal_check_write(const struct inode *inode, uint64_t end)
{
    if (inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
        return -EPERM;
    return (inode->seals & F_SEAL_GROW) && end > inode->size ? -EPERM : 0;
}

static inline int seal_check_size(const struct inode *inode, uint64_t size)
{
    return ((inode->seals & F_SEAL_GROW) && size > inode->size) ||
                   ((inode->seals & F_SEAL_SHRINK) && size < inode->size)
               ? -EPERM
               : 0;
}

/* F_ADD_SEALS: 0; -EPERM: not open for writing, or sealed against more; -EINVAL: unknown ones, or no file that can be
 * sealed; -EBUSY: F_SEAL_WRITE while a shared mapping may write. */
int seal_add(struct file *file, unsigned seals);
/* F_GET_SEALS, or -EINVAL. */
int seal_get(const struct file *file);

#endif
