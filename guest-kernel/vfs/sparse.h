/* SPDX-License-Identifier: Apache-2.0 */
/* sparse.h - holes and room of files that are nowhere but in the page cache. For file systems in memory. */
#ifndef GK_VFS_SPARSE_H
#define GK_VFS_SPARSE_H

#include "vfs/pagecache.h"

/* lseek(2): where data or, with `hole`, a hole is found at or after pos, which lies before the end; -ENXIO. */
int64_t sparse_seek(const struct inode *inode, uint64_t pos, bool hole);
/* A page at `index`, if there is none, that counts as a hole until something is written to it, or it is asked for once
 * more (as on Linux): 0, -ENOSPC, -ENOMEM. */
int sparse_reserve(struct inode *inode, uint64_t index);
/* Takes those from `first` up to `end` away again to which nothing was written. */
void sparse_unreserve(struct inode *inode, uint64_t first, uint64_t end);
/* fallocate(2) with FALLOC_FL_PUNCH_HOLE: 0; -EPERM: it is sealed. */
int sparse_punch(struct inode *inode, uint64_t start, uint64_t end);
/* The file's size becomes `size`, which is more than it is. */
void sparse_grow(struct inode *inode, uint64_t size);

#endif
