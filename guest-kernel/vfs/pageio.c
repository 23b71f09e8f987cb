/* SPDX-License-Identifier: Apache-2.0 */
/* pageio.c - see pageio.h. */
#include "vfs/pageio.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

#define SECTOR_MASK (SECTOR_SIZE - 1u)

_Static_assert(sizeof(struct page_run) + PAGE_RUN_MAX * (sizeof(struct page *) + sizeof(struct blk_segment)) <= 4096,
               "what kmalloc gives");

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

struct page_run *page_run_start(struct inode *inode, bool write, uint64_t index, struct page **pages, unsigned count)
{
    struct blk_extent extent;

    if (count > PAGE_RUN_MAX)
        count = PAGE_RUN_MAX;
    count = extent_of(inode, write, index, count, &extent);
    struct page_run *run =
        count != 0 ? kmalloc(sizeof(*run) + count * (sizeof(run->pages[0]) + sizeof(struct blk_segment))) : NULL;
    if (run == NULL)
        return NULL;
    struct blk_segment *segments = (struct blk_segment *)(void *)&run->pages[count];
    run->dev = extent.dev;
    run->index = index;
    run->count = count;
    memcpy(run->pages, pages, count * sizeof(run->pages[0]));
    run->request.op = write ? BLK_WRITE : BLK_READ;
    run->request.sector = extent.sector;
    run->request.segments = segments;
    run->request.count = segments_make(run, extent.size, segments);
    blk_start(run->dev, &run->request);
    return run;
}

int page_run_finish(struct page_run *run)
{
    return blk_finish(run->dev, &run->request);
}

void page_runs_spoil(struct inode *inode, uint64_t first, uint64_t end)
{
    for (struct page_run *run = inode->ahead; run != NULL; run = run->next)
        if (first < run->index + run->count && end > run->index)
            run->stale = true;
}
