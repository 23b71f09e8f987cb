/* SPDX-License-Identifier: Apache-2.0 */
/* writeback.c - what is dirty, and its way to the disk. */
#include "abi/errno.h"
#include "core/wait.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/blk.h"
#include "vfs/flusher.h"
#include "vfs/pagecache.h"
#include "vfs/pageio.h"
#include "vfs/pagewait.h"
#include "vfs/volume.h"

#define RUN_FEW 16u     /* pages that are stored at once without memory for the list */
#define RUN_MANY 512u   /* pages that are stored at once, at most: 2 MiB, of which a frame holds the list */
#define STORING_MAX 32u /* runs under way */

static struct list dirty_inodes = {&dirty_inodes, &dirty_inodes};
static struct list atimes_alone = {&atimes_alone, &atimes_alone};
static struct list dirty_systems = {&dirty_systems, &dirty_systems};
static uint64_t pages_stored, inodes_failed; /* since boot */

/* ---- all that is dirty, for the flusher ---- */

static bool anything_is_dirty(void)
{
    return !list_is_empty(&dirty_inodes) || !list_is_empty(&dirty_systems);
}

static bool is_due(const struct filesystem *fs, uint64_t round)
{
    return fs->root != NULL && fs->ops->sync != NULL && fs->write_round != round;
}

/* A file system of which something is dirty and that this round has not come to; one that is being mounted isn't one
 * yet. */
static struct filesystem *next_dirty(uint64_t round)
{
    for (const struct list *at = dirty_inodes.next; at != &dirty_inodes; at = at->next) {
        struct filesystem *fs = container_of(at, const struct inode, dirties)->fs;
        if (is_due(fs, round))
            return fs;
    }
    for (struct list *at = dirty_systems.next; at != &dirty_systems; at = at->next) {
        struct filesystem *fs = container_of(at, struct filesystem, dirty);
        if (is_due(fs, round))
            return fs;
    }
    return NULL;
}

static bool all_store(uint64_t round)
{
    uint64_t stored = pages_stored, failed = inodes_failed;
    struct filesystem *fs;
    bool error = false;

    while ((fs = next_dirty(round)) != NULL) {
        fs->write_round = round;
        filesystem_forget_dirty(fs);
        if (fs->ops->sync(fs, false) != 0) /* it stays dirty: the next sync tells */
            error = true;
    }
    return (!error && inodes_failed == failed) || pages_stored != stored;
}

static const struct flusher_work flusher_work = {all_store, anything_is_dirty};

/* ---- what is dirty ---- */

static void dirty_list_add(struct inode *inode)
{
    if (inode->atime_alone) { /* not any more: it comes along */
        inode->atime_alone = false;
        inode->meta_dirty = true;
        list_remove(&inode->dirties);
    }
    if (!list_is_empty(&inode->dirties))
        return;
    list_insert(&dirty_inodes, &inode->dirties);
    flusher_note(&flusher_work);
}

void filesystem_mark_dirty(struct filesystem *fs)
{
    if (fs->dirty.next != NULL)
        return;
    list_insert(&dirty_systems, &fs->dirty);
    flusher_note(&flusher_work);
}

void filesystem_forget_dirty(struct filesystem *fs)
{
    if (fs->dirty.next == NULL)
        return;
    list_remove(&fs->dirty);
    fs->dirty.next = NULL;
}

void inode_mark_dirty(struct inode *inode)
{
    if (inode->ops->write_inode == NULL)
        return;
    inode->meta_dirty = true;
    dirty_list_add(inode);
}

void inode_store_atime(struct inode *inode)
{
    if (inode->atime_alone && !inode->fs->read_only) /* else it can't be any more */
        inode_mark_dirty(inode);
}

void inode_mark_atime(struct inode *inode)
{
    if (inode->ops->write_inode == NULL || inode->atime_alone)
        return;
    if (!list_is_empty(&inode->dirties)) {
        inode->meta_dirty = true;
        return;
    }
    inode->atime_alone = true;
    inode_leaving = inode_store_atime;
    list_insert(&atimes_alone, &inode->dirties);
}

void writeback_store_atimes(const struct filesystem *fs)
{
    for (struct list *at = atimes_alone.next, *next; at != &atimes_alone; at = next) {
        struct inode *inode = container_of(at, struct inode, dirties);
        next = at->next;
        if (inode->fs == fs)
            inode_store_atime(inode);
    }
}

