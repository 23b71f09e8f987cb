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

/* A mount of what has that device, as stat(2) tells its number, borrowed; NULL: there is none. */
static struct mount *find(uint32_t device)
{
    for (struct mount *mount = mount_next(NULL); mount != NULL; mount = mount_next(mount))
        if (mount->fs->device == device)
            return mount;
    return NULL;
}

int64_t sys_ustat(const uint64_t arg[6])
{
    struct mount *mount = find((uint32_t)arg[0]);
    struct vfs_statfs stat = {0};

    if (mount == NULL)
        return -EINVAL;
    const struct path top = {mount, mount->root};
    path_get(&top); /* it may be unmounted while this waits for the disk */
    if (mount->fs->ops->statfs != NULL)
        mount->fs->ops->statfs(mount->fs, &stat);
    path_put(&top);
    const struct ustat out = {.free_blocks = (int32_t)stat.blocks_free, .free_inodes = stat.files_free};
    const struct ustat_32 half = {.free_blocks = out.free_blocks, .free_inodes = (uint32_t)stat.files_free};
    return call_is_32bit() ? user_put(arg[1], half) : user_put(arg[1], out);
}
