/* SPDX-License-Identifier: Apache-2.0 */
/* ustat.c - how much room a file system has that is told by its device: ustat(2). */
#include "sys/syscall.h"

#include "sys/user.h"

struct ustat {
    int32_t free_blocks, pad;
    uint64_t free_inodes;
    char name[6], pack[6]; /* never told, as on Linux */
    uint32_t end;
};
_Static_assert(sizeof(struct ustat) == 32, "struct ustat");

struct ustat_32 {
    int32_t free_blocks;
    uint32_t free_inodes;
    char name[6], pack[6];
};
_Static_assert(sizeof(struct ustat_32) == 20, "struct compat_ustat");

/* What is mounted of that device, as stat(2) tells its number, borrowed; NULL: nothing. */
static struct filesystem *find(uint32_t device)
{
    for (const struct mount *mount = mount_next(NULL); mount != NULL; mount = mount_next(mount))
        if (mount->fs->device == device)
            return mount->fs;
    return NULL;
}

int64_t sys_ustat(const uint64_t arg[6])
{
    struct filesystem *fs = find((uint32_t)arg[0]);
    struct vfs_statfs stat = {0};

    if (fs == NULL)
        return -EINVAL;
    if (fs->ops->statfs != NULL)
        fs->ops->statfs(fs, &stat);
    const struct ustat out = {.free_blocks = (int32_t)stat.blocks_free, .free_inodes = stat.files_free};
    const struct ustat_32 half = {.free_blocks = out.free_blocks, .free_inodes = (uint32_t)stat.files_free};
    return call_is_32bit() ? user_put(arg[1], half) : user_put(arg[1], out);
}
