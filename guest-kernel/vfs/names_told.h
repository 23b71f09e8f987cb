/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names_told.h - names that change by themselves, of a file system that is told when they do. It vouches for a name
 * with a number other than 0 (dentry.vouched), which means something to the file system alone: such a name is kept
 * without references, and inode_ops.confirm sees the number. None of these waits.
 */
#ifndef GK_VFS_NAMES_TOLD_H
#define GK_VFS_NAMES_TOLD_H

#include "vfs/dentry.h"

/* The directory was listed, and has `inode` by this name: remembers that; takes over the caller's reference. What is
 * known of the name already stays, and is vouched for if it is the same. The directory is locked. */
void names_learn(struct inode *dir, const char *name, size_t length, struct inode *inode, uint64_t vouched);
/* Nobody vouches for the name any more. */
void names_doubt(struct inode *dir, const char *name, size_t length);
/* The inode that the name is known to lead to, with a reference; NULL: there is none. */
struct inode *names_known(const struct inode *dir, const char *name, size_t length);
/* Whether there is a name of the inode that holds, as the file system says of its directory, number and inode. */
bool names_hold(const struct inode *inode,
                bool (*holds)(const struct inode *dir, uint64_t vouched, const struct inode *inode));

#endif
