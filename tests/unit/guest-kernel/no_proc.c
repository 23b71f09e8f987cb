/* SPDX-License-Identifier: Apache-2.0 */
/* no_proc.c - something to be mounted on /proc in tests that have no processes: an empty file system. */
#include "vfs/fstype.h"

static int mount_empty(struct blk_device *dev, struct filesystem **out)
{
    return ramfs_type.mount(dev, out);
}

const struct fs_type proc_type = {"proc", mount_empty};
