/* SPDX-License-Identifier: Apache-2.0 */
/* regular.c - reading and writing regular files through the page cache. */
#include "abi/errno.h"
#include "core/clock.h"
#include "core/wait.h"
#include "lib/string.h"
#include "vfs/atime.h"
#include "vfs/flusher.h"
#include "vfs/inode_attr.h"
#include "vfs/inode_fixed.h"
#include "vfs/pagecache.h"
#include "vfs/seal.h"

/* The part of [pos, pos + left) within one page. */
struct piece {
    uint64_t index;
    size_t offset, size;
};

static struct piece piece_at(uint64_t pos, uint64_t left)
{
    struct piece piece = {pos >> PAGE_SHIFT, pos & PAGE_MASK, PAGE_SIZE - (pos & PAGE_MASK)};

    if (piece.size > left)
        piece.size = left;
    return piece;
}

/* The page isn't in the cache. NULL, and no error: nor is it anywhere else, so it is a hole and needs none to be read.
 */
static __attribute__((noinline)) int page_to_read(struct inode *inode, const struct piece *piece, uint64_t left,
                                                  struct page **out)
{
    uint64_t pages = (left + piece->offset + PAGE_MASK) >> PAGE_SHIFT;
    unsigned want = pages < PAGECACHE_BATCH ? (unsigned)pages : PAGECACHE_BATCH;

    return inode->ops->read_pages != NULL ? pagecache_get(inode, piece->index, want, out) : 0;
}

static int64_t read_piece(struct inode *inode, struct iter *iter, const struct piece *piece, uint64_t left)
{
    struct page *page = pagecache_find(inode, piece->index);
    int error = page == NULL ? page_to_read(inode, piece, left, &page) : 0;

    if (error != 0)
        return error == -ENXIO ? 0 : error;
    uint64_t pos = (piece->index << PAGE_SHIFT) + piece->offset; /* since it was compared there was a wait, maybe */
    uint64_t there = pos < inode->size ? inode->size - pos : 0;
    size_t size = there < piece->size ? (size_t)there : piece->size;
    if (page == NULL)
        return iter_zero(iter, size);
    int64_t moved = iter_fill(iter, (char *)page_data(page) + piece->offset, size);
    page_put(page);
    return moved;
}

static int64_t cached_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    struct inode *inode = file->inode;
    int error = *pos >= inode->size || iter->left > inode->size - *pos ? inode_fetch(inode) : 0; /* is that the end? */

    if (error != 0)
        return error;
    uint64_t left = *pos < inode->size ? inode->size - *pos : 0, done = 0, look = WAIT_LOOP_BYTES;

    if (left > iter->left)
        left = iter->left;
    while (left != 0) {
        struct piece piece = piece_at(*pos, left);
        int64_t moved = read_piece(inode, iter, &piece, left);
        if (moved < 0)
            return done != 0 ? (int64_t)done : moved;
        *pos += (uint64_t)moved;
        done += (uint64_t)moved;
        left -= (uint64_t)moved;
        if ((size_t)moved < piece.size)
            break; /* a fault: the buffer ends here; or the file does */
        if (done >= look) {
            look += WAIT_LOOP_BYTES;
            if (wait_loop_ends(true))
                break;
        }
    }
    return (int64_t)done;
}

/* Out of line, as the other way is the usual one. */
static __attribute__((noinline)) int64_t direct_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    if (file->inode->ops->transfer != NULL)
        return file->inode->ops->transfer(file, iter, pos, false);
    int64_t done = direct_transfer(file, iter, pos, false);

    return done == -ENOTBLK ? cached_read(file, iter, pos) : done;
}

static int64_t regular_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    const struct inode *inode = file->inode;

    file_accessed(file);
    if (inode->ops->reads_past != NULL && inode->ops->reads_past(inode, *pos, iter->left))
        return inode->ops->transfer(file, iter, pos, false);
    return file->flags & O_DIRECT ? direct_read(file, iter, pos) : cached_read(file, iter, pos);
}

/* A frame for a piece of which nothing on the disk is needed: it is overwritten whole, or lies at the file's end. */
static struct page *fresh_page(const struct inode *inode, const struct piece *piece)
{
    uint64_t start = piece->index << PAGE_SHIFT;

    if (piece->size == PAGE_SIZE)
        return pagecache_alloc(false);
    return start >= inode->size ? pagecache_alloc(true) : NULL;
}

