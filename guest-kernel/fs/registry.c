/* SPDX-License-Identifier: Apache-2.0 */
/* registry.c - the kinds of file system there are; those on disks in the order in which they are tried, by who
 * mounts what /proc/filesystems has, too: of ext* the one with fewest features is first, as on Linux. */
#include <stddef.h>

#include "fs/devpts.h"
#include "fs/ext4/ext4.h"
#include "fs/fat32.h"
#include "fs/fuse/fuse_type.h"
#include "fs/diskless.h"
#include "fs/proc.h"
#include "ipc/mqueue_fs.h"
#include "vfs/fstype.h"

const struct fs_type *const fs_types[] = {&fat32_type, &ext3_type,     &ext2_type,     &ext4_type,
                                          &tmpfs_type, &devtmpfs_type, &devpts_type,   &proc_type,
                                          &sysfs_type, &mqueue_type,   &virtiofs_type, NULL};
