/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount_config.h - a file system that is put together parameter by parameter before it is mounted, or changed so
 * (fsopen(2), fspick(2)): an open file has what is said so far.
 */
#ifndef GK_VFS_MOUNT_CONFIG_H
#define GK_VFS_MOUNT_CONFIG_H

#include "vfs/fstype.h"
#include "vfs/mount.h"

/* A new file system of the type is to be made. *out: the open file. 0 or -ENOMEM. */
int mount_config_new(const struct fs_type *type, struct file **out);
/* The one that is mounted there is to be changed. The same. */
int mount_config_of(const struct path *at, struct file **out);
bool mount_config_is(const struct file *file);

/* The file is one of these, of which the caller has a reference. -EBUSY: it isn't the time for that. */

/* One parameter more. value: of a string, or NULL: a flag. 0; -EINVAL: the type doesn't know it. */
int mount_config_set(struct file *file, const char *key, const char *value);
/* The same with a value that is no text: no type has parameters of that kind. */
int mount_config_set_other(struct file *file, const char *key);
/* Makes the file system. exclusive: -EBUSY, if it is there already. 0 or -errno, after which the file is good for
 * nothing more. May wait for a disk. */
int mount_config_create(struct file *file, bool exclusive);
/* Changes it, the same. */
int mount_config_apply(struct file *file);
/* Its mount, with MS_* flags, and an open file for that in *out. 0 or -errno. */
int mount_config_mount(struct file *file, uint32_t flags, struct file **out);

#endif
