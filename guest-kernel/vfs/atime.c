/* SPDX-License-Identifier: Apache-2.0 */
/* atime.c - see atime.h (Linux's atime_needs_update and relatime_need_update). */
#include "vfs/atime.h"

#include "abi/fsflags.h"
#include "abi/time.h"
#include "core/clock.h"
#include "vfs/pagecache.h"

#define RELATIME_NS (24 * 3600 * (int64_t)NS_PER_SEC) /* so old, it is brought up to date all the same */

bool atime_is_due(const struct mount *mount, const struct inode *inode)
{
    uint32_t flags = mount != NULL ? mount->flags : MS_RELATIME;

    if ((inode->flags & FS_NOATIME_FL) || inode->fs->read_only || (flags & (MS_RDONLY | MS_NOATIME)) ||
        ((flags & MS_NODIRATIME) && S_ISDIR(inode->mode)))
        return false;
    if (!(flags & MS_RELATIME) || inode->mtime >= inode->atime || inode->ctime >= inode->atime)
        return true;
    return (int64_t)clock_realtime_ns() - inode->atime >= RELATIME_NS;
}

void atime_touch(const struct mount *mount, struct inode *inode)
{
    if (!inode->fs->keeps_atime || !atime_is_due(mount, inode))
        return;
    inode->atime = (int64_t)clock_realtime_ns();
    inode_mark_dirty(inode);
}
