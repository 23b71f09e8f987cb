/* SPDX-License-Identifier: Apache-2.0 */
/* drv.h - the drivers' way in: finds the devices in the device tree, and what the rest of the kernel uses of them. */
#ifndef GK_DRV_DRV_H
#define GK_DRV_DRV_H

#include <stddef.h>
#include <stdint.h>

struct blk_device;
struct fdt;
struct file;

/* Finds and sets up the devices of the tree; registers their /dev nodes. Call before vfs_mount_root. 0 or -errno. */
int drv_init(const struct fdt *fdt);

/* The n-th disk in slot order, or NULL. */
struct blk_device *drv_disk(unsigned n);

/* Opens what the program gets as descriptor n (0, 1, 2): the terminal or a stream, as the host's is one or not. */
int drv_open_stdio(unsigned n, struct file **out);

/* Sends a record on the control port (boot/abi.h) and waits until the host has it. Without a control port it is
 * dropped. */
void drv_control_send(uint32_t type, const void *payload, size_t size);

/* Waits until the host has what the program was told is written to its terminal or streams. */
void drv_settle(void);

#endif
