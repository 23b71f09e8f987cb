/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names_told.h - names that change by themselves, of a file system that is told when they do. It vouches for a name
 * with a number other than 0 (dentry.vouched), which means something to the file system alone: such a name is kept
 * without references, and inode_ops.confirm sees the number. None of these waits, but names_learn for memory.
 */
#ifndef GK_VFS_NAMES_TOLD_H
#define GK_VFS_NAMES_TOLD_H

#include "vfs/dentry.h"

/* The directory was listed, and has `inode` by this name: remembers that; takes over the caller's reference. The name,
 * with a reference, which is to be vouched for by what is true now; NULL: something else is known of it already, which
 * stays, or there is no memory. The directory is locked. */
struct dentry *names_learn(const struct inode *dir, const char *name, size_t length, struct inode *inode);
/* Nobody vouches for the name any more. */
void names_doubt(const struct inode *dir, const char *name, size_t length);
/* Shows the inodes that the name is known to lead to: a directory that others have moved may be known by an earlier
 * place, too, and there the name by what it was. False: none of them has it for certain, as `holds` says of the
 * directory and the number: a name in use may be another file's by now. `take` lets go of nothing. */
bool names_known(const struct inode *dir, const char *name, size_t length,
                 bool (*holds)(const struct inode *dir, uint64_t vouched),
                 void (*take)(struct inode *inode, uint32_t arg), uint32_t arg);
/* One of them, with a reference; NULL: there is none. *vouched: whether somebody vouches for the name: else another
 * file may have it by now, where this one is in use. */
struct inode *names_inode(const struct inode *dir, const char *name, size_t length, bool *vouched);
/* Whether there is a name of the inode that holds, as the file system says of its directory, number and inode. */
bool names_hold(const struct inode *inode,
                bool (*holds)(const struct inode *dir, uint64_t vouched, const struct inode *inode));

#endif
