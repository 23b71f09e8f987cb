/* SPDX-License-Identifier: Apache-2.0 */
/* drv.h - the drivers' way in: finds the devices in the device tree, and what the rest of the kernel uses of them. */
#ifndef GK_DRV_DRV_H
#define GK_DRV_DRV_H

struct fdt;
struct file;

/* Finds and sets up the devices of the tree; registers their /dev nodes. Call before vfs_mount_root. 0 or -errno. */
int drv_init(const struct fdt *fdt);

/* Opens what the program gets as descriptor n (0, 1, 2): the terminal or a stream, as the host's is one or not. */
int drv_open_stdio(unsigned n, struct file **out);

#endif
