/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_write.c - pages to sectors. What has no place yet gets one in the same operation that makes it part of the file,
 * after its data were written: so nobody ever sees what was in those blocks before, whenever the machine stops.
 *
 * A page is written up to the file's end, and zeros to the end of that block: on the disk there are always zeros behind
 * the end, which are in the file when it grows.
 */
#include "abi/errno.h"
#include "fs/ext4/ext4_change.h"
#include "lib/string.h"
#include "vfs/blk.h"
#include "vfs/volume.h"

#define CREDITS (EXT4_CREDITS_MAP + EXT4_CREDITS_INODE + EXT4_CREDITS_SUPER)

struct storing { /* pages in a row */
    struct ext4_inode *ei;
    struct page **pages;
    uint64_t start;   /* of the first one, in the file */
    uint64_t size;    /* the file's when this began, which may grow meanwhile */
    struct page *end; /* of the block in which the file ends: its bytes, and zeros. NULL: those of its page are right */
    struct blk_batch batch;
    struct ext4_fill fill;
};

/* ---- the last block ---- */

static struct page *page_at(const struct storing *storing, uint64_t pos)
{
    return storing->pages[(pos - storing->start) >> PAGE_SHIFT];
}

/* Nobody writes behind the end of the file meanwhile. */
static bool is_quiet(const struct storing *storing, const struct page *page)
{
    return page->map_count == 0 && storing->ei->inode.lock.owner == NULL;
}

/* The file's last page, which ends before its last block does: that is zeroed behind the end, or else a copy. */
static int end_make(struct storing *storing, uint64_t stop)
{
    uint64_t within = storing->size & PAGE_MASK;
    struct page *page;

    if (storing->size > stop || within == 0)
        return 0;
    page = page_at(storing, storing->size);
    if (is_quiet(storing, page)) {
        memset((char *)page_data(page) + within, 0, PAGE_SIZE - within);
        return 0;
    }
    storing->end = page_alloc();
    if (storing->end == NULL)
        return -ENOMEM;
    memcpy(page_data(storing->end), page_data(page), within);
    return 0;
}

/* ---- data ---- */

static const struct page *source_of(const struct storing *storing, uint64_t pos)
{
    if (storing->end != NULL && pos >> PAGE_SHIFT == storing->size >> PAGE_SHIFT)
        return storing->end;
    return page_at(storing, pos);
}

/* Blocks of the file, of which all data are in these pages, to the disk's from `disk` on. */
static int data_add(struct storing *storing, uint32_t block, uint64_t disk, uint32_t count)
{
    const struct ext4_fs *e4 = ext4_of(&storing->ei->inode);
    uint64_t pos = (uint64_t)block << e4->block_shift, end = pos + ((uint64_t)count << e4->block_shift);
    uint64_t sector = disk << (e4->block_shift - 9);
    int error = 0;

    while (error == 0 && pos < end) {
        uint64_t piece = PAGE_SIZE - (pos & PAGE_MASK);
        if (piece > end - pos)
            piece = end - pos;
        error = blk_batch_add(&storing->batch, sector, page_phys(source_of(storing, pos)) + (pos & PAGE_MASK),
                              (uint32_t)piece);
        sector += piece / SECTOR_SIZE;
        pos += piece;
    }
    return error;
}

static bool is_zero(const struct storing *storing, uint32_t block)
{
    const struct ext4_fs *e4 = ext4_of(&storing->ei->inode);
    uint64_t pos = (uint64_t)block << e4->block_shift;
    const uint64_t *words = (const void *)((const char *)page_data(source_of(storing, pos)) + (pos & PAGE_MASK));
    uint64_t any = 0;

    for (size_t i = 0; any == 0 && i < e4->block_size / sizeof(*words); i++)
        any |= words[i];
    return any == 0;
}

/* ---- the size on the disk ---- */

int ext4_large_file(struct ext4_handle *handle, uint64_t size)
{
    struct ext4_fs *e4 = handle->e4;

    if (size <= INT32_MAX || (e4->ro_compat & EXT4_RO_LARGE_FILE))
        return 0;
    int error = ext4_change_super(handle);
    if (error != 0)
        return error;
    if (e4->super.rev_level == 0) { /* which has no features */
        e4->super.rev_level = 1;
        e4->super.first_ino = EXT4_OLD_FIRST_INODE;
        e4->super.inode_size = EXT4_OLD_INODE_SIZE;
    }
    e4->ro_compat |= EXT4_RO_LARGE_FILE;
    e4->super.feature_ro_compat |= EXT4_RO_LARGE_FILE;
    return 0;
}

/* All before `block` is there. */
static int size_follow(struct ext4_handle *handle, struct storing *storing, uint32_t block)
{
    struct ext4_inode *ei = storing->ei;
    uint64_t size = (uint64_t)block << handle->e4->block_shift, was = ei->disk_size;

    if (size > storing->size)
        size = storing->size;
    if (size <= was)
        return 0;
    int error = ext4_large_file(handle, size);
    if (error != 0)
        return error;
    ei->disk_size = size;
    error = ext4_inode_store(handle, ei);
    if (error != 0)
        ei->disk_size = was;
    return error;
}

static int size_follow_alone(struct storing *storing, uint32_t block)
{
    struct ext4_inode *ei = storing->ei;
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    struct ext4_handle handle;
    int error;

    if (ei->disk_size >= storing->size || ei->disk_size >= (uint64_t)block << e4->block_shift)
        return 0;
    error = ext4_begin(e4, &handle, EXT4_CREDITS_INODE + EXT4_CREDITS_SUPER);
    if (error != 0)
        return error;
    error = size_follow(&handle, storing, block);
    ei->data_tid = ext4_tid(&handle);
    ext4_end(&handle);
    return error;
}

