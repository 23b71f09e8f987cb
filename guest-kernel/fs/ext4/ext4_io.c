/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_io.c - pages to sectors, in as few disk requests as the layout allows. Nobody has the volume here: it is entered
 * to look where a file lies.
 */
#include "abi/errno.h"
#include "fs/ext4/ext4_change.h"
#include "lib/string.h"
#include "vfs/blk.h"
#include "vfs/pagecache.h"
#include "vfs/volume.h"

/* Where the file's block lies, and what follows in a row. A file may be longer than its blocks can be numbered. */
static int run_at(struct ext4_inode *ei, uint64_t block, uint32_t most, struct ext4_run *out)
{
    if (block > UINT32_MAX) {
        *out = (struct ext4_run){.count = most};
        return 0;
    }
    if (ext4_map_recall(ei, (uint32_t)block, most, out))
        return 0;
    bool entered = volume_enter(ei->inode.fs);
    int error = ext4_map_find(ei, (uint32_t)block, most, out);
    volume_leave(ei->inode.fs, entered);
    return error;
}

/* The bytes from `pos` up to `end`: on the disk from *sector on (0: zeros), *size of them. *room: the same where
 * nothing was written there. */
static int extent_at(struct ext4_inode *ei, uint64_t pos, uint64_t end, uint64_t *sector, uint64_t *room,
                     uint64_t *size)
{
    const struct ext4_fs *e4 = ext4_of(&ei->inode);
    uint64_t within = pos & (e4->block_size - 1), blocks = (within + end - pos + e4->block_size - 1) >> e4->block_shift;
    struct ext4_run run;
    int error = run_at(ei, pos >> e4->block_shift, blocks < UINT32_MAX ? (uint32_t)blocks : UINT32_MAX, &run);

    if (error != 0)
        return error;
    *size = ((uint64_t)run.count << e4->block_shift) - within;
    if (*size > end - pos)
        *size = end - pos;
    *sector = run.disk != 0 ? (run.disk << (e4->block_shift - 9)) + within / SECTOR_SIZE : 0;
    *room = run.unwritten ? (run.room << (e4->block_shift - 9)) + within / SECTOR_SIZE : 0;
    return 0;
}

struct transfer { /* of whole pages of a file */
    struct page **pages;
    uint64_t start; /* of the first one */
    uint64_t stop;  /* up to there something was read, or is zeros */
    struct blk_batch batch;
};

/* A stretch of the file that lies in a row, or is zeros. */
static int transfer_add(struct transfer *transfer, uint64_t pos, uint64_t sector, uint64_t size)
{
    int error = 0;

    while (size != 0 && error == 0) {
        struct page *page = transfer->pages[(pos - transfer->start) >> PAGE_SHIFT];
        uint64_t piece = PAGE_SIZE - (pos & PAGE_MASK);
        if (piece > size)
            piece = size;
        if (sector == 0) {
            memset((char *)page_data(page) + (pos & PAGE_MASK), 0, piece);
        } else {
            error = blk_batch_add(&transfer->batch, sector, page_phys(page) + (pos & PAGE_MASK), (uint32_t)piece);
            sector += piece / SECTOR_SIZE;
        }
        pos += piece;
        size -= piece;
    }
    return error;
}

/* False: they have left the inode by now. */
static bool read_inline(struct ext4_inode *ei, uint64_t index, struct page **pages, unsigned count, int *error)
{
    bool entered = volume_enter(ei->inode.fs), is_inline = ext4_inode_is_inline(ei);

    for (unsigned i = 0; is_inline && *error == 0 && i < count; i++)
        *error = ext4_inline_read(ei, (index + i) << PAGE_SHIFT, page_data(pages[i]), PAGE_SIZE);
    volume_leave(ei->inode.fs, entered);
    return is_inline;
}

/* Zeroes what isn't the file's: what the last sector has behind its end; and if it was made shorter meanwhile, all that
 * wasn't read, as pages within a file don't come zeroed. */
static void zero_rest(const struct transfer *transfer, uint64_t size, uint64_t end)
{
    uint64_t at = size < transfer->stop ? size : transfer->stop;

    if (at < transfer->start)
        at = transfer->start;
    for (; at < end; at = (at | PAGE_MASK) + 1)
        memset((char *)page_data(transfer->pages[(at - transfer->start) >> PAGE_SHIFT]) + (at & PAGE_MASK), 0,
               PAGE_SIZE - (at & PAGE_MASK));
}

/* Up to where there is something to read before `end`, as long as the file is now. */
static uint64_t stop_of(const struct inode *inode, uint64_t end)
{
    uint64_t last = (inode->size + SECTOR_SIZE - 1) & ~(uint64_t)(SECTOR_SIZE - 1);

    return end < last ? end : last;
}

