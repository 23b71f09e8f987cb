/* SPDX-License-Identifier: Apache-2.0 */
/* regular_shared.c - see regular_shared.h. */
#include "vfs/regular_shared.h"

#include "core/clock.h"
#include "mm/usercopy.h"
#include "vfs/atime.h"
#include "vfs/inode_fixed.h"
#include "vfs/pagecache.h"
#include "vfs/seal.h"
#include "vfs/watch.h"

#define SIZE_MAX_SHARED (64u << 10) /* who wants the lock waits for one call to end */

/* ---- the position: of who has claimed it, of those that share the lock ---- */

static bool pos_claim(struct file *file)
{
    return file->pos_lock.owner == NULL && !__atomic_exchange_n(&file->pos_claimed, true, __ATOMIC_ACQUIRE);
}

static void pos_let_go(struct file *file)
{
    __atomic_store_n(&file->pos_claimed, false, __ATOMIC_RELEASE);
}

/* ---- pages ---- */

/* That there is at `pos`, with nothing under way; or NULL. */
static struct page *page_at(const struct inode *inode, uint64_t pos)
{
    struct page **slot = pageindex_slot(inode, pos >> PAGE_SHIFT);
    struct page *page = slot != NULL ? *slot : NULL;
    uint32_t flags;

    if (page == NULL)
        return NULL;
    flags = __atomic_load_n(&page->flags, __ATOMIC_RELAXED);
    if (!(flags & PAGE_UPTODATE) || (flags & (PAGE_LOCKED | PAGE_READAHEAD | PAGE_RESERVED)))
        return NULL;
    if (!(flags & PAGE_ACCESSED))
        __atomic_fetch_or(&page->flags, PAGE_ACCESSED, __ATOMIC_RELAXED);
    return page;
}

/* As storing it would have it: what is written to it now is stored later, or there is no other place for it. */
static bool is_dirty(const struct inode *inode, uint64_t pos, const struct page *page)
{
    uint64_t index = pos >> PAGE_SHIFT;

    if (inode->ops->write_pages == NULL)
        return true;
    return (__atomic_load_n(&page->flags, __ATOMIC_RELAXED) & (PAGE_DIRTY | PAGE_WRITEBACK)) == PAGE_DIRTY &&
           inode->dirty && index >= inode->dirty_first && index <= inode->dirty_last;
}

static bool copy(const struct inode *inode, uaddr_t buffer, uint64_t size, uint64_t pos, bool write)
{
    while (size != 0) {
        size_t offset = pos & PAGE_MASK, step = PAGE_SIZE - offset;
        const struct page *page = page_at(inode, pos);
        char *at;
        if (page == NULL || (write && !is_dirty(inode, pos, page)))
            return false;
        at = (char *)page_data(page) + offset;
        if (step > size)
            step = size;
        if (write ? !copy_from_user_shared(at, buffer, step) : !copy_to_user_shared(buffer, at, step))
            return false;
        buffer += step;
        pos += step;
        size -= step;
    }
    return true;
}

/* ---- reading ---- */

static bool read_at(const struct inode *inode, uaddr_t buffer, uint64_t size, uint64_t pos, int64_t *done)
{
    uint64_t left = pos < inode->size ? inode->size - pos : 0;

    if (size > left && inode->ops->fetch != NULL) /* it may have grown */
        return false;
    if (size > left)
        size = left;
    if (size > SIZE_MAX_SHARED || !copy(inode, buffer, size, pos, false))
        return false;
    *done = (int64_t)size;
    return true;
}

static bool is_usual(const struct file *file)
{
    return file->ops == &file_ops_regular &&
           (file->flags & (O_DIRECT | O_DSYNC | O_APPEND | O_LARGEFILE)) == O_LARGEFILE && watch_count == 0;
}

static bool read_next(struct file *file, uaddr_t buffer, uint64_t size, int64_t *done)
{
    bool is_done;

    if (!pos_claim(file))
        return false;
    is_done = read_at(file->inode, buffer, size, file->pos, done);
    if (is_done)
        file->pos += (uint64_t)*done;
    pos_let_go(file);
    return is_done;
}

bool regular_read_shared(struct file *file, uaddr_t buffer, uint64_t size, const uint64_t *pos, int64_t *done)
{
    struct inode *inode = file->inode;
    bool is_done, sets_atime;

    if (!is_usual(file) || !file_is_readable(file))
        return false;
    sets_atime = file_keeps_atime(file) && atime_is_due(file->path.mount, inode);
    if (sets_atime && inode->ops->write_inode != NULL) /* it would have to be stored */
        return false;
    is_done = pos != NULL ? read_at(inode, buffer, size, *pos, done) : read_next(file, buffer, size, done);
    if (is_done && sets_atime)
        __atomic_store_n(&inode->atime, (int64_t)clock_realtime_ns(), __ATOMIC_RELAXED);
    return is_done;
}

/* ---- writing ---- */

/* A page that is dirty has all its room; of smaller blocks only those that were written to. What isn't kept back has to
 * go out at once. */
static bool has_room(const struct inode *inode)
{
    return inode->ops->transfer == NULL && (inode->ops->reserve == NULL || !inode->fs->has_small_blocks);
}

/* Whether a write changes bytes, and the times, which change anyway, alone. */
static bool is_plain(const struct inode *inode, uint64_t pos, uint64_t size)
{
    if (size > SIZE_MAX_SHARED || pos > inode->size || size > inode->size - pos || inode->lock.owner != NULL ||
        inode_is_fixed(inode))
        return false;
    return !(inode->mode & (S_ISUID | S_ISGID)) && !inode->has_capabilities && has_room(inode) &&
           (inode->ops->write_inode == NULL || inode->meta_dirty) && seal_check_write(inode, pos + size) == 0;
}

static bool write_at(struct inode *inode, uaddr_t buffer, uint64_t size, uint64_t pos, int64_t *done)
{
    int64_t now;

    if (size == 0 || !is_plain(inode, pos, size) || !copy(inode, buffer, size, pos, true))
        return false;
    now = (int64_t)clock_realtime_ns();
    __atomic_store_n(&inode->mtime, now, __ATOMIC_RELAXED);
    __atomic_store_n(&inode->ctime, now, __ATOMIC_RELAXED);
    *done = (int64_t)size;
    return true;
}

bool regular_write_shared(struct file *file, uaddr_t buffer, uint64_t size, const uint64_t *pos, int64_t *done)
{
    bool is_done;

    if (!is_usual(file) || !file_is_writable(file))
        return false;
    if (pos != NULL)
        return write_at(file->inode, buffer, size, *pos, done);
    if (!pos_claim(file))
        return false;
    is_done = write_at(file->inode, buffer, size, file->pos, done);
    if (is_done)
        file->pos += (uint64_t)*done;
    pos_let_go(file);
    return is_done;
}

/* ---- seeking ---- */

bool regular_seek_shared(struct file *file, int64_t offset, int whence, int64_t *done)
{
    if (file->ops != &file_ops_regular || whence < SEEK_SET || whence > SEEK_END ||
        (whence == SEEK_END && file->inode->ops->fetch != NULL) || !pos_claim(file))
        return false;
    *done = file_seek_claimed(file, offset, whence);
    pos_let_go(file);
    return true;
}
