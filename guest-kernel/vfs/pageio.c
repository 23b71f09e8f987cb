/* SPDX-License-Identifier: Apache-2.0 */
/* pageio.c - see pageio.h. */
#include "vfs/pageio.h"

#include "abi/errno.h"
#include "core/wait_queue.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/pageindex.h"
#include "vfs/pagewait.h"

#define SECTOR_MASK (SECTOR_SIZE - 1u)

/* How many of the pages lie in a row on the disk, and where. A page that has a part elsewhere, or not there, is none.
 */
static unsigned extent_of(struct inode *inode, bool write, uint64_t index, unsigned count, struct blk_extent *extent)
{
    uint64_t pos = index << PAGE_SHIFT, size = (uint64_t)count << PAGE_SHIFT;

    if (inode->ops->map == NULL || pos >= inode->size)
        return 0;
    if (size > inode->size - pos)
        size = (inode->size - pos + SECTOR_MASK) & ~(uint64_t)SECTOR_MASK;
    if (inode->ops->map(inode, write, pos, size, extent) != 0)
        return 0;
    if (extent->size < size)
        extent->size &= ~(uint64_t)PAGE_MASK;
    return (unsigned)((extent->size + PAGE_MASK) >> PAGE_SHIFT);
}

/* The run's pages, as few segments as their places in memory allow. */
static unsigned segments_make(const struct page_run *run, uint64_t size, struct blk_segment *segment)
{
    unsigned count = 0;

    for (unsigned i = 0; i < run->count; i++) {
        paddr_t addr = page_phys(run->pages[i]);
        uint32_t piece = size < PAGE_SIZE ? (uint32_t)size : (uint32_t)PAGE_SIZE;
        size -= piece;
        if (count != 0 && segment[count - 1].addr + segment[count - 1].size == addr)
            segment[count - 1].size += piece;
        else
            segment[count++] = (struct blk_segment){addr, piece};
    }
    return count;
}

/* Of the pages, of which there is one at least, the first *count that a run within one frame describes: the more
 * segments they make, the fewer. */
static struct page_run *run_create(struct page *const *pages, unsigned *count)
{
    size_t size = sizeof(struct page_run);
    unsigned n = 0;

    for (; n < *count && n < PAGE_RUN_MAX; n++) {
        size_t more = sizeof(struct page *);
        if (n == 0 || page_phys(pages[n - 1]) + PAGE_SIZE != page_phys(pages[n]))
            more += sizeof(struct blk_segment);
        if (size + more > PAGE_SIZE)
            break;
        size += more;
    }
    *count = n;
    return kmalloc(size);
}

/* Its request for pages that lie in a row at `extent`. */
static void run_fill(struct page_run *run, struct inode *inode, bool write, uint64_t index, struct page **pages,
                     unsigned count, const struct blk_extent *extent)
{
    uint64_t size = (uint64_t)count << PAGE_SHIFT;
    struct blk_segment *segments = (struct blk_segment *)(void *)&run->pages[count];

    run->dev = extent->dev;
    run->inode = inode;
    run->index = index;
    run->count = count;
    memcpy(run->pages, pages, count * sizeof(run->pages[0]));
    run->request.op = write ? BLK_WRITE : BLK_READ;
    run->request.sector = extent->sector;
    run->request.segments = segments;
    run->request.count = segments_make(run, extent->size < size ? extent->size : size, segments);
}

struct page_run *page_run_write(struct inode *inode, uint64_t index, struct page **pages, unsigned count)
{
    struct blk_extent extent;

    count = extent_of(inode, true, index, count < PAGE_RUN_MAX ? count : PAGE_RUN_MAX, &extent);
    struct page_run *run = count != 0 ? run_create(pages, &count) : NULL;
    if (run == NULL)
        return NULL;
    run_fill(run, inode, true, index, pages, count, &extent);
    blk_start(run->dev, &run->request);
    return run;
}

int page_run_finish(struct page_run *run)
{
    return blk_finish(run->dev, &run->request);
}

/* ---- reading ahead ---- */

static struct page_run *left; /* by page_runs_leave */

static void run_link(struct page_run **list, struct page_run *run)
{
    run->list = list;
    run->next = *list;
    *list = run;
}

static void run_unlink(struct page_run *run)
{
    struct page_run **at = run->list;

    while (*at != run)
        at = &(*at)->next;
    *at = run->next;
}

/* Called where the disk's requests end, so it waits for nothing. */
static void read_ended(struct blk_request *request)
{
    struct page_run *run = container_of(request, struct page_run, request);
    struct inode *inode = run->inode;

    run_unlink(run);
    for (unsigned i = 0; i < run->count; i++) {
        struct page *page = run->pages[i];
        if (inode != NULL && (request->result != 0 || (page->flags & PAGE_STALE))) {
            pageindex_clear(inode, run->index + i);
        } else {
            page->flags |= PAGE_UPTODATE;
            page_done(page, PAGE_LOCKED);
        }
        page_put(page);
    }
    kfree(run);
}

/* As many as aren't cached by now, and belong to the file by now: to ask where they lie may have been to wait. */
static unsigned pages_insert(struct inode *inode, uint64_t index, struct page **pages, unsigned count)
{
    unsigned n = 0;

    while (n < count && index + n < inode->size >> PAGE_SHIFT &&
           pagecache_insert_locked(inode, index + n, pages[n]) == 0)
        n++;
    if (n != 0)
        pages[0]->flags |= PAGE_READAHEAD;
    return n;
}

unsigned page_run_read(struct inode *inode, uint64_t index, struct page **pages, unsigned count)
{
    uint32_t cuts = inode->cuts;
    struct blk_extent extent;

    count = extent_of(inode, false, index, count < PAGE_RUN_MAX ? count : PAGE_RUN_MAX, &extent);
    if (inode->cuts != cuts) /* what lay there may be another file's, though this one is as long again */
        return 0;
    struct page_run *run = count != 0 ? run_create(pages, &count) : NULL;
    if (run == NULL)
        return 0;
    count = pages_insert(inode, index, pages, count);
    if (count == 0) {
        kfree(run);
        return 0;
    }
    run_fill(run, inode, false, index, pages, count, &extent);
    run->request.done = read_ended;
    run_link(&inode->ahead, run);
    blk_start(run->dev, &run->request); /* it may be gone when this returns */
    return count;
}

struct page_run *page_run_of(const struct inode *inode, uint64_t index, const struct page *page)
{
    for (struct page_run *run = inode->ahead; run != NULL; run = run->next)
        if (index >= run->index && index - run->index < run->count && run->pages[index - run->index] == page)
            return run;
    return NULL;
}

void page_runs_leave(struct inode *inode)
{
    while (inode->ahead != NULL) {
        struct page_run *run = inode->ahead;
        run_unlink(run);
        run->inode = NULL;
        run_link(&left, run);
    }
}

static bool list_is_done(void *arg)
{
    struct page_run *const *list = arg;

    return *list == NULL;
}

void page_runs_wait(struct inode *inode)
{
    while (left != NULL)
        blk_wait(left->dev, list_is_done, &left, 1, WAIT_FOREVER, false);
    while (inode->ahead != NULL)
        blk_wait(inode->ahead->dev, list_is_done, &inode->ahead, 1, WAIT_FOREVER, false);
}
