/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount_detached.h - mounts that are in no place yet: an open file has them, and they go with it unless they were moved
 * to a place (mount_move) before: fsmount(2), open_tree(2).
 */
#ifndef GK_VFS_MOUNT_DETACHED_H
#define GK_VFS_MOUNT_DETACHED_H

#include "vfs/mount.h"

/* A mount of the file system, with MS_* flags, and an O_PATH file at its root. *out: one reference. 0 or -errno. */
int mount_detached_new(struct filesystem *fs, const char *source, uint32_t flags, struct file **out);
/* The same with a copy of what mount_bind would mount of `from`, which may have no place itself. -EINVAL: it can't be
 * copied. */
int mount_detached_copy(const struct path *from, bool recursive, struct file **out);
/* An O_PATH file there, and no more. *out: one reference. 0 or -ENOMEM. */
int mount_path_open(const struct path *at, struct file **out);

#endif
