/* SPDX-License-Identifier: Apache-2.0 */
/* mem_devices.h - null, zero, full, random and urandom. */
#ifndef GK_DRV_MEM_DEVICES_H
#define GK_DRV_MEM_DEVICES_H

/* Registers them (vfs/device.h). */
void mem_devices_register(void);

#endif
