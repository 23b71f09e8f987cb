/* SPDX-License-Identifier: Apache-2.0 */
/*
 * icache.h - inodes in memory, found by their file system's key, so that a file opened twice is one inode. Those
 * without references stay for a while, with their pages.
 */
#ifndef GK_VFS_ICACHE_H
#define GK_VFS_ICACHE_H

#include "vfs/vfs.h"

/* The inode with a reference, or NULL. */
struct inode *icache_find(const struct filesystem *fs, uint64_t key);
void icache_insert(struct inode *inode, uint64_t key);
/* From now on it is released with its last reference, as one that never was inserted. */
void icache_remove(struct inode *inode);
/* Drops all of the file system's inodes that nobody references. */
void icache_drop_idle(const struct filesystem *fs);

#endif
