/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_fs.h - servers of files (virtio 1.2, section 5.11). */
#ifndef GK_DRV_VIRTIO_FS_H
#define GK_DRV_VIRTIO_FS_H

#include "drv/virtio.h"

/* Starts the device behind `dev`; file systems find it by its tag (vfs/fuse_port.h). 0 or -errno. */
int virtio_fs_create(struct virtio_device *dev);

#endif
