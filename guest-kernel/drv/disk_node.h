/* SPDX-License-Identifier: Apache-2.0 */
/* disk_node.h - the disks as files: /dev/vda and on. */
#ifndef GK_DRV_DISK_NODE_H
#define GK_DRV_DISK_NODE_H

#define DISKS_MAX 16u

/* Makes nodes for the first `count` disks (drv_disk). */
void disk_nodes_register(unsigned count);

#endif
