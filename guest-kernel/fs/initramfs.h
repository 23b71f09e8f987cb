/* SPDX-License-Identifier: Apache-2.0 */
/* initramfs.h - the root file system that lvmm's --initrd brings: an archive in memory, unpacked into files. */
#ifndef GK_FS_INITRAMFS_H
#define GK_FS_INITRAMFS_H

#include <stddef.h>

#include "lib/types.h"

struct inode;

/* Unpacks the archive (fs/cpio.h) in [start, end) below `root`, the root of a file system in memory whose names nobody
 * has looked up yet, and gives its frames back (page_give). 0, or -errno with a line in `why` for who runs the guest;
 * what is unpacked by then stays. */
int initramfs_unpack(struct inode *root, paddr_t start, paddr_t end, char *why, size_t why_size);

#endif
