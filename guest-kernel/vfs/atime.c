/* SPDX-License-Identifier: Apache-2.0 */
/* atime.c - see atime.h (Linux's atime_needs_update and relatime_need_update). */
#include "vfs/atime.h"

#include "abi/fsflags.h"
#include "core/clock.h"
#include "vfs/pagecache.h"

bool atime_is_due(const struct mount *mount, const struct inode *inode)
{
    uint32_t flags = mount != NULL ? mount->flags : MS_RELATIME;

    if ((inode->flags & FS_NOATIME_FL) || inode->fs->read_only || inode->fs->stops_writing ||
        (flags & (MS_RDONLY | MS_NOATIME)) || ((flags & MS_NODIRATIME) && S_ISDIR(inode->mode)))
        return false;
    return !atime_is_fresh(flags, inode);
}

int64_t atime_of(const struct filesystem *fs, int64_t ns)
{
    int64_t rest = fs != NULL && fs->atime_step > 1 ? ns % fs->atime_step : 0;

    if (rest < 0)
        rest += fs->atime_step;
    return ns >= INT64_MIN + rest ? ns - rest : ns; /* a program's may be the first there is */
}

void atime_touch(const struct mount *mount, struct inode *inode)
{
    if (inode->fs->atime_step == 0 || !atime_is_due(mount, inode))
        return;
    inode->atime = atime_of(inode->fs, (int64_t)clock_realtime_ns());
    inode_mark_atime(inode);
}
