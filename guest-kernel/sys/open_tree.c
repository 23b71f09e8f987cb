/* SPDX-License-Identifier: Apache-2.0 */
/* open_tree.c - open_tree(2): a place as an O_PATH descriptor, or a copy of what is mounted there that has no place. */
#include "sys/syscall.h"

#include "abi/stat.h"
#include "sys/mount_flags.h"
#include "sys/user.h"
#include "vfs/mount_detached.h"

#define OPEN_TREE_CLONE 1u
#define OPEN_TREE_CLOEXEC O_CLOEXEC

int64_t sys_open_tree(const uint64_t arg[6])
{
    uint32_t flags = (uint32_t)arg[2];
    bool clones = flags & OPEN_TREE_CLONE;
    struct file *file;
    struct path at;
    int error;

    if (flags &
        ~(AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC))
        return -EINVAL;
    if ((flags & AT_RECURSIVE) && !clones)
        return -EINVAL;
    error = clones ? mounting_begin() : 0;
    if (error == 0)
        error = fd_lowest(current_thread()->files) < 0 ? -EMFILE : 0;
    if (error == 0)
        error = user_lookup_place((int)arg[0], arg[1], flags & (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW), &at);
    if (error != 0)
        return error;
    error = clones ? mount_detached_copy(&at, flags & AT_RECURSIVE, &file) : mount_path_open(&at, &file);
    path_put(&at);
    return error != 0 ? error : fd_install(current_thread()->files, file, 0, flags & OPEN_TREE_CLOEXEC);
}
