/* SPDX-License-Identifier: Apache-2.0 */
/* pagecache.h - the pages of an inode, shared by read, write and mmap. For the VFS and for file systems. */
#ifndef GK_VFS_PAGECACHE_H
#define GK_VFS_PAGECACHE_H

#include "vfs/pageindex.h"

#define PAGECACHE_BATCH 256u /* pages in one read_pages, at most: 1 MiB */

/* The page at `index`, up to date, with a reference. On a miss `want` pages are read in one go, and more for a reader
 * who goes through the file in order. 0, -ENXIO (beyond the end), -ENOMEM or the file system's error. */
int pagecache_get(struct inode *inode, uint64_t index, unsigned want, struct page **out);
/* Waits until the page at `index`, which was found there and has a reference, is neither locked nor being written. Then
 * it may not be there any more. */
void pagecache_wait(struct inode *inode, uint64_t index, struct page *page);
/* The file's size is less now: forgets pages beyond it, which leave all mappings of the file, and zeroes the rest of
 * the one that it lies in. Waits for those that are locked or being written. */
void pagecache_truncate(struct inode *inode, uint64_t size);
/* The same of its pages [first, end), dirty or not, which leave mappings: a reader gets them from the disk again. */
void pagecache_forget(struct inode *inode, uint64_t first, uint64_t end);
/* The same, but dirty ones stay. */
void pagecache_forget_clean(struct inode *inode, uint64_t first, uint64_t end);
/* The same, but private copies leave mappings as well: what the file has there is about to be
 * elsewhere in it. */
void pagecache_forget_stored(struct inode *inode, uint64_t first, uint64_t end);
/* Of a file that is nowhere but here: the bytes from `start` to `end` become zeros, and whole pages of them go. */
void pagecache_punch(struct inode *inode, uint64_t start, uint64_t end);
/* The file grows from here: nothing that a mapping wrote beyond the end may come into view. */
void pagecache_grow(struct inode *inode);
/* It has become larger than `was`: what mappings write to the page in which it ended has to get room anew, as that page
 * had some for the blocks that were the file's alone. */
void pagecache_grown(struct inode *inode, uint64_t was);
void pagecache_drop(struct inode *inode); /* all of it, dirty or not; out of mappings too */
/* Of an inode that is about to go, of which the caller has a reference, most of it: what isn't mapped nor to be stored;
 * or all of a file that is nowhere else, which nobody can find any more. Gives way, which pagecache_drop doesn't. */
void pagecache_drop_in_turns(struct inode *inode);

/* For an inode's vm_object_ops: page, find. */
int pagecache_object_page(struct vm_object *object, uint64_t index, int will_write, struct page **out);
struct page *pagecache_object_find(struct vm_object *object, uint64_t index);

/* ---- vfs/shrink.c ---- */

/* A frame for the cache; drops clean pages first when memory is short. */
struct page *pagecache_alloc(bool zeroed);
/* For page_set_reclaim: drops clean pages, and what shrinkers have; doesn't wait. */
uint64_t pagecache_reclaim(uint64_t pages);
/* Other memory that can be had again from a disk: shrink frees up to so many frames of it, and returns how many it did.
 * It doesn't wait, nor allocate, and is called from within any allocation. */
struct shrinker {
    struct list all;
    uint64_t (*shrink)(struct shrinker *shrinker, uint64_t pages);
};
void shrinker_add(struct shrinker *shrinker);
void shrinker_remove(struct shrinker *shrinker);
/* Nobody but the cache has the page, and programs that map it; and nothing in it is to be stored. (One that is locked
 * or being written is held by whoever does that.) */
static inline bool pagecache_is_idle(const struct page *page)
{
    return page->refs - page->map_count <= 1 && !(page->flags & PAGE_DIRTY);
}
/* Whether so little memory is free that the cache should give some back. */
bool pagecache_is_short(void);

/* ---- vfs/readahead.c ---- */

/* Has the pages from `index` on read while nobody waits. */
void readahead_start(struct inode *inode, uint64_t index);
/* The reader has come to the first page of one of the runs that were started: one more. */
void readahead_go_on(struct inode *inode);
/* Waits until done(page), if the page is one that is being read ahead. False: it isn't. */
bool readahead_wait(struct inode *inode, uint64_t index, struct page *page, bool (*done)(void *arg));

/* ---- vfs/direct.c: transfers past the page cache ---- */

/* As file_start for a regular file. -ENOTBLK: not possible here, the caller uses the cache. */
int64_t direct_start(struct file *file, const struct iter *iter, uint64_t pos, bool write, struct file_io *io);
/* The same, waits, and moves *pos on. A write's caller has inode->lock, which direct_start takes by itself. */
int64_t direct_transfer(struct file *file, struct iter *iter, uint64_t *pos, bool write);
/* Until none is under way: the file's blocks are about to go. With inode->lock. */
void direct_wait(struct inode *inode);

/* ---- vfs/writeback.c ---- */

/* Size or times have changed. */
void inode_mark_dirty(struct inode *inode);
/* atime alone has: it is stored with what else changes of the inode, when a user asks for that (fsync, sync, umount),
 * or when the inode is about to be forgotten, and not by the flusher nor at the end of the machine: who only reads
 * writes nothing. */
void inode_mark_atime(struct inode *inode);
/* A user asks: what inode_mark_atime told is dirty as all the rest. */
void inode_store_atime(struct inode *inode);
void writeback_store_atimes(const struct filesystem *fs);
/* So has the page at `index`. */
void pagecache_mark_dirty(struct inode *inode, uint64_t index, struct page *page);
/* More of the file system than inodes is: the flusher has it synced. */
void filesystem_mark_dirty(struct filesystem *fs);
void filesystem_forget_dirty(struct filesystem *fs); /* it isn't, or goes */
/* Stores the dirty pages, in runs. On an error they stay dirty. */
int pagecache_write_back(struct inode *inode);
/* Pages and write_inode. */
int inode_write_back(struct inode *inode);
/* The first dirty inode of the file system that is of that type (S_IFREG, S_IFDIR), borrowed; NULL: there is none. */
struct inode *writeback_first(const struct filesystem *fs, uint32_t type);
/* inode_write_back for every inode that is dirty now, of that type (S_IFREG, S_IFDIR); directories that get dirty on
 * the way too. 0 or the first error; then the rest is stored all the same. For who has the volume. */
int writeback_inodes(struct filesystem *fs, uint32_t type);

#endif
