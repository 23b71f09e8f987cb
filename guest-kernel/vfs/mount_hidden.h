/* SPDX-License-Identifier: Apache-2.0 */
/* mount_hidden.h - a file system that is reached before anybody mounts it, and stays when nobody does any more. */
#ifndef GK_VFS_MOUNT_HIDDEN_H
#define GK_VFS_MOUNT_HIDDEN_H

#include "vfs/fstype.h"
#include "vfs/mount.h"

/* A new file system of a type that needs no disk, mounted in no place that anybody sees. One reference (mount_put),
 * with which the file system ends, unless it is mounted elsewhere. 0 or -errno. */
int mount_hidden(const struct fs_type *type, struct mount **out);

#endif