/* The page to write into; *fresh: it isn't in the cache yet. */
static int page_to_write(struct inode *inode, const struct piece *piece, struct page **out, bool *fresh)
{
    *fresh = false;
    *out = pagecache_find(inode, piece->index);
    if (*out != NULL)
        return 0;
    *out = fresh_page(inode, piece);
    *fresh = *out != NULL;
    if (*out != NULL)
        return 0;
    int error = pagecache_get(inode, piece->index, 1, out);
    return error == -ENXIO ? -ENOMEM : error; /* beyond the end there is none to be read */
}

/* The new bytes go into the page that is, or can be, in the cache. */
static int copy_to_cached(struct inode *inode, const struct piece *piece, const struct page *fresh, size_t moved)
{
    struct page *page;
    int error = pagecache_get(inode, piece->index, 1, &page);

    if (error != 0)
        return error;
    memcpy((char *)page_data(page) + piece->offset, (char *)page_data(fresh) + piece->offset, moved);
    pagecache_mark_dirty(inode, piece->index, page);
    page_put(page);
    return 0;
}

/*
 * Puts a page with new bytes in the cache. Two things can be in the way: a fault left part of a page that was to be
 * overwritten whole as it was, which may be anything; or the page came into the cache by a fault on the very buffer.
 */
static int publish_page(struct inode *inode, const struct piece *piece, struct page *page, size_t moved)
{
    bool is_whole = piece->size < PAGE_SIZE || moved == PAGE_SIZE;

    if (!is_whole && piece->index << PAGE_SHIFT >= inode->size) {
        memset((char *)page_data(page) + moved, 0, PAGE_SIZE - moved);
        is_whole = true;
    }
    int error = is_whole ? pagecache_insert(inode, piece->index, page) : -EEXIST;
    if (error == -EEXIST)
        return copy_to_cached(inode, piece, page, moved);
    if (error == 0)
        pagecache_mark_dirty(inode, piece->index, page);
    return error;
}

static int64_t write_piece(struct inode *inode, struct iter *iter, const struct piece *piece)
{
    struct page *page;
    bool fresh;
    int error = page_to_write(inode, piece, &page, &fresh);

    if (error != 0)
        return error;
    int64_t moved = iter_drain(iter, (char *)page_data(page) + piece->offset, piece->size);
    if (moved > 0 && fresh)
        error = publish_page(inode, piece, page, (size_t)moved);
    else if (moved > 0)
        pagecache_mark_dirty(inode, piece->index, page);
    page_put(page);
    return error != 0 ? error : moved;
}

/* The room on the disk for a write up to `end`, where the file may grow: its size follows when the bytes are there. */
static int make_room(struct inode *inode, uint64_t pos, uint64_t end)
{
    if (pos > inode->size)
        pagecache_grow(inode);
    return inode->ops->reserve != NULL ? inode->ops->reserve(inode, pos, end - pos) : 0;
}

static int64_t write_step(struct inode *inode, struct iter *iter, uint64_t pos)
{
    struct piece piece = piece_at(pos, iter->left);
    uint64_t old_size = inode->size;

    if (pos > INT64_MAX - PAGE_SIZE)
        return -EFBIG;
    int error = inode->seals != 0 ? seal_check_write(inode, pos + piece.size) : 0;
    if (error == 0)
        error = make_room(inode, pos, pos + piece.size);
    if (error != 0)
        return error;
    int64_t moved = write_piece(inode, iter, &piece);
    if (moved > 0 && pos + (uint64_t)moved > inode->size) {
        inode->size = pos + (uint64_t)moved;
        if (pos > old_size)
            pagecache_grown(inode, old_size);
    }
    if (moved < (int64_t)piece.size && pos + piece.size > old_size)
        inode->ops->truncate(inode, inode->size); /* gives the rest of the room back */
    return moved;
}

