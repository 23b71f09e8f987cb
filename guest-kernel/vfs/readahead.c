/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readahead.c - what a sequential reader will want next is read while it works on what it has.
 *
 * The pages are in the cache at once, locked until their request ends. The first of each run is marked
 * (PAGE_READAHEAD): when the reader comes there, one more run is started. Nobody waits, and no interrupt is asked for,
 * before somebody comes to a page that is still locked.
 */
#include "mm/kmalloc.h"
#include "vfs/pagecache.h"
#include "vfs/pageio.h"

#define AHEAD_RUNS 2u  /* one that the reader works on, one under way */
#define RUN_LEAST 128u /* pages: for less, each run isn't worth its request */

static void put_pages(struct page **pages, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        page_put(pages[i]);
}

/* Never much of what memory is left; 0: too little is. */
static unsigned run_pages(void)
{
    uint64_t most = page_free_count() / 16 / AHEAD_RUNS;

    return most < RUN_LEAST ? 0 : most < PAGE_RUN_MAX ? (unsigned)most : PAGE_RUN_MAX;
}

/* Frames for whole pages of the file, up to the first one that is cached. */
static unsigned frames_take(struct inode *inode, uint64_t index, struct page **pages, unsigned most)
{
    uint64_t end = inode->size >> PAGE_SHIFT, next = index;
    unsigned count = 0;

    if (end > index + most)
        end = index + most;
    if (pagecache_next(inode, &next, end) != NULL)
        end = next;
    while (index + count < end && (pages[count] = pagecache_alloc(false)) != NULL)
        count++;
    return count;
}

/* How many pages the run has. */
static unsigned run_start(struct inode *inode, uint64_t index, struct page **pages, unsigned most)
{
    unsigned count = frames_take(inode, index, pages, most);
    unsigned used = count != 0 ? page_run_read(inode, index, pages, count) : 0;

    put_pages(pages + used, count - used);
    return used;
}

static void runs_start(struct inode *inode, unsigned runs)
{
    unsigned most = run_pages();

    if (inode->ops->map == NULL || most == 0)
        return;
    struct page **pages = kmalloc(most * sizeof(*pages));
    for (unsigned i = 0, count; pages != NULL && i < runs; i++) {
        count = run_start(inode, inode->ahead_next, pages, most);
        if (count == 0)
            break;
        inode->ahead_next += count;
        inode->read_next = inode->ahead_next; /* a miss there goes on in order */
    }
    kfree(pages);
    if (inode->ahead != NULL)
        blk_kick(inode->ahead->dev);
}

void readahead_start(struct inode *inode, uint64_t index)
{
    inode->ahead_next = index;
    runs_start(inode, AHEAD_RUNS);
}

void readahead_go_on(struct inode *inode)
{
    runs_start(inode, 1);
}

bool readahead_wait(struct inode *inode, uint64_t index, struct page *page, bool (*done)(void *arg))
{
    const struct page_run *run = page_run_of(inode, index, page);

    if (run == NULL)
        return false;
    blk_wait(run->dev, done, page, 1, WAIT_FOREVER, false);
    return true;
}
