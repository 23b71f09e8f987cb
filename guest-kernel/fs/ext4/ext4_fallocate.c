/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_fallocate.c - fallocate(2): room without data, holes, zeros; and parts that are taken out of a file or put in
 * between. The caller has the inode's lock, nobody has the volume.
 *
 * Mappings and readers come in between. So what the cache holds of a range that becomes a hole goes twice: before its
 * blocks change, or it would be written to what isn't the file's any more, and after, as somebody may have read the old
 * bytes meanwhile. Where parts of the file move nobody gets a page meanwhile (rest_store).
 */
#include "abi/errno.h"
#include "core/clock.h"
#include "fs/ext4/ext4_change.h"
#include "lib/string.h"
#include "vfs/pagecache.h"
#include "vfs/volume.h"

/* ---- room ---- */

/* In one operation, and with it the size, unless `size` is 0: up to there the file may grow. */
static int room_add(struct ext4_inode *ei, uint32_t block, uint32_t most, bool promised, uint64_t size,
                    struct ext4_run *run)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    uint64_t before, end;
    struct ext4_handle handle;
    int error = ext4_begin(e4, &handle, EXT4_CREDITS_MAP + EXT4_CREDITS_INODE + EXT4_CREDITS_SUPER);

    if (error != 0)
        return error;
    before = e4->promises_kept;
    error = ext4_map_create(&handle, ei, block, most, EXT4_MAP_UNWRITTEN | (promised ? EXT4_MAP_PROMISED : 0), run);
    if (error == 0) {
        ext4_delayed_placed(ei, run->start, run->start + run->count, e4->promises_kept - before);
        end = (uint64_t)(run->start + run->count) << e4->block_shift;
        end = end < size ? end : size;
        error = ext4_large_file(&handle, end);
        if (error == 0 && end > ei->inode.size) {
            ei->inode.size = ei->disk_size = end;
            error = ext4_inode_store(&handle, ei);
        }
        ei->data_tid = ext4_tid(&handle);
    }
    ext4_end(&handle);
    return error;
}

/* With the volume. *next: behind what is there, or was made. */
static int room_step(struct ext4_inode *ei, uint32_t block, uint32_t end, uint64_t size, uint32_t *next)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    struct ext4_run run;
    unsigned tries = 0;
    int error = ext4_map_find(ei, block, end - block, &run);

    if (error == 0 && run.disk == 0 && !run.unwritten) {
        uint32_t count;
        bool promised = ext4_delayed_at(ei, block, &count);
        count = count < run.count ? count : run.count;
        error = ext4_delayed_prepare(ei, block, block + 1);
        if (error == 0)
            do
                error = room_add(ei, block, count, promised, size, &run);
            while (ext4_room_retry(e4, error, &tries));
    }
    *next = error == 0 ? run.start + run.count : block;
    return error;
}

/* The size, if all was there already. */
static int size_set(struct ext4_inode *ei, uint64_t size)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    struct ext4_handle handle;
    int error = ext4_begin(e4, &handle, EXT4_CREDITS_INODE + EXT4_CREDITS_SUPER);

    if (error != 0)
        return error;
    error = ext4_large_file(&handle, size);
    if (error == 0) {
        ei->inode.size = ei->disk_size = size;
        error = ext4_inode_store(&handle, ei);
    }
    ei->data_tid = ext4_tid(&handle);
    ext4_end(&handle);
    return error;
}

static int room_make(struct ext4_inode *ei, uint64_t pos, uint64_t end, bool keep_size)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    uint32_t block = (uint32_t)(pos >> e4->block_shift);
    uint32_t last = (uint32_t)((end + e4->block_size - 1) >> e4->block_shift);
    uint64_t was = ei->inode.size, size = keep_size || end <= was ? 0 : end;
    int error = 0;

    if (size != 0)
        pagecache_grow(&ei->inode);
    while (error == 0 && block < last) {
        bool entered = volume_enter(&e4->fs);
        error = room_step(ei, block, last, size, &block);
        volume_leave(&e4->fs, entered);
        if (error == 0 && block < last && wait_loop_ends(true))
            error = -EINTR;
    }
    if (error == 0 && size > ei->inode.size) {
        bool entered = volume_enter(&e4->fs);
        error = size_set(ei, size);
        volume_leave(&e4->fs, entered);
    }
    if (ei->inode.size > was)
        pagecache_grown(&ei->inode, was);
    return error;
}

