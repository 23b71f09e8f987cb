/* SPDX-License-Identifier: Apache-2.0 */
/* atime.h - when a file's data was looked at last (inode->atime), as far as its mount wants that kept: mount(2)'s
 * MS_NOATIME, MS_NODIRATIME, MS_RELATIME, and O_NOATIME. */
#ifndef GK_VFS_ATIME_H
#define GK_VFS_ATIME_H

#include "core/clock.h"
#include "core/sched.h"
#include "vfs/mount.h"

#define ATIME_OLD_NS (24 * 3600 * 1000000000ll) /* then relatime brings it up to date all the same */

/* What most looks find, with these flags of the mount: atime is new enough, or would become what it is. The time is
 * that of some minutes ago, maybe, which is near enough to a day: it costs nothing, and each read(2) asks. */
static inline bool atime_is_fresh(uint32_t flags, const struct inode *inode)
{
    int64_t now = (int64_t)(clock_boot_realtime_ns() + sched_since_ns());

    /* Compared, not subtracted: a program may have set the first time there is. */
    if ((flags & MS_RELATIME) && inode->mtime < inode->atime && inode->ctime < inode->atime)
        return inode->atime > now - ATIME_OLD_NS;
    return inode->fs->atime_step > 1 && inode->atime <= now && inode->atime > now - inode->fs->atime_step;
}
/* Whether somebody who looks at it there now changes atime. mount NULL: it has no place. */
bool atime_is_due(const struct mount *mount, const struct inode *inode);
/* What of a time the file system keeps as an atime; all of it if it keeps none, or if there is none (NULL: a pipe's).
 */
int64_t atime_of(const struct filesystem *fs, int64_t ns);
/* Somebody looks at what was found there. It is stored with whatever else changes of the file: inode_mark_atime. */
void atime_touch(const struct mount *mount, struct inode *inode);
/* The same by an open file. */
static inline bool file_keeps_atime(const struct file *file)
{
    return file->inode->fs->atime_step != 0 && !(file->flags & O_NOATIME);
}
static inline void file_accessed(const struct file *file)
{
    if (file_keeps_atime(file) && (file->path.mount == NULL || !atime_is_fresh(file->path.mount->flags, file->inode)))
        atime_touch(file->path.mount, file->inode);
}

#endif
