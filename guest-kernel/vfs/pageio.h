/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pageio.h - pages of a file on their way to or from the disk, several rows of them at a time. For the page cache,
 * where the file system says where they lie (inode_ops.map); elsewhere read_pages and write_pages do it one by one.
 */
#ifndef GK_VFS_PAGEIO_H
#define GK_VFS_PAGEIO_H

#include "vfs/blk.h"
#include "vfs/vfs.h"

#define PAGE_RUN_MAX 128u /* pages: the object that describes them is smaller than one */

struct page_run { /* pages in a row */
    struct blk_request request;
    struct blk_device *dev;
    struct page_run *next;
    uint64_t index;
    unsigned count;
    bool stale; /* read ahead, and since then something newer may have been in the cache */
    struct page *pages[];
};

/* Starts the first of `count` pages, as many as lie in a row, up to PAGE_RUN_MAX; takes over their references. NULL:
 * not possible. Not seen by the disk before blk_kick(run->dev). */
struct page_run *page_run_start(struct inode *inode, bool write, uint64_t index, struct page **pages, unsigned count);
/* Waits for it; then it and the pages' references are the caller's (kfree). 0 or the error. */
int page_run_finish(struct page_run *run);

/* The cache or the disk gets something newer for the pages in [first, end) than what was read ahead (inode->ahead). */
void page_runs_spoil(struct inode *inode, uint64_t first, uint64_t end);

#endif
