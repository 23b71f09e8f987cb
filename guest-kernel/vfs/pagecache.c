/* SPDX-License-Identifier: Apache-2.0 */
/* pagecache.c - how the pages of an inode get into the cache, by reading and as a mapping, and out of it again. */
#include "vfs/pagecache.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

#define FIRST_WINDOW 16u /* pages: 64 KiB, a small program in one request */

/* ---- filling ---- */

/* How many pages to read at a miss: what is wanted, and more for a reader who goes on where the last miss ended; but
 * never much of what memory is left. */
static unsigned window_size(struct inode *inode, uint64_t index, unsigned want)
{
    uint64_t pages = ((inode->size + PAGE_MASK) >> PAGE_SHIFT) - index, window = want != 0 ? want : 1;
    uint64_t most = page_free_count() / 16;

    if (index == inode->read_next) {
        inode->read_window = inode->read_window != 0 ? inode->read_window * 2 : FIRST_WINDOW;
        if (inode->read_window > PAGECACHE_BATCH)
            inode->read_window = PAGECACHE_BATCH;
        if (window < inode->read_window)
            window = inode->read_window;
    } else {
        inode->read_window = 0;
    }
    if (most > PAGECACHE_BATCH)
        most = PAGECACHE_BATCH;
    if (window > most)
        window = most != 0 ? most : 1;
    return (unsigned)(window < pages ? window : pages);
}

static void batch_put(struct page **batch, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        page_put(batch[i]);
}

/* Frames for up to `count` pages from `index` on, up to the first one that is cached. */
static unsigned batch_alloc(struct inode *inode, uint64_t index, uint64_t count, struct page **batch)
{
    unsigned n = 0;

    for (; n < count; n++) {
        struct page **slot = pageindex_slot(inode, index + n);
        if (slot != NULL && *slot != NULL)
            break;
        batch[n] = pagecache_alloc(inode->ops->read_pages == NULL || (index + n + 1) << PAGE_SHIFT > inode->size);
        if (batch[n] == NULL)
            break;
    }
    return n;
}

static int batch_read(struct inode *inode, uint64_t index, struct page **batch, unsigned count)
{
    if (inode->ops->read_pages == NULL) /* the cache is all there is, and what it lacks is a hole */
        return 0;
    return inode->ops->read_pages(inode, index, batch, count);
}

/* Reads `count` pages from `index` on and puts them in the cache; *out is the first. */
static int batch_fill(struct inode *inode, uint64_t index, struct page **batch, unsigned count, struct page **out)
{
    count = batch_alloc(inode, index, count, batch);
    if (count == 0)
        return -ENOMEM;
    int error = batch_read(inode, index, batch, count);
    if (error != 0 && count > 1) { /* the trouble may lie in what was not asked for */
        batch_put(batch + 1, count - 1);
        count = 1;
        error = batch_read(inode, index, batch, count);
    }
    for (unsigned i = 0; error == 0 && i < count; i++) {
        int inserted = pagecache_insert(inode, index + i, batch[i]);
        if (i == 0)
            error = inserted;
    }
    inode->read_next = index + count;
    if (error != 0) {
        batch_put(batch, count);
        return error;
    }
    batch[0]->flags |= PAGE_ACCESSED;
    batch_put(batch + 1, count - 1);
    *out = batch[0];
    return 0;
}

static int pagecache_fill(struct inode *inode, uint64_t index, unsigned want, struct page **out)
{
    struct page *few[FIRST_WINDOW], **many = NULL;

    if (index >= (inode->size + PAGE_MASK) >> PAGE_SHIFT)
        return -ENXIO;
    if (readahead_take(inode, index) && (*out = pagecache_find(inode, index)) != NULL)
        return 0;
    unsigned count = inode->ops->read_pages != NULL ? window_size(inode, index, want) : 1;
    if (count > FIRST_WINDOW) {
        many = kmalloc(count * sizeof(*many));
        if (many == NULL)
            count = FIRST_WINDOW;
    }
    int error = batch_fill(inode, index, many != NULL ? many : few, count, out);
    kfree(many);
    if (error == 0 && inode->read_window == PAGECACHE_BATCH)
        readahead_start(inode, inode->read_next);
    return error;
}

int pagecache_get(struct inode *inode, uint64_t index, unsigned want, struct page **out)
{
    struct page *page = pagecache_find(inode, index);

    if (page != NULL) {
        *out = page;
        return 0;
    }
    return pagecache_fill(inode, index, want, out);
}

/* ---- losing ---- */

/* Zeroes what lies beyond `size` in its page, if that is cached. A page that nobody could change there is zero. */
static void zero_tail(struct inode *inode, uint64_t size, bool mapped_only)
{
    struct page **slot = pageindex_slot(inode, size >> PAGE_SHIFT);
    size_t used = size & PAGE_MASK;

    if (used != 0 && slot != NULL && *slot != NULL && (!mapped_only || ((*slot)->flags & PAGE_MAPPED_WRITE)))
        memset((char *)page_data(*slot) + used, 0, PAGE_SIZE - used);
}