static void bounds_add(struct inode *inode, uint64_t index)
{
    if (!inode->dirty) {
        inode->dirty = true;
        inode->dirty_first = inode->dirty_last = index;
        dirty_list_add(inode);
    } else if (index < inode->dirty_first) {
        inode->dirty_first = index;
    } else if (index > inode->dirty_last) {
        inode->dirty_last = index;
    }
}

void pagecache_mark_dirty(struct inode *inode, uint64_t index, struct page *page)
{
    if (inode->ops->write_pages == NULL) {
        page->flags &= ~(uint32_t)PAGE_RESERVED;
        return;
    }
    if (!(page->flags & PAGE_DIRTY)) {
        pageindex_dirty_count++;
        blk_count_bytes(true, PAGE_SIZE);
    }
    page->flags |= PAGE_DIRTY;
    bounds_add(inode, index);
}

/* What a mapping wrote beyond the file's end isn't to get to the disk; but who has the inode's lock may be in the
 * middle of writing there, before the size grows. */
static void clean_tail(const struct inode *inode, uint64_t index, struct page *page)
{
    if (inode->lock.owner == NULL && inode->size >> PAGE_SHIFT == index)
        memset((char *)page_data(page) + (inode->size & PAGE_MASK), 0, PAGE_SIZE - (inode->size & PAGE_MASK));
}

/* Besides the cache and page tables somebody has it: a device may fill it for a program that maps it, of which no fault
 * tells. */
static bool is_held(const struct page *page)
{
    return page->map_count != 0 && page->refs - page->map_count > 1;
}

/* Has the page written as it is now: whoever changes it from here on makes it dirty again. */
static void page_take(struct inode *inode, uint64_t index, struct page *page)
{
    bool held = is_held(page);

    if (page->map_count != 0)
        object_protect_page(&inode->object, index, page);
    clean_tail(inode, index, page);
    page->flags = (page->flags & ~(uint32_t)PAGE_DIRTY) | PAGE_WRITEBACK;
    pageindex_dirty_count--;
    page_get(page);
    if (held)
        pagecache_mark_dirty(inode, index, page); /* once more when that has ended */
}

/* The next run of at most `most` dirty pages before `end`, marked clean and as being written, each with a reference.
 * *index becomes its first. None of them is locked: what is filled isn't dirty. */
static unsigned run_take(struct inode *inode, uint64_t *index, uint64_t end, struct page **run, unsigned most)
{
    unsigned count = 0;
    struct page *page;

    for (uint64_t at = *index; count < most && (page = pagecache_next(inode, &at, end)) != NULL; at++) {
        if (!(page->flags & PAGE_DIRTY) || (count != 0 && at != *index + count)) {
            if (count != 0)
                break;
            continue;
        }
        if (count == 0)
            *index = at;
        page_take(inode, at, page);
        run[count++] = page;
    }
    return count;
}

static void run_done(struct inode *inode, uint64_t index, struct page **run, unsigned count, bool failed)
{
    if (!failed)
        pages_stored += count;
    for (unsigned i = 0; i < count; i++) {
        if (failed)
            pagecache_mark_dirty(inode, index + i, run[i]);
        page_done(run[i], PAGE_WRITEBACK);
        page_put(run[i]);
    }
}

/* ---- several runs at a time ---- */

struct storing { /* what is under way, oldest first */
    struct inode *inode;
    struct page_run *first, **last;
    unsigned count;
    int result; /* the first error */
};

static void storing_finish_first(struct storing *storing)
{
    struct page_run *run = storing->first;
    int error = page_run_finish(run);

    storing->first = run->next;
    if (storing->first == NULL)
        storing->last = &storing->first;
    storing->count--;
    run_done(storing->inode, run->index, run->pages, run->count, error != 0);
    kfree(run);
    if (error != 0 && storing->result == 0)
        storing->result = error;
}

/* Starts as much of the run as can be; the rest, or all of it, is stored right here. */
static void storing_add(struct storing *storing, uint64_t index, struct page **pages, unsigned count)
{
    while (count != 0) {
        struct page_run *run = page_run_write(storing->inode, index, pages, count);
        if (run == NULL)
            break;
        index += run->count;
        pages += run->count;
        count -= run->count;
        *storing->last = run; /* NOLINT(clang-analyzer-unix.Malloc): not the one that was freed */
        storing->last = &run->next;
        if (++storing->count == STORING_MAX)
            storing_finish_first(storing);
    }
    int error = count != 0 ? storing->inode->ops->write_pages(storing->inode, index, pages, count) : 0;
    if (count != 0)
        run_done(storing->inode, index, pages, count, error != 0);
    if (error != 0 && storing->result == 0)
        storing->result = error;
}

