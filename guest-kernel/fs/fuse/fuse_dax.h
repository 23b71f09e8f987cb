/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse_dax.h - files of the host whose pages are the host's own, which the server shows in its window (boot/abi_dax.h):
 * the page cache gets those in place of copies. So nothing of them is old, and what a mapping writes is there at once.
 *
 * Short files are read, as that costs less. So is what the window has no room for, and what the server can't show.
 */
#ifndef GK_FS_FUSE_FUSE_DAX_H
#define GK_FS_FUSE_FUSE_DAX_H

#include "fs/fuse/fuse.h"

/* The server has answered FUSE_INIT with `init`: its window is used, if there is one. */
void fuse_dax_begin(struct fuse_fs *fs, const struct fuse_init_out *init);
/* The session is over. */
void fuse_dax_end(struct fuse_fs *fs);
/* inode_ops.show_pages, show_written. */
int fuse_show_pages(struct inode *inode, uint64_t index, unsigned want, struct page **out);
int fuse_show_written(struct inode *inode, uint64_t index);
/* inode_ops.reads_past. */
bool fuse_reads_past(const struct inode *inode, uint64_t pos, uint64_t size);

#endif
