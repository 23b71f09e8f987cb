/* SPDX-License-Identifier: Apache-2.0 */
/*
 * direct.c - transfers between a program's memory and the disk, past the page cache (O_DIRECT); many at a time for who
 * wants that (file_start).
 *
 * What the cache holds stays true: dirty pages are stored before their place on the disk is read, and pages that are
 * written over take the new bytes, when the transfer starts and once more when it ends, as a reader may have brought
 * the old ones back in between; of one that is being filled then nobody knows which it gets, so it is not kept. The
 * program's pages are held until the disk is done with them.
 *
 * The file's blocks stay where they are until a transfer has ended: who is about to take some away has inode->lock,
 * which a write has while it starts, makes the file shorter first, and waits for those that were before (direct_wait).
 */
#include "abi/errno.h"
#include "core/clock.h"
#include "core/wait.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/usercopy.h"
#include "vfs/blk.h"
#include "vfs/inode_fixed.h"
#include "vfs/pagecache.h"
#include "vfs/pagewait.h"

#define SECTOR_MASK (SECTOR_SIZE - 1u)
#define CHUNK_PAGES 64u

struct chunk { /* what goes in one request: sectors in a row */
    struct blk_request request;
    struct direct *direct;
    struct chunk *next;
    uint64_t pos; /* in the file */
    unsigned count, slots;
    struct blk_segment segment[];
};

struct direct {
    struct file_io *io;
    struct inode *inode;
    struct chunk *chunks;
    bool write;
    unsigned left; /* chunks that have not ended, and one more while they are started */
    int64_t result;
};

/* ---- the program's memory ---- */

static void segment_release(const struct blk_segment *segment)
{
    paddr_t end = segment->addr + segment->size;

    for (paddr_t at = segment->addr & ~PAGE_MASK; at < end; at += PAGE_SIZE)
        page_put(page_of(at));
}

static void chunk_free(struct chunk *chunk)
{
    for (unsigned i = 0; i < chunk->count; i++)
        segment_release(&chunk->segment[i]);
    kfree(chunk);
}

/* Takes over the reference to the page. Each segment holds one for each page that it touches. */
static void chunk_add(struct chunk *chunk, struct page *page, uint32_t offset, uint32_t size)
{
    struct blk_segment *last = chunk->count != 0 ? &chunk->segment[chunk->count - 1] : NULL;
    paddr_t addr = page_phys(page) + offset;

    if (last != NULL && last->addr + last->size == addr) {
        if (offset != 0)
            page_put(page);
        last->size += size;
        return;
    }
    chunk->segment[chunk->count++] = (struct blk_segment){addr, size};
}

/* Moves the next piece of the buffers, up to `size` bytes within one page, to the chunk. Its size, or -EFAULT; or
 * -ENOTBLK: it is no memory of this machine, so that the disk doesn't reach it. */
static int64_t chunk_take(struct chunk *chunk, struct iter *at, uint64_t size, bool write)
{
    uaddr_t base = iter_base(at);
    uint64_t room = PAGE_SIZE - (base & PAGE_MASK), in_segment = at->segment->length - at->offset;
    struct page *page;

    if (size > room)
        size = room;
    if (size > in_segment)
        size = in_segment;
    int error = user_page_get(base, !write, &page);
    if (error != 0)
        return error;
    if (page->flags & PAGE_WINDOW) {
        page_put(page);
        return -ENOTBLK;
    }
    chunk_add(chunk, page, base & PAGE_MASK, (uint32_t)size);
    iter_skip(at, size);
    return (int64_t)size;
}

/* ---- what the cache holds ---- */

static bool range_is_cached(const struct inode *inode, uint64_t pos, uint64_t end)
{
    uint64_t index = pos >> PAGE_SHIFT;

    return pagecache_next(inode, &index, (end + PAGE_MASK) >> PAGE_SHIFT) != NULL;
}

/* The bytes of one segment, which go to `pos`, in the pages that are there. */
static void update_segment(struct inode *inode, uint64_t pos, const struct blk_segment *segment)
{
    for (uint32_t done = 0; done < segment->size; done += SECTOR_SIZE) { /* none crosses a page, on either side */
        struct page *page = pagecache_find_any(inode, (pos + done) >> PAGE_SHIFT);
        if (page == NULL)
            continue;
        if (!(page->flags & PAGE_UPTODATE))
            page->flags |= PAGE_STALE;
        memcpy((char *)page_data(page) + ((pos + done) & PAGE_MASK), phys_to_virt(segment->addr + done), SECTOR_SIZE);
        page_put(page);
    }
}

static uint64_t chunk_size(const struct chunk *chunk)
{
    uint64_t size = 0;

    for (unsigned i = 0; i < chunk->count; i++)
        size += chunk->segment[i].size;
    return size;
}

/* The write failed: what is to be seen is what the disk has, but where somebody is at work on a page or has changed it
 * as well. */
