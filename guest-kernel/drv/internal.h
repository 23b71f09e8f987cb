/* SPDX-License-Identifier: Apache-2.0 */
/* internal.h - what the drivers share among themselves. */
#ifndef GK_DRV_INTERNAL_H
#define GK_DRV_INTERNAL_H

#include "vfs/vfs.h"

/* Sends a signal to the current process, whose call has come to it: not from interrupts, where anybody is current. */
void drv_signal(int signal);

/* Is a signal about to end the current process, so that it won't hear what has become of its call? */
bool drv_is_ending(void);

/* The inode behind what isn't opened by a name: a stream's or the terminal's. */
void drv_inode_init(struct inode *inode, uint64_t number, uint32_t mode, uint64_t rdev);

#endif
