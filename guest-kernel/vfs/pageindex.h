/* SPDX-License-Identifier: Apache-2.0 */
/* pageindex.h - which pages of an inode are in the page cache, and where. */
#ifndef GK_VFS_PAGEINDEX_H
#define GK_VFS_PAGEINDEX_H

#include "mm/page.h"
#include "vfs/vfs.h"

enum { /* page->flags */
       PAGE_DIRTY = 1,
       PAGE_ACCESSED = 4,
       PAGE_LOCKED = 8,    /* being filled: vfs/pagewait.h */
       PAGE_UPTODATE = 16, /* filled */
       PAGE_WRITEBACK = 32,
       PAGE_STALE = 64,        /* with PAGE_LOCKED: the disk has got something newer, so that it isn't to be kept */
       PAGE_RESERVED = 0x80,   /* room for data, of which there is none yet: vfs/sparse.h. It may lie beyond the end */
       PAGE_READAHEAD = 0x200, /* was read ahead: who comes here wants more */
};

/* The page at `index` if there is one for which nothing is to be done before it is used, with a reference; else NULL,
 * and pagecache_get does it: one that isn't up to date is waited for, one that is marked PAGE_READAHEAD has more read.
 */
struct page *pagecache_find(struct inode *inode, uint64_t index);
/* The same whether or not it is up to date. */
struct page *pagecache_find_any(struct inode *inode, uint64_t index);
/* Puts a page there that was filled by other means; the caller keeps its own reference. 0, -EEXIST, -ENOMEM, or what
 * inode_ops.count_page says. */
int pagecache_insert(struct inode *inode, uint64_t index, struct page *page);
/* The same for one that is to be filled: PAGE_LOCKED. */
int pagecache_insert_locked(struct inode *inode, uint64_t index, struct page *page);
/* The first cached page at or after *index and before `end`; *index becomes its place. Borrowed; NULL: none. */
struct page *pagecache_next(const struct inode *inode, uint64_t *index, uint64_t end);

/* Pages in it, of all files, that are memory (PAGE_WINDOW's aren't); and those of them that are nowhere else. */
extern uint64_t pagecache_pages, pagecache_memory_pages;

/* ---- for the parts of the page cache alone ---- */

/* All inodes with pages that can be dropped and had again from a disk: inode->cached. */
extern struct list pageindex_inodes;

/* The slot of the page at `index`, which may be empty; NULL: there is none. Good until the index grows. */
struct page **pageindex_slot(const struct inode *inode, uint64_t index);
/* Takes the page at `index`, which is there, out of the cache; who waits for it looks again. */
void pageindex_clear(struct inode *inode, uint64_t index);
/* Frees the index itself, once it is empty. */
void pageindex_free(struct inode *inode);

/* Pages that are dirty. */
extern uint64_t pageindex_dirty_count;

#endif
