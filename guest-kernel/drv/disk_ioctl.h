/* SPDX-License-Identifier: Apache-2.0 */
/* disk_ioctl.h - what a disk's node answers to ioctl(2). */
#ifndef GK_DRV_DISK_IOCTL_H
#define GK_DRV_DISK_IOCTL_H

#include <stdbool.h>
#include <stdint.h>

#include "vfs/blk.h"

/* By an open file of the disk, `writable` or not: 0, or -errno as Linux's blkdev_ioctl; -ENOTTY for what disks don't
 * answer. It may wait: for the program's memory, and for the disk. */
int64_t disk_ioctl_answer(struct blk_device *dev, bool writable, unsigned request, uint64_t arg);

#endif