static int64_t cached_write(struct file *file, struct iter *iter, uint64_t *pos)
{
    struct inode *inode = file->inode;
    uint64_t done = 0, look = WAIT_LOOP_BYTES;

    if (file->flags & O_APPEND)
        *pos = inode->size;
    while (iter->left != 0) {
        uint64_t want = PAGE_SIZE - (*pos & PAGE_MASK);
        if (want > iter->left)
            want = iter->left;
        if (pagecache_is_short())
            vfs_shrink(PAGECACHE_BATCH, true);
        flusher_throttle();
        int64_t moved = write_step(inode, iter, *pos);
        if (moved < 0 && done == 0)
            return moved;
        if (moved > 0) {
            *pos += (uint64_t)moved;
            done += (uint64_t)moved;
        }
        if (moved < (int64_t)want)
            break;
        if (done >= look) {
            look += WAIT_LOOP_BYTES;
            if (wait_loop_ends(true))
                break;
        }
    }
    if (done != 0) {
        inode->mtime = inode->ctime = (int64_t)clock_realtime_ns();
        inode_mark_dirty(inode);
    }
    return (int64_t)done;
}

/* Where a write past the cache isn't possible, as the file grows, what it left in the cache is stored at once. */
static __attribute__((noinline)) int64_t direct_write(struct file *file, struct iter *iter, uint64_t *pos)
{
    int64_t done = direct_transfer(file, iter, pos, true);
    if (done != -ENOTBLK)
        return done;
    done = cached_write(file, iter, pos);
    int error = done > 0 ? pagecache_write_back(file->inode) : 0;
    return error != 0 ? error : done;
}

/* What a file may take that a 32-bit program hasn't asked to be large. 0 or -EFBIG. */
static int small_limit(const struct file *file, struct iter *iter, uint64_t pos)
{
    if (file->flags & O_APPEND)
        pos = file->inode->size;
    if (iter->left != 0 && pos >= SMALL_FILE_MAX)
        return -EFBIG;
    if (iter->left > SMALL_FILE_MAX - pos)
        iter->left = SMALL_FILE_MAX - pos;
    return 0;
}

static int64_t regular_write(struct file *file, struct iter *iter, uint64_t *pos)
{
    int64_t done = -EPERM;

    mutex_lock(&file->inode->lock);
    if (__builtin_expect(!(file->flags & O_LARGEFILE), false) != 0 && small_limit(file, iter, *pos) != 0) {
        done = -EFBIG;
    } else if (!inode_is_fixed(file->inode)) {
        if (iter->left != 0)
            inode_written(file->inode);
        done = file->inode->ops->transfer != NULL ? file->inode->ops->transfer(file, iter, pos, true)
               : file->flags & O_DIRECT           ? direct_write(file, iter, pos)
                                                  : cached_write(file, iter, pos);
    }
    mutex_unlock(&file->inode->lock);
    return done;
}

int vfs_truncate(struct inode *inode, uint64_t size)
{
    mutex_lock(&inode->lock);
    int error = inode_truncate(inode, size);
    mutex_unlock(&inode->lock);
    return error;
}

int inode_truncate(struct inode *inode, uint64_t size)
{
    uint64_t was = inode->size;

    if (S_ISDIR(inode->mode))
        return -EISDIR;
    if (!S_ISREG(inode->mode) || inode->ops->truncate == NULL)
        return -EINVAL;
    if (inode->fs->read_only)
        return -EROFS;
    if (size > INT64_MAX)
        return -EFBIG;
    if (inode_is_fixed(inode))
        return -EPERM;
    if (inode->writers < 0)
        return -ETXTBSY;
    int error = seal_check_size(inode, size);
    if (error != 0)
        return error;
    inode_written(inode);
    if (size <= inode->size) { /* the same: there may be what fallocate(2) has put beyond the end */
        inode->size = size;    /* from here on nobody comes beyond */
        inode->cuts++;
        direct_wait(inode);
        pagecache_truncate(inode, size);
    } else {
        pagecache_grow(inode);
    }
    error = inode->ops->truncate(inode, size);
    if (error != 0)
        return error;
    if (size > was)
        pagecache_grown(inode, was);
    inode->mtime = inode->ctime = (int64_t)clock_realtime_ns();
    inode_mark_dirty(inode);
    return 0;
}

const struct file_ops file_ops_regular = {
    .read = regular_read, .write = regular_write, .splice = SPLICE_READ | SPLICE_WRITE, .seekable = true};

int64_t inode_read(struct inode *inode, uint64_t pos, void *dst, size_t size)
{
    struct file file = {.inode = inode};
    struct iter_segment segment = {(uintptr_t)dst, size};
    struct iter iter;

    iter_init(&iter, &segment, 1, false);
    return cached_read(&file, &iter, &pos);
}
