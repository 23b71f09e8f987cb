/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_truncate.c - files get shorter, or longer. The size on the disk goes first, with the file in the list of
 * orphans: after a crash somewhere in the middle the next mount takes what is behind the end away.
 */
#include "abi/errno.h"
#include "fs/ext4/ext4_change.h"
#include "lib/string.h"
#include "vfs/blk.h"
#include "vfs/flusher.h"
#include "vfs/pagecache.h"
#include "vfs/volume.h"

static uint32_t blocks_for(const struct ext4_fs *e4, uint64_t size)
{
    uint64_t blocks = (size + e4->block_size - 1) >> e4->block_shift;

    return blocks < UINT32_MAX ? (uint32_t)blocks : UINT32_MAX; /* a damaged size may be beyond what can be numbered */
}

/* The size as it is from now on, in memory too. What would be between is zeros, whether or not its data get there. */
static int grow(struct ext4_inode *ei, uint64_t size)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    uint64_t was = ei->disk_size;
    struct ext4_handle handle;
    int error = ext4_leave_inode(ei);

    if (error == 0)
        error = ext4_begin(e4, &handle, EXT4_CREDITS_INODE + EXT4_CREDITS_SUPER);
    if (error != 0)
        return error;
    error = ext4_large_file(&handle, size);
    if (error == 0) {
        ei->disk_size = size;
        error = ext4_inode_store(&handle, ei);
    }
    if (error == 0)
        ei->inode.size = size;
    else
        ei->disk_size = was;
    ei->data_tid = ext4_tid(&handle);
    ext4_end(&handle);
    return error;
}

/* ---- shorter ---- */

/* Writes the file's last block, as `page` has it, with zeros behind the end, which lies within. */
static int tail_write(struct ext4_inode *ei, const struct page *page, uint64_t size)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    uint64_t start = size & ~(uint64_t)(e4->block_size - 1);
    struct ext4_run run;
    int error = ext4_map_find(ei, (uint32_t)(start >> e4->block_shift), 1, &run);

    if (error != 0 || run.disk == 0)
        return error;
    struct page *copy = page_alloc(); /* as a mapping may write to the page */
    if (copy == NULL)
        return -ENOMEM;
    memcpy(page_data(copy), (const char *)page_data(page) + (start & PAGE_MASK), size - start);
    const struct blk_segment segment = {page_phys(copy), e4->block_size};
    error = blk_transfer(e4->dev, true, run.disk << (e4->block_shift - 9), &segment, 1);
    page_put(copy);
    return error;
}

/* The size, and the file is an orphan for as long as there is something behind it. */
static int size_store(struct ext4_inode *ei, const struct page *tail, uint64_t size)
{
    struct ext4_handle handle;
    int error = ext4_begin(ext4_of(&ei->inode), &handle, EXT4_CREDITS_ORPHAN + EXT4_CREDITS_INODE + EXT4_CREDITS_SUPER);

    if (error != 0)
        return error;
    error = ext4_orphan_add(&handle, ei);
    if (error == 0 && tail != NULL)
        error = tail_write(ei, tail, size);
    int stored = ext4_large_file(&handle, size);
    ei->disk_size = size;
    if (stored == 0)
        stored = ext4_inode_store(&handle, ei);
    ei->data_tid = ext4_tid(&handle);
    ext4_end(&handle);
    return error != 0 ? error : stored;
}

/* All is gone that had to. One without a name stays an orphan. */
static int settle(struct ext4_inode *ei)
{
    struct ext4_handle handle;
    int error;

    if (ei->inode.links == 0)
        return 0;
    error = ext4_begin(ext4_of(&ei->inode), &handle, EXT4_CREDITS_ORPHAN + EXT4_CREDITS_INODE);
    if (error != 0)
        return error;
    error = ext4_orphan_remove(&handle, ei);
    if (error == 0)
        error = ext4_inode_store(&handle, ei);
    ei->data_tid = ext4_tid(&handle);
    ext4_end(&handle);
    return error;
}

/* Whether something of the file lies on the disk behind `size`: *is. */
static int has_rest(struct ext4_inode *ei, uint64_t size, bool *is)
{
    uint32_t first = blocks_for(ext4_of(&ei->inode), size);
    struct ext4_run run;
    int error;

    *is = ei->disk_size > size || ei->is_uncut;
    if (*is)
        return 0;
    error = ext4_map_find(ei, first, UINT32_MAX - first, &run);
    *is = error == 0 && (run.disk != 0 || run.unwritten || run.count < UINT32_MAX - first);
    return error;
}

static int shrink_stored(struct ext4_inode *ei, const struct page *tail, uint64_t size)
{
    uint32_t first = blocks_for(ext4_of(&ei->inode), size);
    bool is;
    int error = has_rest(ei, size, &is), cut;

    if (error != 0 || (!is && ei->disk_size == size))
        return error;
    if (!is)
        return grow(ei, size);
    error = size_store(ei, tail, size);
    if (error == -EROFS)
        return error;
    cut = ext4_map_remove(ei, first, UINT32_MAX);
    if (cut == 0)
        cut = settle(ei);
    return error != 0 ? error : cut;
}

/* The page that the file ends in, if what is behind the end has to be zeroed on the disk. */
static int tail_get(struct ext4_inode *ei, uint64_t size, struct page **out)
{
    *out = NULL;
    if (size > ext4_size_most(&ei->inode)) /* nothing can lie there */
        return 0;
    if ((size & (ext4_of(&ei->inode)->block_size - 1)) == 0 || (ei->disk_size <= size && !ei->is_uncut))
        return 0;
    return pagecache_get(&ei->inode, size >> PAGE_SHIFT, 1, out);
}

static int shrink(struct ext4_inode *ei, uint64_t size)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    struct page *tail;
    int error = ext4_leave_inode(ei), tail_error;

    ei->is_uncut |= error != 0;
    if (error != 0)
        return error;
    if (size == 0 && ei->disk_size != 0)
        ei->flush_at_close = true;
    ext4_delayed_drop(ei, blocks_for(e4, size), UINT32_MAX);
    tail_error = tail_get(ei, size, &tail);
    bool entered = volume_enter(&e4->fs);
    error = shrink_stored(ei, tail, size);
    volume_leave(&e4->fs, entered);
    if (tail != NULL)
        page_put(tail);
    if (error == 0)
        error = tail_error;
    ei->is_uncut = error != 0;
    return error;
}

int ext4_cut_finish(struct ext4_inode *ei)
{
    return ei->is_uncut ? shrink(ei, ei->inode.size) : 0;
}

int ext4_truncate(struct inode *inode, uint64_t size)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    struct ext4_fs *e4 = ext4_of(inode);

    if (size <= inode->size)
        return shrink(ei, size);
    if (size > ext4_size_most(&ei->inode))
        return -EFBIG;
    int error = ext4_cut_finish(ei);
    if (error != 0)
        return error;
    bool entered = volume_enter(&e4->fs);
    error = grow(ei, size);
    volume_leave(&e4->fs, entered);
    return error;
}

/* Its new data would be on the disk only after a while, and the old ones are gone: programs that replace a file so
 * don't expect to find it empty after a crash. */
void ext4_closed(struct inode *inode)
{
    struct ext4_inode *ei = ext4_inode_of(inode);

    if (!ei->flush_at_close)
        return;
    ei->flush_at_close = false;
    if (inode->dirty)
        flusher_wake();
}
