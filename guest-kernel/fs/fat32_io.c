/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fat32_io.c - pages to sectors and back, in as few disk requests as the layout allows.
 *
 * FAT has no holes. A file that grew without being written has clusters with anything in them; `valid` says where
 * that begins. Up to there is read from the disk, beyond it is zeros, and fat_zero_until makes that so on the disk.
 */
#include "abi/errno.h"
#include "fs/fat32.h"
#include "lib/string.h"
#include "vfs/volume.h"

static uint64_t round_up(uint64_t value, uint64_t to)
{
    return (value + to - 1) & ~(to - 1);
}

/* Where the file's memory for a position is: one of the pages of a row, or the same page over and over. */
struct memory {
    struct page **pages;
    uint64_t first; /* index of pages[0] */
    struct page *always;
};

static paddr_t memory_at(const struct memory *memory, uint64_t pos)
{
    struct page *page = memory->always != NULL ? memory->always : memory->pages[(pos >> PAGE_SHIFT) - memory->first];

    return page_phys(page) + (pos & PAGE_MASK);
}

/* Adds `size` bytes at `pos`, which lie in a row from `sector` on. */
static int add_run(struct blk_batch *batch, const struct memory *memory, uint64_t pos, uint64_t sector, uint64_t size)
{
    int error = 0;

    while (size != 0 && error == 0) {
        uint64_t piece = PAGE_SIZE - (pos & PAGE_MASK);
        if (piece > size)
            piece = size;
        error = blk_batch_add(batch, sector, memory_at(memory, pos), (uint32_t)piece);
        pos += piece;
        sector += piece / SECTOR_SIZE;
        size -= piece;
    }
    return error;
}

/* A transfer doesn't hold the volume, unless its caller does: it is to follow the chain only. */
static int clusters_at(struct fat_inode *fi, uint32_t n, uint32_t max, uint32_t *disk, uint32_t *count)
{
    if (fat_chain_recall(fi, n, max, disk, count))
        return 0;
    bool entered = volume_enter(fi->inode.fs);
    int error = fat_chain_map(fi, n, max, disk, count);
    volume_leave(fi->inode.fs, entered);
    return error;
}

/* Where the file's sectors from `pos` on lie, and how many bytes in a row, up to `end`. */
static int extent_at(struct fat_inode *fi, uint64_t pos, uint64_t end, uint64_t *sector, uint64_t *size)
{
    struct fat_fs *fat = fat_of(&fi->inode);
    uint64_t within = pos & ((1ull << fat->cluster_shift) - 1);
    uint32_t disk, count;
    int error = clusters_at(fi, (uint32_t)(pos >> fat->cluster_shift), fat_clusters_for(fat, within + end - pos), &disk,
                            &count);

    if (error != 0)
        return error == -ENODATA ? fat_damaged(fat, "a file is longer than its chain") : error;
    *size = ((uint64_t)count << fat->cluster_shift) - within;
    if (*size > end - pos)
        *size = end - pos;
    *sector = fat->data_sector + (uint64_t)(disk - FAT_FIRST_CLUSTER) * fat->cluster_sectors + within / SECTOR_SIZE;
    return 0;
}

/* Moves the whole sectors [pos, end) of the file. */
static int transfer(struct fat_inode *fi, bool write, uint64_t pos, uint64_t end, const struct memory *memory)
{
    struct fat_fs *fat = fat_of(&fi->inode);
    struct blk_batch batch;
    int error = 0;

    batch.dev = fat->dev;
    batch.write = write;
    batch.count = 0;
    while (pos < end && error == 0) {
        uint64_t sector = 0, size = 0;
        error = extent_at(fi, pos, end, &sector, &size);
        if (error != 0)
            return error;
        error = add_run(&batch, memory, pos, sector, size);
        pos += size;
    }
    return error != 0 ? error : blk_batch_submit(&batch);
}

/* Zeroes what is not the file's in pages that were read up to the sector of `valid`. */
static void zero_invalid(uint64_t valid, uint64_t size, uint64_t index, struct page **pages, unsigned count)
{
    uint64_t start = index << PAGE_SHIFT;

    for (unsigned i = 0; i < count; i++, start += PAGE_SIZE) {
        uint64_t from = valid > start ? valid : start, to = start + PAGE_SIZE;
        if (to > size) /* came zeroed, so only what the last sector brought matters */
            to = round_up(valid, SECTOR_SIZE);
        if (from < to)
            memset((char *)page_data(pages[i]) + (from - start), 0, to - from);
    }
}

static int mark_dirty(struct fat_fs *fat)
{
    if (fat->marked_dirty)
        return 0;
    bool entered = volume_enter(&fat->fs);
    int error = fat_mark_dirty(fat);
    volume_leave(&fat->fs, entered);
    return error;
}

/* Up to `valid` the disk has what the file has: for a reader to the end of that sector, if the file ends there, which a
 * writer would have to fill. */
static uint64_t valid_end(const struct fat_inode *fi, bool write)
{
    bool is_whole = !write && fi->valid >= fi->inode.size;

    return is_whole ? round_up(fi->valid, SECTOR_SIZE) : fi->valid & ~(uint64_t)(SECTOR_SIZE - 1);
}

