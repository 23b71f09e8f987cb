/* SPDX-License-Identifier: Apache-2.0 */
/* move_mount.c - move_mount(2): arguments and rights. vfs/mount_ops.c does it. */
#include "sys/syscall.h"

#include "sys/mount_flags.h"
#include "sys/user.h"

/* Of the way from where, and << 4 of the way to where. */
#define MOVE_MOUNT_SYMLINKS 1u
#define MOVE_MOUNT_AUTOMOUNTS 2u
#define MOVE_MOUNT_EMPTY_PATH 4u
#define MOVE_MOUNT_SET_GROUP 0x100u
#define MOVE_MOUNT_BENEATH 0x200u
#define MOVE_MOUNT_OTHERWISE (MOVE_MOUNT_SET_GROUP | MOVE_MOUNT_BENEATH) /* one of them */
#define MOVE_MOUNT_WAY 7u
#define MOVE_MOUNT_KNOWN (MOVE_MOUNT_WAY | MOVE_MOUNT_WAY << 4 | MOVE_MOUNT_OTHERWISE)

static int way_find(int dirfd, uaddr_t name, uint32_t flags, struct path *out)
{
    return user_lookup_place(dirfd, name,
                             (flags & MOVE_MOUNT_SYMLINKS ? 0 : AT_SYMLINK_NOFOLLOW) |
                                 (flags & MOVE_MOUNT_EMPTY_PATH ? AT_EMPTY_PATH : 0),
                             out);
}

int64_t sys_move_mount(const uint64_t arg[6])
{
    uint32_t flags = (uint32_t)arg[4];
    struct path from, to;
    int error = mounting_begin();

    if (error != 0)
        return error;
    if ((flags & ~MOVE_MOUNT_KNOWN) || (flags & MOVE_MOUNT_OTHERWISE) == MOVE_MOUNT_OTHERWISE)
        return -EINVAL;
    error = way_find((int)arg[2], arg[3], flags >> 4, &to);
    if (error != 0)
        return error;
    error = way_find((int)arg[0], arg[1], flags, &from);
    if (error == 0) {
        error = flags & MOVE_MOUNT_SET_GROUP ? mount_set_group(&to, &from)
                : flags & MOVE_MOUNT_BENEATH ? mount_move_beneath(&to, &from)
                                             : mount_move(&to, &from);
        path_put(&from);
    }
    path_put(&to);
    return error;
}