static void forget_cached(struct inode *inode, const struct chunk *chunk)
{
    uint64_t index = chunk->pos >> PAGE_SHIFT, last = (chunk->pos + chunk_size(chunk) + PAGE_MASK) >> PAGE_SHIFT;
    struct page *page;

    for (; (page = pagecache_next(inode, &index, last)) != NULL; index++) {
        if (pagecache_is_idle(page) && (page->map_count == 0 || object_unmap_page(&inode->object, index, page)))
            pageindex_clear(inode, index);
    }
}

static void update_cached(struct inode *inode, const struct chunk *chunk)
{
    uint64_t pos = chunk->pos;

    if (!range_is_cached(inode, pos, pos + chunk_size(chunk)))
        return;
    for (unsigned i = 0; i < chunk->count; i++) {
        update_segment(inode, pos, &chunk->segment[i]);
        pos += chunk->segment[i].size;
    }
}

/* ---- the transfer ---- */

static void direct_ended(struct direct *direct)
{
    struct file_io *io = direct->io;
    int64_t result = direct->result;

    if (--direct->left != 0)
        return;
    direct->inode->direct_count--;
    kfree(direct);
    io->done(io, result);
}

static void chunk_done(struct blk_request *request)
{
    struct chunk *chunk = container_of(request, struct chunk, request);
    struct direct *direct = chunk->direct;

    if (request->result != 0)
        direct->result = request->result;
    if (request->result == 0 && direct->write)
        update_cached(direct->inode, chunk);
    else if (direct->write)
        forget_cached(direct->inode, chunk);
    chunk_free(chunk);
    direct_ended(direct);
}

static struct chunk *chunk_create(struct direct *direct, uint64_t pos, uint64_t size)
{
    uint64_t slots = (size >> PAGE_SHIFT) + 2;

    if (slots > CHUNK_PAGES)
        slots = CHUNK_PAGES;
    struct chunk *chunk = kmalloc(sizeof(*chunk) + slots * sizeof(chunk->segment[0]));
    if (chunk == NULL)
        return NULL;
    chunk->direct = direct;
    chunk->pos = pos;
    chunk->slots = (unsigned)slots;
    chunk->next = direct->chunks;
    direct->chunks = chunk;
    return chunk;
}

/* Makes the next chunk: what lies in a row on the disk at *pos, as far as a chunk holds it. */
static int next_chunk(struct direct *direct, struct iter *at, uint64_t *pos, uint64_t end)
{
    struct blk_extent extent;
    int error = direct->inode->ops->map(direct->inode, direct->write, *pos, end - *pos, &extent);

    if (error != 0)
        return error == -ENODATA ? -ENOTBLK : error;
    struct chunk *chunk = chunk_create(direct, *pos, extent.size);
    if (chunk == NULL)
        return -ENOMEM;
    direct->io->dev = extent.dev;
    uint64_t stop = *pos + extent.size;
    while (*pos < stop && chunk->count < chunk->slots) {
        int64_t size = chunk_take(chunk, at, stop - *pos, direct->write);
        if (size < 0)
            return (int)size;
        *pos += (uint64_t)size;
    }
    chunk->request = (struct blk_request){.op = direct->write ? BLK_WRITE : BLK_READ,
                                          .sector = extent.sector,
                                          .segments = chunk->segment,
                                          .count = chunk->count,
                                          .done = chunk_done};
    return 0;
}

/* Until what of the pages from `pos` to `end` is on its way to the disk is there. Whether it had to wait: then others
 * ran, and there may be more. */
static bool wait_for_writeback(struct inode *inode, uint64_t pos, uint64_t end)
{
    uint64_t index = pos >> PAGE_SHIFT, last = (end + PAGE_MASK) >> PAGE_SHIFT;
    struct page *page;
    bool waited = false;

    for (; (page = pagecache_next(inode, &index, last)) != NULL; index++) {
        if (!(page->flags & PAGE_WRITEBACK))
            continue;
        page_get(page);
        page_wait(page, PAGE_WRITEBACK);
        page_put(page);
        waited = true;
    }
    return waited;
}

static struct wait_queue prepared; /* who waits for direct_preparing, of any inode */

static void direct_cancel(struct direct *direct)
{
    while (direct->chunks != NULL) {
        struct chunk *chunk = direct->chunks;
        direct->chunks = chunk->next;
        chunk_free(chunk);
    }
    kfree(direct);
}

static int64_t direct_run(struct direct *direct)
{
    struct chunk *next;

    direct->inode->direct_count++;
    direct->left = 1;
    for (struct chunk *chunk = direct->chunks; chunk != NULL; chunk = chunk->next)
        direct->left++;
    for (struct chunk *chunk = direct->chunks; chunk != NULL; chunk = next) {
        next = chunk->next;
        if (direct->write) {
            update_cached(direct->inode, chunk);
            blk_count(&chunk->request);
        }
        blk_start(direct->io->dev, &chunk->request);
    }
    direct_ended(direct);
    return FILE_STARTED;
}

