/* SPDX-License-Identifier: Apache-2.0 */
/* disk_node.h - the disks there are, and as files: /dev/vda and on. */
#ifndef GK_DRV_DISK_NODE_H
#define GK_DRV_DISK_NODE_H

struct blk_device;
struct virtio_device;

/* Starts the disk behind a virtio block device and counts it as the next. 0; -ENODEV: there are enough; or -errno. */
int disk_add(struct virtio_device *dev);

/* The n-th disk in slot order, or NULL. */
struct blk_device *disk_at(unsigned n);

/* Makes nodes for all of them. */
void disk_nodes_register(void);

#endif