int fat_map(struct inode *inode, bool write, uint64_t pos, uint64_t size, struct blk_extent *out)
{
    struct fat_inode *fi = fat_inode_of(inode);
    struct fat_fs *fat = fat_of(inode);
    int error = write ? mark_dirty(fat) : 0;
    uint64_t valid = valid_end(fi, write);

    if (error != 0)
        return error;
    if (pos >= valid)
        return -ENODATA;
    out->dev = fat->dev;
    error = extent_at(fi, pos, size < valid - pos ? pos + size : valid, &out->sector, &out->size);
    if (error != 0)
        return error;
    valid = valid_end(fi, write); /* it may be less by now: to follow the chain is to wait */
    if (pos >= valid)
        return -ENODATA;
    if (out->size > valid - pos)
        out->size = valid - pos;
    return 0;
}

int fat_read_pages(struct inode *inode, uint64_t index, struct page **pages, unsigned count)
{
    struct fat_inode *fi = fat_inode_of(inode);
    uint64_t start = index << PAGE_SHIFT, end = start + count * PAGE_SIZE;
    uint64_t valid = fi->valid, size = inode->size; /* as they are now: what grows meanwhile is zero, or cached */
    uint64_t stop = round_up(valid, SECTOR_SIZE);
    struct memory memory = {pages, index, NULL};
    int error = transfer(fi, false, start, end < stop ? end : stop, &memory);

    if (error == 0 && end > valid)
        zero_invalid(valid, size, index, pages, count);
    return error;
}

int fat_write_pages(struct inode *inode, uint64_t index, struct page **pages, unsigned count)
{
    struct fat_inode *fi = fat_inode_of(inode);
    uint64_t start = index << PAGE_SHIFT, end = start + count * PAGE_SIZE;
    struct memory memory = {pages, index, NULL};

    if (end > inode->size)
        end = inode->size;
    int error = fat_mark_dirty(fat_of(inode));
    if (error == 0 && start > fi->valid)
        error = fat_zero_until(fi, start);
    if (error == 0)
        error = transfer(fi, true, start, round_up(end, SECTOR_SIZE), &memory);
    if (error == 0 && end > fi->valid)
        fi->valid = end;
    return error;
}

/* Zeroes the rest of the sector that `valid` lies in. */
static int zero_sector_tail(struct fat_inode *fi)
{
    uint64_t used = fi->valid % SECTOR_SIZE, pos = fi->valid - used;

    if (used == 0)
        return 0;
    struct page *page = page_alloc_dirty();
    if (page == NULL)
        return -ENOMEM;
    struct memory memory = {NULL, 0, page};
    int error = transfer(fi, false, pos, pos + SECTOR_SIZE, &memory);
    if (error == 0) {
        memset((char *)page_data(page) + (pos & PAGE_MASK) + used, 0, SECTOR_SIZE - used);
        error = transfer(fi, true, pos, pos + SECTOR_SIZE, &memory);
    }
    page_put(page);
    return error;
}

int fat_zero_until(struct fat_inode *fi, uint64_t end)
{
    struct fat_fs *fat = fat_of(&fi->inode);

    if (fi->valid >= end)
        return 0;
    if (fat->zero == NULL)
        fat->zero = page_alloc();
    if (fat->zero == NULL)
        return -ENOMEM;
    int error = fat_mark_dirty(fat);
    if (error == 0)
        error = zero_sector_tail(fi);
    struct memory memory = {NULL, 0, fat->zero};
    if (error == 0)
        error = transfer(fi, true, round_up(fi->valid, SECTOR_SIZE), round_up(end, SECTOR_SIZE), &memory);
    if (error == 0)
        fi->valid = end;
    return error;
}

/* ---- the FAT itself ---- */

static int table_transfer(struct fat_fs *fat, bool write, uint32_t copy, uint64_t index, struct page **pages,
                          unsigned count)
{
    uint64_t first = index * (PAGE_SIZE / SECTOR_SIZE), left = fat->fat_sectors - first;
    uint64_t size = count * PAGE_SIZE;
    struct memory memory = {pages, index, NULL};
    struct blk_batch batch;

    batch.dev = fat->dev;
    batch.write = write;
    batch.count = 0;
    if (size > left * SECTOR_SIZE)
        size = left * SECTOR_SIZE;
    uint64_t sector = fat->fat_sector + (uint64_t)copy * fat->fat_sectors + first;
    int error = add_run(&batch, &memory, index << PAGE_SHIFT, sector, size);
    return error != 0 ? error : blk_batch_submit(&batch);
}

int fat_table_read(struct inode *inode, uint64_t index, struct page **pages, unsigned count)
{
    struct fat_fs *fat = fat_of(inode);

    return table_transfer(fat, false, fat->only_fat < 0 ? 0 : (uint32_t)fat->only_fat, index, pages, count);
}

int fat_table_write(struct inode *inode, uint64_t index, struct page **pages, unsigned count)
{
    struct fat_fs *fat = fat_of(inode);
    int error = fat_mark_dirty(fat);

    for (uint32_t copy = 0; error == 0 && copy < fat->fat_count; copy++) {
        if (fat->only_fat < 0 || (uint32_t)fat->only_fat == copy)
            error = table_transfer(fat, true, copy, index, pages, count);
    }
    return error;
}
