/* SPDX-License-Identifier: Apache-2.0 */
/* atime.h - when a file's data was looked at last (inode->atime), as far as its mount wants that kept: mount(2)'s
 * MS_NOATIME, MS_NODIRATIME, MS_RELATIME, and O_NOATIME. */
#ifndef GK_VFS_ATIME_H
#define GK_VFS_ATIME_H

#include "vfs/mount.h"

/* Whether somebody who looks at it there now changes atime. mount NULL: it has no place. */
bool atime_is_due(const struct mount *mount, const struct inode *inode);
/* Somebody looks at what was found there. */
void atime_touch(const struct mount *mount, struct inode *inode);
/* The same by an open file; of the file systems that keep times exactly enough, as a write for each look is worth
 * it in memory alone. */
static inline bool file_keeps_atime(const struct file *file)
{
    return file->inode->fs->keeps_atime && !(file->flags & O_NOATIME);
}
static inline void file_accessed(const struct file *file)
{
    if (__builtin_expect(file_keeps_atime(file), false) != 0)
        atime_touch(file->path.mount, file->inode);
}

#endif
