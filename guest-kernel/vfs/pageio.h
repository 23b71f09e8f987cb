/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pageio.h - pages of a file on their way to or from the disk, several rows of them at a time. For the page cache,
 * where the file system says where they lie (inode_ops.map); elsewhere read_pages and write_pages do it one by one.
 */
#ifndef GK_VFS_PAGEIO_H
#define GK_VFS_PAGEIO_H

#include "vfs/blk.h"
#include "vfs/vfs.h"

#define PAGE_RUN_MAX 256u /* pages; fewer that are scattered in memory: what describes them is within a frame */

struct page_run { /* pages in a row */
    struct blk_request request;
    struct blk_device *dev;
    struct page_run *next;
    struct inode *inode;    /* whose they are, no reference; NULL: it is gone */
    struct page_run **list; /* that it is in */
    uint64_t index;
    unsigned count;
    struct page *pages[];
};

/* Starts to write the first of `count` pages, as many as lie in a row, up to PAGE_RUN_MAX; takes over their references.
 * NULL: not possible. Not seen by the disk before blk_kick(run->dev). */
struct page_run *page_run_write(struct inode *inode, uint64_t index, struct page **pages, unsigned count);
/* Waits for it; then it and the pages' references are the caller's (kfree). 0 or the error. */
int page_run_finish(struct page_run *run);

/* Puts the first of `count` pages, as page_run_write, locked in the cache and starts to read them; when that has ended
 * they are unlocked, or out of the cache again. Until then the run is in inode->ahead. How many there are, whose
 * references are taken over. */
unsigned page_run_read(struct inode *inode, uint64_t index, struct page **pages, unsigned count);
/* The run that fills the page at `index`; NULL: none does. */
struct page_run *page_run_of(const struct inode *inode, uint64_t index, const struct page *page);
/* The inode goes; what is being read for it ends without it. */
void page_runs_leave(struct inode *inode);
/* Waits for those that are being read for inodes that are gone, or for this one. */
void page_runs_wait(struct inode *inode);

#endif
