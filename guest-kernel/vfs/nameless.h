/* SPDX-License-Identifier: Apache-2.0 */
/* nameless.h - places for inodes that are in no directory, so that /proc/PID/fd/N can lead to them as to others. */
#ifndef GK_VFS_NAMELESS_H
#define GK_VFS_NAMELESS_H

#include "vfs/path.h"

/* A place of its own for the inode, in no mount that anybody sees, with references. `name` is for proc(5) alone. 0 or
 * -ENOMEM. */
int nameless_path(struct inode *inode, const char *name, size_t length, struct path *out);

/* A place where the inode is, with references: one that can be found, if there is any. False: none is known. */
bool inode_place(const struct inode *inode, struct path *out);

/* The number of the mount of what is in none that anybody sees, as Linux has one for pipes, for sockets and so on: the
 * same for all of a kind, and no other mount's. unique: as statx(2) with STATX_MNT_ID_UNIQUE tells it. */
uint64_t nameless_mount_id(const struct inode *inode, bool unique);

#endif
