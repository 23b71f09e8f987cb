/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_blk.h - disks (virtio 1.2, section 5.2). */
#ifndef GK_DRV_VIRTIO_BLK_H
#define GK_DRV_VIRTIO_BLK_H

#include "drv/virtio.h"
#include "vfs/blk.h"

/* Starts the disk behind `dev`; `number` makes its name: 0 is "vda". 0 or -errno. */
int virtio_blk_create(struct virtio_device *dev, unsigned number, struct blk_device **out);

#endif
