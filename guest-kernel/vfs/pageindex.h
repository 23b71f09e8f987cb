/* SPDX-License-Identifier: Apache-2.0 */
/* pageindex.h - which pages of an inode are in the page cache, and where. */
#ifndef GK_VFS_PAGEINDEX_H
#define GK_VFS_PAGEINDEX_H

#include "mm/page.h"
#include "vfs/vfs.h"

enum { /* page->flags */
       PAGE_DIRTY = 1,
       PAGE_MAPPED_WRITE = 2, /* was given to a shared writable mapping: may change unseen while others hold it */
       PAGE_ACCESSED = 4,
       PAGE_RESERVED = 0x80, /* room for data, of which there is none yet: vfs/sparse.h. It may lie beyond the end */
};

/* The page at `index` if it is there, with a reference; else NULL. */
struct page *pagecache_find(struct inode *inode, uint64_t index);
/* Puts a page there that was filled by other means; the caller keeps its own reference. 0, -EEXIST or -ENOMEM. */
int pagecache_insert(struct inode *inode, uint64_t index, struct page *page);
/* The first cached page at or after *index and before `end`; *index becomes its place. Borrowed; NULL: none. */
struct page *pagecache_next(const struct inode *inode, uint64_t *index, uint64_t end);

/* Pages in it, of all files; and those of them that are nowhere else. */
extern uint64_t pagecache_pages, pagecache_memory_pages;

/* ---- for the parts of the page cache alone ---- */

/* All inodes with pages that can be dropped and had again from a disk: inode->cached. */
extern struct list pageindex_inodes;

/* The slot of the page at `index`, which may be empty; NULL: there is none. Good until the index grows. */
struct page **pageindex_slot(const struct inode *inode, uint64_t index);
/* Takes the page at `index`, which is there, out of the cache. */
void pageindex_clear(struct inode *inode, uint64_t index);
/* Frees the index itself, once it is empty. */
void pageindex_free(struct inode *inode);

#endif
