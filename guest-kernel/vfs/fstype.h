/* SPDX-License-Identifier: Apache-2.0 */
/* fstype.h - the kinds of file system there are: fs/registry.c lists them for vfs/mount.c. */
#ifndef GK_VFS_FSTYPE_H
#define GK_VFS_FSTYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/string.h"

struct blk_device;
struct filesystem;

struct fs_type {
    const char *name;  /* as mount(2) has it */
    bool needs_device; /* it is on a disk; else dev is NULL */
    /* A file system with its root inode. options: of mount(2), separated by commas; NULL: none. On a
     * disk "ro" comes first if nothing is to be written to it (MS_RDONLY). -EINVAL: there is none
     * of this kind on the device, or an option that it doesn't know. fs->type is its own to set, if it goes by another
     * name. */
    int (*mount)(struct blk_device *dev, const char *options, struct filesystem **out);
    /* The same of one that isn't on a disk, but has to be told where it is from (mount(2)'s source). NULL: `mount`. */
    int (*mount_from)(const char *source, const char *options, struct filesystem **out);
    /* And the one that is from there, if it is mounted; borrowed. With mount_from only. */
    struct filesystem *(*mounted)(const char *source);
    /* Whether it knows these options, which are none that are for every type: 0 or -EINVAL. NULL: that turns out when
     * it is mounted. */
    int (*check_options)(const char *options);
    /* Of a kind of which there is one file system, however often it is mounted: that, made if need be. Borrowed; it
     * doesn't end with its last mount. 0 or -errno. NULL: each mount(2) makes another. */
    int (*get)(const char *options, struct filesystem **out);
};

extern const struct fs_type *const fs_types[]; /* those there are; ends with NULL */

/* NULL: there is none of that name. */
static inline const struct fs_type *fs_type_find(const char *name)
{
    const struct fs_type *const *type = fs_types;

    while (*type != NULL && strcmp((*type)->name, name) != 0)
        type++;
    return *type;
}

#endif
