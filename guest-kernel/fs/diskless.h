/* SPDX-License-Identifier: Apache-2.0 */
/* diskless.h - the file systems that need no disk: for fs/registry.c. */
#ifndef GK_FS_DISKLESS_H
#define GK_FS_DISKLESS_H

#include "vfs/fstype.h"

extern const struct fs_type tmpfs_type, devtmpfs_type, sysfs_type;

#endif