/* ---- holes ---- */

/* The bytes [pos, end) of one page become zeros. What isn't on the disk is zeros already, or in the cache. */
static int part_zero(struct inode *inode, uint64_t pos, uint64_t end)
{
    struct page *page;
    int error;

    if (pos >= end || pos >= inode->size)
        return 0;
    error = pagecache_get(inode, pos >> PAGE_SHIFT, 1, &page);
    if (error != 0)
        return error;
    memset((char *)page_data(page) + (pos & PAGE_MASK), 0, end - pos);
    pagecache_mark_dirty(inode, pos >> PAGE_SHIFT, page);
    page_put(page);
    return 0;
}

/* Those parts of pages at both ends. */
static int ends_zero(struct inode *inode, uint64_t pos, uint64_t end)
{
    uint64_t first = (pos + PAGE_MASK) & ~(uint64_t)PAGE_MASK, last = end & ~(uint64_t)PAGE_MASK;
    int error;

    if (first > last) /* all in one page */
        return part_zero(inode, pos, end);
    error = part_zero(inode, pos, first);
    return error != 0 ? error : part_zero(inode, last, end);
}

static bool is_direct(const struct inode *inode)
{
    return inode->direct_count != 0 || inode->direct_preparing != 0;
}

/* Whole blocks go. Not while a transfer past the cache may know of them, as somebody else may have them soon: who
 * begins one from here on asks where they lie, and waits for the volume. */
static int blocks_remove(struct ext4_inode *ei, uint64_t pos, uint64_t end)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    uint64_t first = (pos + e4->block_size - 1) >> e4->block_shift, last = end >> e4->block_shift;
    int error;

    if (first >= last)
        return 0;
    bool entered = volume_enter(&e4->fs);
    while (is_direct(&ei->inode)) { /* one came meanwhile */
        volume_leave(&e4->fs, entered);
        direct_wait(&ei->inode);
        entered = volume_enter(&e4->fs);
    }
    ei->last.count = 0;
    ext4_delayed_drop(ei, (uint32_t)first, (uint32_t)last);
    error = ext4_map_remove(ei, (uint32_t)first, (uint32_t)last);
    volume_leave(&e4->fs, entered);
    return error;
}

/* Who asked where the file lies asks again. */
static void moves(struct inode *inode)
{
    inode->cuts++;
    direct_wait(inode);
}

/* What would have made the file longer on the disk went before it got there. */
static int size_keep(struct ext4_inode *ei, uint64_t end)
{
    int error;

    if (end < ei->inode.size || ei->disk_size >= ei->inode.size)
        return 0;
    bool entered = volume_enter(ei->inode.fs);
    error = size_set(ei, ei->inode.size);
    volume_leave(ei->inode.fs, entered);
    return error;
}

static int punch(struct ext4_inode *ei, uint64_t pos, uint64_t end)
{
    struct inode *inode = &ei->inode;
    uint64_t last = (inode->size + PAGE_MASK) & ~(uint64_t)PAGE_MASK;
    uint64_t first_page = (pos + PAGE_MASK) >> PAGE_SHIFT;
    int error;

    if (pos >= inode->size)
        return 0;
    if (end > last)
        end = last;
    moves(inode);
    error = ends_zero(inode, pos, end);
    if (error != 0)
        return error;
    pagecache_forget(inode, first_page, end >> PAGE_SHIFT);
    error = blocks_remove(ei, pos, end);
    pagecache_forget(inode, first_page, end >> PAGE_SHIFT);
    inode->cuts++; /* a fault may have found blocks that went meanwhile */
    return error != 0 ? error : size_keep(ei, end);
}

static int zero(struct ext4_inode *ei, uint64_t pos, uint64_t end, bool keep_size)
{
    int error = punch(ei, pos, end);

    return error != 0 ? error : room_make(ei, pos, end, keep_size);
}

/* ---- parts that go out of the middle, or come in ---- */

/* The volume is entered when all that the cache had from `pos` on is on the disk, no page of it is in the cache nor in
 * a mapping, and no transfer past the cache is on its way: who wants one has to ask where it lies, and waits for the
 * volume until all has moved. What a mapping writes until then goes with its bytes. */