static int runs_write(struct inode *inode, struct page **run, unsigned most)
{
    struct storing storing = {.inode = inode, .last = &storing.first};
    uint64_t index = inode->dirty_first, end = inode->dirty_last + 1;
    unsigned count;

    inode->dirty = false;
    while (storing.result == 0 && (count = run_take(inode, &index, end, run, most)) != 0) {
        storing_add(&storing, index, run, count);
        index += count;
        (void)wait_loop_ends(false); /* a run may be a page, of thousands that lie apart */
    }
    while (storing.first != NULL)
        storing_finish_first(&storing);
    if (storing.result != 0) { /* what comes after is still dirty */
        bounds_add(inode, index);
        bounds_add(inode, end - 1);
    }
    return storing.result;
}

static int pages_store(struct inode *inode)
{
    struct page *few[RUN_FEW], **many = NULL;

    if (!inode->dirty)
        return 0;
    if (inode->dirty_last - inode->dirty_first >= RUN_FEW)
        many = kmalloc(RUN_MANY * sizeof(*many));
    int error = many != NULL ? runs_write(inode, many, RUN_MANY) : runs_write(inode, few, RUN_FEW);
    kfree(many);
    return error;
}

static void settle(struct inode *inode)
{
    if (!inode->dirty && !inode->meta_dirty && !inode->atime_alone)
        list_remove(&inode->dirties);
}

/* For who syncs the file: file_sync. */
static void note_error(struct inode *inode, int error)
{
    inodes_failed++;
    if (inode->write_errors == 0 || (inode->write_errors & 1))
        inode->write_errors = (inode->write_errors | 1) + 1;
    inode->write_error = error;
}

/* One thread at a time writes to a volume: the one that has it. Others may make pages dirty again meanwhile, and wait
 * for those that are being written. */
int pagecache_write_back(struct inode *inode)
{
    bool entered = volume_enter(inode->fs);
    int error = pages_store(inode);

    if (error != 0)
        note_error(inode, error);
    settle(inode);
    volume_leave(inode->fs, entered);
    return error;
}

int inode_write_back(struct inode *inode)
{
    bool entered = volume_enter(inode->fs);
    int error = pages_store(inode);

    if (error == 0 && inode->meta_dirty) {
        inode->meta_dirty = false;
        error = inode->ops->write_inode(inode);
        if (error != 0)
            inode->meta_dirty = true;
    }
    if (error != 0)
        note_error(inode, error);
    settle(inode);
    volume_leave(inode->fs, entered);
    return error;
}

struct inode *writeback_first(const struct filesystem *fs, uint32_t type)
{
    for (struct list *at = dirty_inodes.next; at != &dirty_inodes; at = at->next) {
        struct inode *inode = container_of(at, struct inode, dirties);
        if (inode->fs == fs && (inode->mode & S_IFMT) == type)
            return inode;
    }
    return NULL;
}

/* Moves those of the file system's dirty inodes that are of that type to `out`. */
static void take_dirty(const struct filesystem *fs, uint32_t type, struct list *out)
{
    for (struct list *at = dirty_inodes.next, *next; at != &dirty_inodes; at = next) {
        const struct inode *inode = container_of(at, struct inode, dirties);
        next = at->next;
        if (inode->fs != fs || (inode->mode & S_IFMT) != type)
            continue;
        list_remove(at);
        list_insert(out, at);
    }
}

/* Those that are dirty now, each once: others may make some dirty for as long as this takes. */
static int inodes_store(struct filesystem *fs, uint32_t type)
{
    struct list now;
    int first_error = 0;

    list_init(&now);
    take_dirty(fs, type, &now);
    while (!list_is_empty(&now)) {
        struct inode *inode = container_of(now.next, struct inode, dirties);
        list_remove(&inode->dirties);
        list_insert(&dirty_inodes, &inode->dirties);
        inode_get(inode);
        int error = inode_write_back(inode);
        inode_put(inode);
        if (error != 0 && first_error == 0) /* the others are stored all the same */
            first_error = error;
        (void)wait_loop_ends(false); /* there may be thousands, none of which waits for the disk */
    }
    return first_error;
}

/* A directory makes the one above it dirty. Nobody else does so, as the caller has the volume. */
int writeback_inodes(struct filesystem *fs, uint32_t type)
{
    int error;

    do
        error = inodes_store(fs, type);
    while (error == 0 && type == S_IFDIR && writeback_first(fs, type) != NULL);
    return error;
}