/* ---- places ---- */

/* The data come to a place that was chosen, and that the file doesn't have yet. */
static int data_put(struct ext4_fill *fill, const struct ext4_run *run)
{
    struct storing *storing = container_of(fill, struct storing, fill);
    int error = data_add(storing, run->start, run->disk, run->count);

    return error == 0 ? blk_batch_submit(&storing->batch) : error;
}

/* Chooses a place for the first of these blocks of the file, as many as come in a row, and fills it. */
static int place(struct storing *storing, uint32_t block, uint32_t most, unsigned flags, struct ext4_run *run)
{
    struct ext4_inode *ei = storing->ei;
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    struct ext4_handle handle;
    uint64_t before;
    int error = ext4_delayed_prepare(ei, block, block + 1);

    if (error == 0)
        error = ext4_begin(e4, &handle, CREDITS);
    if (error != 0)
        return error;
    before = e4->promises_kept; /* as others may be promised some while this waits for the disk */
    error = ext4_map_create_filled(&handle, ei, block, most, flags, &storing->fill, run);
    if (error == 0) {
        ext4_delayed_placed(ei, run->start, run->start + run->count, e4->promises_kept - before);
        error = size_follow(&handle, storing, run->start + run->count);
    }
    ext4_end(&handle);
    return error;
}

/* A hole, of which *run may become a shorter part. Where no room is promised nobody wrote (blocks smaller than pages),
 * so that there are zeros, or room could not be promised again. */
static int fill_hole(struct storing *storing, struct ext4_run *run)
{
    struct ext4_fs *e4 = ext4_of(&storing->ei->inode);
    uint32_t block = run->start, most, zeros = 0;
    bool promised = ext4_delayed_at(storing->ei, block, &most);
    unsigned tries = 0;
    int error;

    if (most > run->count)
        most = run->count;
    while (!promised && zeros < most && is_zero(storing, block + zeros))
        zeros++;
    if (zeros != 0) {
        run->count = zeros;
        return 0;
    }
    do
        error = place(storing, block, promised ? most : 1, promised ? EXT4_MAP_PROMISED : 0, run);
    while (ext4_blocks_retry(e4, error, &tries));
    return error;
}

/* Room without data: they are written, and then it is data. */
static int fill_unwritten_once(struct storing *storing, const struct ext4_run *run)
{
    struct ext4_inode *ei = storing->ei;
    struct ext4_handle handle;
    int error = ext4_begin(ext4_of(&ei->inode), &handle, CREDITS);

    if (error != 0)
        return error;
    error = data_add(storing, run->start, run->room, run->count);
    if (error == 0)
        error = blk_batch_submit(&storing->batch);
    if (error == 0)
        error = ext4_map_written(&handle, ei, run->start, run->count);
    if (error == 0)
        error = size_follow(&handle, storing, run->start + run->count);
    ei->data_tid = ext4_tid(&handle);
    ext4_end(&handle);
    return error;
}

/* A tree may have to grow for it. */
static int fill_unwritten(struct storing *storing, const struct ext4_run *run)
{
    unsigned tries = 0;
    int error;

    do
        error = fill_unwritten_once(storing, run);
    while (ext4_blocks_retry(ext4_of(&storing->ei->inode), error, &tries));
    return error;
}

static int fill_next(struct storing *storing, uint32_t block, uint32_t end, uint32_t *next)
{
    struct ext4_run run;
    int error = ext4_map_find(storing->ei, block, end - block, &run);

    if (error != 0)
        return error;
    if (run.disk != 0)
        error = data_add(storing, run.start, run.disk, run.count);
    else if (run.unwritten)
        error = fill_unwritten(storing, &run);
    else
        error = fill_hole(storing, &run);
    *next = run.start + run.count;
    return error;
}

static int store(struct storing *storing, uint64_t stop)
{
    const struct ext4_fs *e4 = ext4_of(&storing->ei->inode);
    uint32_t block = (uint32_t)(storing->start >> e4->block_shift);
    uint32_t end = (uint32_t)((stop + e4->block_size - 1) >> e4->block_shift);
    int error = 0;

    while (error == 0 && block < end)
        error = fill_next(storing, block, end, &block);
    if (error == 0)
        error = blk_batch_submit(&storing->batch);
    return error != 0 ? error : size_follow_alone(storing, end);
}

/* With the volume. */
static int store_pages(struct ext4_inode *ei, uint64_t index, struct page **pages, unsigned count)
{
    struct storing storing;
    uint64_t stop = (index + count) << PAGE_SHIFT;
    int error = ext4_leave_inode(ei);

    if (error != 0)
        return error;
    storing.ei = ei;
    storing.pages = pages;
    storing.start = index << PAGE_SHIFT;
    storing.size = ei->inode.size;
    storing.end = NULL;
    storing.batch.dev = ext4_of(&ei->inode)->dev;
    storing.batch.write = true;
    storing.batch.count = 0;
    storing.fill.put = data_put;
    if (storing.start >= storing.size)
        return 0;
    error = end_make(&storing, stop);
    if (error == 0)
        error = store(&storing, stop < storing.size ? stop : storing.size);
    if (storing.end != NULL)
        page_put(storing.end);
    return error;
}

int ext4_write_pages(struct inode *inode, uint64_t index, struct page **pages, unsigned count)
{
    bool entered = volume_enter(inode->fs);
    int error = store_pages(ext4_inode_of(inode), index, pages, count);

    volume_leave(inode->fs, entered);
    return error;
}
