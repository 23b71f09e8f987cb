/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_sockets.h - the device that the network is behind (boot/abi_net.h). */
#ifndef GK_DRV_VIRTIO_SOCKETS_H
#define GK_DRV_VIRTIO_SOCKETS_H

#include "drv/virtio.h"

struct fdt;

/* Starts the device behind `dev`; sockets find it by outside_begin. 0 or -errno. */
int virtio_sockets_create(struct virtio_device *dev, const struct fdt *fdt);

#endif