static int rest_store(struct ext4_inode *ei, uint64_t pos, bool *entered)
{
    struct inode *inode = &ei->inode;

    for (;;) {
        uint64_t index = pos >> PAGE_SHIFT;
        moves(inode);
        int error = pagecache_write_back(inode);
        if (error != 0)
            return error;
        pagecache_forget_stored(inode, index, UINT64_MAX);
        *entered = volume_enter(inode->fs);
        if (pagecache_next(inode, &index, UINT64_MAX) == NULL && !is_direct(inode))
            break;
        volume_leave(inode->fs, *entered); /* one came meanwhile */
        if (wait_loop_ends(true))
            return -EINTR;
    }
    ei->last.count = 0;
    return 0;
}

static bool is_aligned(const struct ext4_fs *e4, uint64_t pos, uint64_t size)
{
    return ((pos | size) & (e4->block_size - 1)) == 0;
}

static int collapse(struct ext4_inode *ei, uint64_t pos, uint64_t size)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    struct inode *inode = &ei->inode;
    uint32_t first = (uint32_t)(pos >> e4->block_shift), count = (uint32_t)(size >> e4->block_shift);
    bool entered;
    int error;

    if (!is_aligned(e4, pos, size) || pos + size >= inode->size)
        return -EINVAL;
    error = rest_store(ei, pos, &entered);
    if (error != 0)
        return error;
    ext4_delayed_drop(ei, first, UINT32_MAX);
    error = ext4_map_remove(ei, first, first + count);
    if (error == 0)
        error = ext4_map_shift(ei, first + count, count, false);
    if (error == 0)
        error = size_set(ei, inode->size - size);
    inode->cuts++; /* what was promised to a fault, or found, isn't so any more */
    volume_leave(&e4->fs, entered);
    return error;
}

static int insert(struct ext4_inode *ei, uint64_t pos, uint64_t size)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    struct inode *inode = &ei->inode;
    bool entered;
    int error;

    if (!is_aligned(e4, pos, size) || pos >= inode->size)
        return -EINVAL;
    if (size > ext4_size_most(&ei->inode) - inode->size)
        return -EFBIG;
    error = rest_store(ei, pos, &entered);
    if (error != 0)
        return error;
    ext4_delayed_drop(ei, (uint32_t)(pos >> e4->block_shift), UINT32_MAX);
    error = size_set(ei, inode->size + size); /* first: nothing is ever behind the end */
    if (error == 0)
        error = ext4_map_shift(ei, (uint32_t)(pos >> e4->block_shift), (uint32_t)(size >> e4->block_shift), true);
    inode->cuts++;
    volume_leave(&e4->fs, entered);
    return error;
}

/* ---- all ---- */

static int allocate(struct ext4_inode *ei, uint32_t mode, uint64_t pos, uint64_t size)
{
    bool keep_size = mode & FALLOC_FL_KEEP_SIZE;

    switch (mode & ~(uint32_t)FALLOC_FL_KEEP_SIZE) {
    case FALLOC_FL_PUNCH_HOLE:
        return punch(ei, pos, pos + size);
    case FALLOC_FL_COLLAPSE_RANGE:
        return collapse(ei, pos, size);
    case FALLOC_FL_INSERT_RANGE:
        return insert(ei, pos, size);
    case FALLOC_FL_ZERO_RANGE:
        return zero(ei, pos, pos + size, keep_size);
    default:
        return room_make(ei, pos, pos + size, keep_size);
    }
}

int ext4_allocate(struct inode *inode, uint32_t mode, uint64_t pos, uint64_t size)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    int error;

    if (mode & ~(uint32_t)(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE |
                           FALLOC_FL_ZERO_RANGE | FALLOC_FL_INSERT_RANGE))
        return -EOPNOTSUPP;
    if (pos + size > ext4_size_most(&ei->inode))
        return -EFBIG;
    error = ext4_leave_inode(ei);
    if (error != 0)
        return error;
    if (!(mode & FALLOC_FL_PUNCH_HOLE) && !(ei->flags & EXT4_EXTENTS_FL))
        return -EOPNOTSUPP;
    error = ext4_cut_finish(ei);
    if (error == 0)
        error = allocate(ei, mode, pos, size);
    if (error != 0)
        return error;
    inode->mtime = inode->ctime = (int64_t)clock_realtime_ns();
    inode_mark_dirty(inode);
    return 0;
}
