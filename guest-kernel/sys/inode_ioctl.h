/* SPDX-License-Identifier: Apache-2.0 */
/* inode_ioctl.h - what every regular file and directory answers to ioctl(2). */
#ifndef GK_SYS_INODE_IOCTL_H
#define GK_SYS_INODE_IOCTL_H

#include "mm/usercopy.h"
#include "vfs/vfs.h"

/* The result, or -errno: -ENOTTY for what it doesn't answer. It may wait: the caller has a reference to the file. */
int64_t inode_ioctl(struct file *file, unsigned request, uaddr_t address);

#endif