int ext4_read_pages(struct inode *inode, uint64_t index, struct page **pages, unsigned count)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    struct transfer transfer;
    uint64_t pos = index << PAGE_SHIFT, end = pos + ((uint64_t)count << PAGE_SHIFT), later;
    int error = 0;

    transfer.pages = pages;
    transfer.start = pos;
    transfer.stop = stop_of(inode, end);
    transfer.batch.dev = ext4_of(inode)->dev;
    transfer.batch.write = false;
    transfer.batch.count = 0;
    if (!ext4_inode_is_inline(ei) || !read_inline(ei, index, pages, count, &error)) {
        while (error == 0 && pos < transfer.stop) {
            uint64_t sector = 0, room, size = 0;
            error = extent_at(ei, pos, transfer.stop, &sector, &room, &size);
            if (error == 0)
                error = transfer_add(&transfer, pos, sector, size);
            pos += size;
            later = stop_of(inode, end); /* that was to wait: something may have been put into its middle */
            if (transfer.stop < later)
                transfer.stop = later;
        }
        if (error == 0)
            error = blk_batch_submit(&transfer.batch);
    }
    if (error == 0)
        zero_rest(&transfer, inode->size, end);
    return error;
}

/* Up to where `map` knows of it. A write may go only to blocks that are the file's whole: behind its end there are
 * zeros on the disk. */
static uint64_t end_of(const struct ext4_inode *ei, bool write)
{
    uint64_t unit = write ? ext4_of(&ei->inode)->block_size : SECTOR_SIZE;

    if (!write)
        return (ei->inode.size + unit - 1) & ~(unit - 1);
    return (ei->disk_size < ei->inode.size ? ei->disk_size : ei->inode.size) & ~(unit - 1);
}

int ext4_map(struct inode *inode, bool write, uint64_t pos, uint64_t size, struct blk_extent *out)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    uint64_t last = end_of(ei, write), room;

    *out = (struct blk_extent){.dev = ext4_of(inode)->dev};
    if (pos >= last || ext4_inode_is_inline(ei))
        return -ENODATA;
    int error = extent_at(ei, pos, size < last - pos ? pos + size : last, &out->sector, &room, &out->size);
    if (error != 0 || out->sector != 0)
        return error;
    out->sector = room;
    return -ENODATA;
}

/* ---- data and holes ---- */

/* There is room, but what is in it is in memory alone, or zeros: pages that are cached are data, as on Linux. */
static bool is_cached(const struct inode *inode, uint64_t pos, uint64_t end, uint64_t *stop)
{
    uint64_t index = pos >> PAGE_SHIFT;
    const struct page *page = pagecache_next(inode, &index, (end + PAGE_MASK) >> PAGE_SHIFT);
    bool is_here = page != NULL && index == pos >> PAGE_SHIFT;

    *stop = page == NULL ? end : (is_here ? index + 1 : index) << PAGE_SHIFT;
    if (*stop > end)
        *stop = end;
    return is_here && (page->flags & PAGE_UPTODATE);
}

/* Whether there is data at `pos`, and up to where that is so, or not. */
static int state_at(struct ext4_inode *ei, uint64_t pos, uint64_t end, bool *is_data, uint64_t *stop)
{
    unsigned shift = ext4_of(&ei->inode)->block_shift;
    uint64_t blocks = ((end - 1) >> shift) + 1 - (pos >> shift);
    struct ext4_run run;
    uint32_t count;
    int error = run_at(ei, pos >> shift, blocks < UINT32_MAX ? (uint32_t)blocks : UINT32_MAX, &run);

    if (error != 0)
        return error;
    *is_data = run.disk != 0;
    if (run.disk == 0 && !run.unwritten && pos >> shift < UINT32_MAX) {
        *is_data = ext4_delayed_at(ei, (uint32_t)(pos >> shift), &count);
        run.count = count < run.count ? count : run.count;
    }
    *stop = ((pos >> shift) + run.count) << shift;
    if (*stop > end)
        *stop = end;
    if (run.unwritten)
        *is_data = is_cached(&ei->inode, pos, *stop, stop);
    return 0;
}

int64_t ext4_seek_data(struct inode *inode, uint64_t pos, bool hole)
{
    struct ext4_inode *ei = ext4_inode_of(inode);

    if (ext4_inode_is_inline(ei))
        return hole ? (int64_t)inode->size : (int64_t)pos;
    for (uint64_t steps = 1; pos < inode->size; steps++) {
        bool is_data;
        uint64_t stop;
        int error = state_at(ei, pos, inode->size, &is_data, &stop);
        if (error != 0)
            return error;
        if (is_data != hole)
            return (int64_t)pos;
        pos = stop;
        if (steps % (WAIT_LOOP_BYTES / 256) == 0 && wait_loop_ends(true))
            return -EINTR;
    }
    return hole ? (int64_t)inode->size : -ENXIO;
}
