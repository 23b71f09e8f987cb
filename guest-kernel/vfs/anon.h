/* SPDX-License-Identifier: Apache-2.0 */
/* anon.h - the one inode of all open files that have none of their own: event counters and their like. */
#ifndef GK_VFS_ANON_H
#define GK_VFS_ANON_H

#include "vfs/vfs.h"

/* An open file with that inode. flags: O_RDWR and the like; owner is the ops' own. 0 or -ENOMEM. */
int anon_file_new(const struct file_ops *ops, uint32_t flags, void *owner, struct file **out);

#endif
