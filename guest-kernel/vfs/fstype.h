/* SPDX-License-Identifier: Apache-2.0 */
/* fstype.h - the kinds of file system there are: fs/registry.c lists them for vfs/mount.c. */
#ifndef GK_VFS_FSTYPE_H
#define GK_VFS_FSTYPE_H

struct blk_device;
struct filesystem;

struct fs_type {
    const char *name;
    /* A filesystem with its root inode. options: of mount(2), separated by commas; NULL: none. -EINVAL: there is none
     * of this kind on the device, or an option that it doesn't know. */
    int (*mount)(struct blk_device *dev, const char *options, struct filesystem **out);
};

extern const struct fs_type *const fs_types[];      /* those that want a device; ends with NULL */
extern const struct fs_type tmpfs_type, devfs_type; /* and those that need none */

#endif
