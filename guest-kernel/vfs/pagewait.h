/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pagewait.h - waiting for pages of the page cache: until one is filled, or written.
 *
 * A page is in the cache from before it is read: PAGE_LOCKED, and not PAGE_UPTODATE. Whoever reads it unlocks it, or
 * takes it out of the cache first if that failed. Who finds it locked waits with a reference, then looks into the cache
 * again. While it is written (PAGE_WRITEBACK) it can be read and changed, but not taken out. Both end without a lock
 * that comes before (vfs/volume.h), in the thread that waits for the disk or, for what is read ahead, with the request.
 */
#ifndef GK_VFS_PAGEWAIT_H
#define GK_VFS_PAGEWAIT_H

#include "mm/page.h"

/* Waits until the page, of which the caller has a reference, has none of these flags. Somebody is about to take them
 * off: where that is but a request's end, see pagecache_wait. */
void page_wait(struct page *page, uint32_t flags);
/* Takes these flags off the page, and wakes who waits for that. Also from an interrupt. */
void page_done(struct page *page, uint32_t flags);

#endif