static int64_t transfer_start(struct inode *inode, struct iter at, uint64_t pos, uint64_t end, bool write,
                              struct file_io *io, int64_t result)
{
    struct direct *direct = kmalloc(sizeof(*direct));
    uint64_t start = pos;
    int error = 0;

    if (direct == NULL)
        return -ENOMEM;
    direct->io = io;
    direct->inode = inode;
    direct->write = write;
    direct->result = result;
    inode->direct_preparing++; /* to ask where they lie is to wait, and so is a fault */
    while (error == 0 && pos < end)
        error = next_chunk(direct, &at, &pos, end);
    if (error == 0 && write) /* last, or the disk might get the older bytes after these */
        while (wait_for_writeback(inode, start, end)) {
        }
    int64_t started = error == 0 ? direct_run(direct) : error;
    if (--inode->direct_preparing == 0)
        wait_wake_all(&prepared, 0);
    if (error != 0)
        direct_cancel(direct);
    return started;
}

static bool is_aligned(const struct iter *iter, uint64_t pos)
{
    uint64_t all = pos | iter->offset;

    for (unsigned i = 0; i < iter->count; i++)
        all |= iter->segment[i].base | iter->segment[i].length;
    return !(all & SECTOR_MASK);
}

static int store_dirty(struct inode *inode, uint64_t pos, uint64_t end)
{
    bool touches =
        inode->dirty && pos >> PAGE_SHIFT <= inode->dirty_last && (end - 1) >> PAGE_SHIFT >= inode->dirty_first;

    (void)wait_for_writeback(inode, pos, end);
    return touches ? pagecache_write_back(inode) : 0;
}

static int64_t read_start(struct inode *inode, const struct iter *iter, uint64_t pos, struct file_io *io)
{
    uint64_t end = pos + iter->left;

    if (pos >= inode->size)
        return 0;
    if (end > inode->size)
        end = inode->size;
    int error = store_dirty(inode, pos, end);
    if (error != 0)
        return error;
    if (end > inode->size) /* it is shorter by now */
        return read_start(inode, iter, pos, io);
    return transfer_start(inode, *iter, pos, (end + SECTOR_MASK) & ~(uint64_t)SECTOR_MASK, false, io,
                          (int64_t)(end - pos));
}

static int64_t write_start(struct file *file, const struct iter *iter, uint64_t pos, struct file_io *io)
{
    struct inode *inode = file->inode;
    uint64_t end = pos + iter->left;

    if ((file->flags & O_APPEND) || end > inode->size || end < pos)
        return -ENOTBLK;
    int64_t result = transfer_start(inode, *iter, pos, end, true, io, (int64_t)iter->left);
    if (result == FILE_STARTED) {
        inode->mtime = inode->ctime = (int64_t)clock_realtime_ns();
        inode_mark_dirty(inode);
    }
    return result;
}

/* A write's caller has inode->lock. */
static int64_t start(struct file *file, const struct iter *iter, uint64_t pos, bool write, struct file_io *io)
{
    if (!is_aligned(iter, pos))
        return -EINVAL;
    if (iter->left == 0)
        return 0;
    if (file->inode->ops->map == NULL || !iter->user)
        return -ENOTBLK;
    return write ? write_start(file, iter, pos, io) : read_start(file->inode, iter, pos, io);
}

int64_t direct_start(struct file *file, const struct iter *iter, uint64_t pos, bool write, struct file_io *io)
{
    if (!write)
        return start(file, iter, pos, write, io);
    mutex_lock(&file->inode->lock);
    int64_t result = inode_is_fixed(file->inode) ? -EPERM : start(file, iter, pos, write, io);
    mutex_unlock(&file->inode->lock);
    return result;
}

/* ---- for those who wait ---- */

struct waited_io {
    struct file_io io;
    int64_t result;
    bool done;
};

static void waited_done(struct file_io *io, int64_t result)
{
    struct waited_io *waited = container_of(io, struct waited_io, io);

    waited->result = result;
    waited->done = true;
}

static bool waited_is_done(void *arg)
{
    const struct waited_io *waited = arg;

    return waited->done;
}

int64_t direct_transfer(struct file *file, struct iter *iter, uint64_t *pos, bool write)
{
    struct waited_io waited = {.io = {.done = waited_done}};
    int64_t result = start(file, iter, *pos, write, &waited.io);

    if (result == FILE_STARTED) {
        blk_kick(waited.io.dev);
        blk_wait(waited.io.dev, waited_is_done, &waited, 1, WAIT_FOREVER, false);
        result = waited.result;
    }
    if (result > 0)
        *pos += (uint64_t)result;
    return result;
}

static bool none_is_left(void *arg)
{
    const struct inode *inode = arg;

    return inode->direct_count == 0;
}

void direct_wait(struct inode *inode)
{
    while (inode->direct_preparing != 0)
        (void)wait_on(&prepared, WAIT_FOREVER, 0);
    if (inode->direct_count != 0)
        blk_wait(inode->fs->dev, none_is_left, inode, inode->direct_count, WAIT_FOREVER, false);
}
