/* SPDX-License-Identifier: Apache-2.0 */
/* blk.c - checks every request once, before a driver sees it. */
#include "vfs/blk.h"

#include "abi/errno.h"

int blk_transfer(struct blk_device *dev, bool write, uint64_t sector, const struct blk_segment *segments,
                 unsigned count)
{
    uint64_t sectors = 0;
    if (!count || count > BLK_SEGMENTS_MAX)
        return -EINVAL;
    for (unsigned i = 0; i < count; i++) {
        if (!segments[i].size || segments[i].size % SECTOR_SIZE)
            return -EINVAL;
        sectors += segments[i].size / SECTOR_SIZE;
    }
    if (sector > dev->sectors || sectors > dev->sectors - sector)
        return -EINVAL;
    if (write && dev->read_only)
        return -EROFS;
    return dev->ops->transfer(dev, write, sector, segments, count);
}

int blk_flush(struct blk_device *dev)
{
    return dev->ops->flush && !dev->read_only ? dev->ops->flush(dev) : 0;
}
