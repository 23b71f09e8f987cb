/* SPDX-License-Identifier: Apache-2.0 */
/* blk.h - block devices, as file systems see them; drivers implement blk_ops. */
#ifndef GK_VFS_BLK_H
#define GK_VFS_BLK_H

#include <stdbool.h>
#include <stdint.h>

#include "mm/page.h"

#define SECTOR_SIZE 512u
#define BLK_SEGMENTS_MAX 64u

struct blk_segment { /* a stretch of physical memory, a multiple of a sector long */
    paddr_t addr;
    uint32_t size;
};

struct blk_device {
    const char *name; /* "vda" */
    uint64_t sectors;
    bool read_only;
    const struct blk_ops *ops;
};

struct blk_ops {
    int (*transfer)(struct blk_device *dev, bool write, uint64_t sector, const struct blk_segment *segments,
                    unsigned count);
    int (*flush)(struct blk_device *dev);
};

/* Reads or writes, and waits. 0; -EIO; -EINVAL beyond the device's end; -EROFS. At most BLK_SEGMENTS_MAX segments. */
int blk_transfer(struct blk_device *dev, bool write, uint64_t sector, const struct blk_segment *segments,
                 unsigned count);
/* What was written so far is on stable storage. */
int blk_flush(struct blk_device *dev);

#endif
