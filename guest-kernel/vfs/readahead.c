/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readahead.c - what a sequential reader will want next is read while it works on what it has.
 *
 * The pages are in no cache until the reader comes to them, so nobody else has to know of them; but if anything is put
 * in the cache where they belong, or written past it, they may be older than that and are thrown away.
 */
#include "mm/kmalloc.h"
#include "vfs/pagecache.h"
#include "vfs/pageio.h"

#define AHEAD_RUNS 2u /* one that the reader works on, one under way */

static void put_pages(struct page **pages, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        page_put(pages[i]);
}

/* Frames for whole pages of the file, up to the first one that is cached. */
static unsigned frames_take(struct inode *inode, uint64_t index, struct page **pages)
{
    uint64_t end = inode->size >> PAGE_SHIFT, next = index;
    unsigned count = 0;

    if (end > index + PAGE_RUN_MAX)
        end = index + PAGE_RUN_MAX;
    if (pagecache_next(inode, &next, end) != NULL)
        end = next;
    while (index + count < end && (pages[count] = pagecache_alloc(false)) != NULL)
        count++;
    return count;
}

static struct page_run *run_start(struct inode *inode, uint64_t index, struct page **pages)
{
    unsigned count = frames_take(inode, index, pages);
    struct page_run *run = count != 0 ? page_run_start(inode, false, index, pages, count) : NULL;
    unsigned used = run != NULL ? run->count : 0;

    put_pages(pages + used, count - used);
    return run;
}

void readahead_start(struct inode *inode, uint64_t index)
{
    struct page_run **last = &inode->ahead, *run;

    if (inode->ops->map == NULL || inode->ahead != NULL || page_free_count() / 16 < AHEAD_RUNS * PAGE_RUN_MAX)
        return;
    struct page **pages = kmalloc(PAGE_RUN_MAX * sizeof(*pages));
    for (unsigned i = 0; pages != NULL && i < AHEAD_RUNS && (run = run_start(inode, index, pages)) != NULL; i++) {
        *last = run;
        last = &run->next;
        index += run->count;
    }
    kfree(pages);
    if (inode->ahead != NULL)
        blk_kick(inode->ahead->dev);
}

/* Takes the first run off the list, when it is there. False: there was an error, or it is stale. */
static bool first_take(struct inode *inode, bool keep)
{
    struct page_run *run = inode->ahead;
    bool good = page_run_finish(run) == 0 && !run->stale && keep;

    inode->ahead = run->next;
    for (unsigned i = 0; good && i < run->count; i++)
        pagecache_insert(inode, run->index + i, run->pages[i]); /* failing, it is read again when it is wanted */
    put_pages(run->pages, run->count);
    kfree(run);
    return good;
}

bool readahead_take(struct inode *inode, uint64_t index)
{
    if (inode->ahead == NULL)
        return false;
    if (inode->ahead->index != index) {
        readahead_end(inode);
        return false;
    }
    uint64_t next = index + inode->ahead->count;
    if (!first_take(inode, true))
        return false;
    inode->read_next = next;
    readahead_start(inode, next);
    return true;
}

void readahead_end(struct inode *inode)
{
    while (inode->ahead != NULL)
        first_take(inode, false);
}
