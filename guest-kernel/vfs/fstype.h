/* SPDX-License-Identifier: Apache-2.0 */
/* fstype.h - the kinds of file system there are: fs/registry.c lists them for vfs/mount.c. */
#ifndef GK_VFS_FSTYPE_H
#define GK_VFS_FSTYPE_H

struct blk_device;
struct filesystem;

struct fs_type {
    const char *name;
    /* A filesystem with its root inode. -EINVAL: there is none of this kind on the device. */
    int (*mount)(struct blk_device *dev, struct filesystem **out);
};

extern const struct fs_type *const fs_types[];                   /* those that want a device; ends with NULL */
extern const struct fs_type ramfs_type, devfs_type, devpts_type; /* and those that need none */

#endif
