/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h - the name cache: which inode a directory's lookup gave for a name, or that it gave none. For vfs/ only.
 *
 * It holds no references: an inode that is freed takes its entries along. Whether two names are the same is the file
 * system's business (case, short names of FAT), so an inode that goes loses all its names in that directory, and a new
 * entry makes everything unsure that the directory did not have.
 */
#ifndef GK_VFS_NAMES_H
#define GK_VFS_NAMES_H

#include "vfs/vfs.h"

/* 0: *out, borrowed; -ENOENT: there is no such entry; 1: not known. */
int names_find(const struct inode *dir, const char *name, size_t length, struct inode **out);
/* Remembers what a lookup gave; child NULL: that there is none. */
void names_add(struct inode *dir, const char *name, size_t length, struct inode *child);
/* The inode is gone from where it was. */
void names_forget(struct inode *inode);
/* The directory has got an entry. */
void names_forget_absent(struct inode *dir);
/* The inode is freed: both, and the names that it had as a directory. */
void names_drop(struct inode *inode);

/* Where the inode was found lately, with what the directory calls it, both borrowed. False: nowhere. */
bool names_place(const struct inode *inode, struct inode **dir, const char **name, size_t *length);

#endif