void pagecache_truncate(struct inode *inode, uint64_t size)
{
    uint64_t index = (size + PAGE_MASK) >> PAGE_SHIFT;

    readahead_end(inode);
    object_unmap(&inode->object, index); /* first: a mapping must not keep what the file no longer has */
    while (pagecache_next(inode, &index, UINT64_MAX) != NULL)
        pageindex_clear(inode, index);
    zero_tail(inode, size, false);
}

/* Zeroes the bytes from `start` to `end` of the page at `index`, if it is there. */
static void part_zero(const struct inode *inode, uint64_t index, size_t start, size_t end)
{
    struct page **slot = pageindex_slot(inode, index);

    if (slot != NULL && *slot != NULL)
        memset((char *)page_data(*slot) + start, 0, end - start);
}

void pagecache_punch(struct inode *inode, uint64_t start, uint64_t end)
{
    uint64_t index = (start + PAGE_MASK) >> PAGE_SHIFT, last = end >> PAGE_SHIFT;
    struct page *page;

    if (index > last) {
        part_zero(inode, last, start & PAGE_MASK, end & PAGE_MASK);
        return;
    }
    if (start & PAGE_MASK)
        part_zero(inode, index - 1, start & PAGE_MASK, PAGE_SIZE);
    if (end & PAGE_MASK)
        part_zero(inode, last, 0, end & PAGE_MASK);
    for (; (page = pagecache_next(inode, &index, last)) != NULL; index++) {
        object_unmap_page(&inode->object, index, page);
        if (page->refs > 1) /* somebody is at work on it: it stays */
            memset(page_data(page), 0, PAGE_SIZE);
        else
            pageindex_clear(inode, index);
    }
}

void pagecache_grow(struct inode *inode)
{
    zero_tail(inode, inode->size, true);
}

void pagecache_drop(struct inode *inode)
{
    uint64_t index = 0;

    readahead_end(inode);
    object_unmap(&inode->object, 0);
    while (pagecache_next(inode, &index, UINT64_MAX) != NULL)
        pageindex_clear(inode, index);
    pageindex_free(inode);
    inode->dirty = false;
    list_remove(&inode->cached);
}

/* ---- as an object that can be mapped ---- */

/* A program jumps back and forth: with the page its whole aligned block of FIRST_WINDOW pages comes from the disk, or
 * what of it is missing around the page. */
static int block_get(struct inode *inode, uint64_t index, struct page **out)
{
    uint64_t first = index & ~(uint64_t)(FIRST_WINDOW - 1), at = index;
    struct page **slot;

    while (at > first && ((slot = pageindex_slot(inode, at - 1)) == NULL || *slot == NULL))
        at--;
    if (at < index && inode->ops->read_pages != NULL && index < (inode->size + PAGE_MASK) >> PAGE_SHIFT &&
        pagecache_fill(inode, at, FIRST_WINDOW - (unsigned)(at - first), out) == 0)
        page_put(*out);
    return pagecache_get(inode, index, FIRST_WINDOW, out);
}

/* Somebody maps room that fallocate(2) has made: it counts as data from now on, as on Linux. */
static __attribute__((noinline, cold)) int map_reserved(const struct inode *inode, uint64_t index, struct page *page)
{
    if (index >= (inode->size + PAGE_MASK) >> PAGE_SHIFT) {
        page_put(page);
        return -ENXIO;
    }
    page->flags &= ~(uint32_t)PAGE_RESERVED;
    return 0;
}

int pagecache_object_page(struct vm_object *object, uint64_t index, int will_write, struct page **out)
{
    struct inode *inode = container_of(object, struct inode, object);

    if (!S_ISREG(inode->mode))
        return -ENODEV;
    *out = pagecache_find(inode, index);
    int error = *out != NULL ? 0 : block_get(inode, index, out);
    if (error == 0 && ((*out)->flags & PAGE_RESERVED))
        error = map_reserved(inode, index, *out);
    if (error == 0 && will_write != 0) {
        (*out)->flags |= PAGE_MAPPED_WRITE;
        pagecache_mark_dirty(inode, index, *out);
        inode_mark_dirty(inode);
    }
    return error;
}

int pagecache_object_punch(struct vm_object *object, uint64_t first, uint64_t end)
{
    struct inode *inode = container_of(object, struct inode, object);

    if (inode->ops->reserve != NULL || inode->ops->read_pages != NULL)
        return -EOPNOTSUPP;
    if (inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
        return -EPERM;
    pagecache_punch(inode, first << PAGE_SHIFT, end << PAGE_SHIFT);
    return 0;
}

struct page *pagecache_object_find(struct vm_object *object, uint64_t index)
{
    struct page *page = pagecache_find(container_of(object, struct inode, object), index);

    if (page != NULL && (page->flags & PAGE_RESERVED)) {
        page_put(page);
        return NULL;
    }
    return page;
}
