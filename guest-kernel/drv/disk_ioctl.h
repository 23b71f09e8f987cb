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
/* fallocate(2) of it, as Linux's blkdev_fallocate: zeroes, with FALLOC_FL_PUNCH_HOLE only where the disk makes them by
 * itself. 0; -EOPNOTSUPP: another mode, or the disk can't; -EINVAL: it isn't within the disk, or not whole sectors;
 * -EPERM: it can only be read. It waits. */
int disk_allocate(struct blk_device *dev, uint32_t mode, uint64_t pos, uint64_t size);

#endif
