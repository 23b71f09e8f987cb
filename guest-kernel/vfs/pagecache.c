/* SPDX-License-Identifier: Apache-2.0 */
/* pagecache.c - how the pages of an inode get into the cache, by reading and as a mapping, and out of it again. */
#include "vfs/pagecache.h"

#include "abi/errno.h"
#include "core/thread.h"
#include "core/wait.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/flusher.h"
#include "vfs/inode_fixed.h"
#include "vfs/pageio.h"
#include "vfs/pagewait.h"

#define STORE_TRIES 4u   /* to get memory by having pages stored */
#define TURN_PAGES 256u  /* as many go before others have a turn (core/wait.h) */
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

static uint64_t pages_of(const struct inode *inode)
{
    return (inode->size + PAGE_MASK) >> PAGE_SHIFT;
}

/* Frames for up to `count` pages from `index` on, up to the first one that is cached; locked in the cache. *error: why
 * there is none; -EAGAIN: the first is cached by now. */
static unsigned batch_insert(struct inode *inode, uint64_t index, unsigned count, struct page **batch, int *error)
{
    unsigned n = 0;

    for (*error = -ENXIO; n < count && index + n < pages_of(inode); n++) {
        struct page **slot = pageindex_slot(inode, index + n);
        *error = slot != NULL && *slot != NULL ? -EAGAIN : 0;
        if (*error != 0)
            break;
        batch[n] = pagecache_alloc((index + n + 1) << PAGE_SHIFT > inode->size);
        *error = batch[n] != NULL ? pagecache_insert_locked(inode, index + n, batch[n]) : -ENOMEM;
        if (*error != 0 && batch[n] != NULL)
            page_put(batch[n]);
        if (*error != 0)
            break;
    }
    return n;
}

/* They are filled, or not: then they go. */
static void batch_end(struct inode *inode, uint64_t index, struct page **batch, unsigned count, bool filled)
{
    for (unsigned i = 0; i < count; i++) {
        if (!filled || (batch[i]->flags & PAGE_STALE)) {
            pageindex_clear(inode, index + i);
        } else {
            batch[i]->flags |= PAGE_UPTODATE;
            page_done(batch[i], PAGE_LOCKED);
        }
    }
}

/* Reads up to `count` pages from `index` on into the cache; *out is the first. Others find them locked meanwhile. No
 * lock is held but the caller's, the pages', and the volume's while the file system looks where they lie. */
static int batch_fill(struct inode *inode, uint64_t index, struct page **batch, unsigned count, struct page **out)
{
    int error;

    count = batch_insert(inode, index, count, batch, &error);
    if (count == 0)
        return error;
    inode->read_next = index + count;
    current_thread()->wants_no_wait++;
    error = inode->ops->read_pages(inode, index, batch, count);
    if (error != 0 && count > 1) { /* the trouble may lie in what was not asked for */
        batch_end(inode, index + 1, batch + 1, count - 1, false);
        batch_put(batch + 1, count - 1);
        count = 1;
        error = inode->ops->read_pages(inode, index, batch, count);
    }
    current_thread()->wants_no_wait--;
    batch_end(inode, index, batch, count, error == 0);
    if (error == 0 && !(batch[0]->flags & PAGE_UPTODATE))
        error = -EAGAIN;
    if (error != 0) {
        batch_put(batch, count);
        return error;
    }
    batch[0]->flags |= PAGE_ACCESSED;
    batch_put(batch + 1, count - 1);
    *out = batch[0];
    return 0;
}

/* The cache is all there is, and what it lacks is a hole. */
static int hole_fill(struct inode *inode, uint64_t index, struct page **out)
{
    struct page *page = pagecache_alloc(true);
    int error = page != NULL ? pagecache_insert(inode, index, page) : -ENOMEM;

    if (error != 0 && page != NULL)
        page_put(page);
    if (error != 0)
        return error;
    page->flags |= PAGE_ACCESSED;
    *out = page;
    return 0;
}

/* -EAGAIN: it is in the cache by now, or was not to be kept. */
static int pagecache_fill(struct inode *inode, uint64_t index, unsigned want, struct page **out)
{
    struct page *few[FIRST_WINDOW], **many = NULL;

    if (inode->ops->show_pages != NULL) {
        int error = inode->ops->show_pages(inode, index, want, out);
        if (error != -EOPNOTSUPP)
            return error;
    }
    if (index >= pages_of(inode))
        return -ENXIO;
    if (inode->ops->read_pages == NULL)
        return hole_fill(inode, index, out);
    unsigned count = window_size(inode, index, want);
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

static bool is_settled(const struct page *page)
{
    return !(page->flags & (PAGE_LOCKED | PAGE_WRITEBACK));
}

static bool is_unlocked(void *arg)
{
    const struct page *page = arg;

    return !(page->flags & PAGE_LOCKED);
}

/* The end of reading ahead is told in the disk's queue, that of writing in the page's. */
void pagecache_wait(struct inode *inode, uint64_t index, struct page *page)
{
    if (page->flags & PAGE_LOCKED)
        (void)readahead_wait(inode, index, page, is_unlocked);
    if (!is_settled(page))
        page_wait(page, PAGE_LOCKED | PAGE_WRITEBACK);
}

/* A page that was found, perhaps one that is being filled. False: look again; the reference is gone. */
static __attribute__((noinline)) bool found_wait(struct inode *inode, uint64_t index, struct page *page)
{
    if (page->flags & PAGE_READAHEAD) {
        page->flags &= ~(uint32_t)PAGE_READAHEAD;
        readahead_go_on(inode);
    }
    if (page->flags & PAGE_UPTODATE)
        return true;
    if (!readahead_wait(inode, index, page, is_unlocked))
        page_wait(page, PAGE_LOCKED);
    page_put(page);
    return false;
}

int pagecache_get(struct inode *inode, uint64_t index, unsigned want, struct page **out)
{
    unsigned tries = 0;
    int error = -EAGAIN;

    while (error == -EAGAIN || (error == -ENOMEM && tries++ < STORE_TRIES && vfs_shrink(1, true) != 0)) {
        struct page *page = pagecache_find_any(inode, index);
        if (page == NULL) {
            error = pagecache_fill(inode, index, want, out);
            continue;
        }
        if (__builtin_expect((page->flags & (PAGE_UPTODATE | PAGE_READAHEAD)) != PAGE_UPTODATE, false) != 0 &&
            !found_wait(inode, index, page))
            continue;
        *out = page;
        return 0;
    }
    return error;
}

/* ---- losing ---- */

/* Zeroes what lies beyond `size` in its page, if that is cached: a mapping may have written there. */
static void zero_tail(struct inode *inode, uint64_t size)
{
    size_t used = size & PAGE_MASK;
    struct page *page;

    while (used != 0 && (page = pagecache_find_any(inode, size >> PAGE_SHIFT)) != NULL) {
        bool settled = is_settled(page);
        if (settled && !(page->flags & PAGE_WINDOW)) /* that the host sees to */
            memset((char *)page_data(page) + used, 0, PAGE_SIZE - used);
        else
            pagecache_wait(inode, size >> PAGE_SHIFT, page);
        page_put(page);
        if (settled)
            return;
    }
}

/* It is nowhere else, or is the file itself, not what was in it at some time. */
static bool keeps(const struct inode *inode, uint64_t index, const struct page *page)
{
    return (page->flags & PAGE_DIRTY) || ((page->flags & PAGE_WINDOW) && index < pages_of(inode));
}

static void forget(struct inode *inode, uint64_t first, uint64_t end, bool stored)
{
    uint64_t index = first;
    unsigned pages = 0;
    struct page *page;

    while ((page = pagecache_next(inode, &index, end)) != NULL) {
        if (!is_settled(page)) {
            page_get(page);
            pagecache_wait(inode, index, page);
            page_put(page);
            continue;
        }
        if (stored && keeps(inode, index, page)) {
            index++;
        } else {
            (void)object_unmap_page(&inode->object, index, page);
            pageindex_clear(inode, index);
        }
        if (++pages % TURN_PAGES == 0)
            (void)wait_loop_ends(true);
    }
}

void pagecache_forget(struct inode *inode, uint64_t first, uint64_t end)
{
    forget(inode, first, end, false);
}

void pagecache_forget_clean(struct inode *inode, uint64_t first, uint64_t end)
{
    forget(inode, first, end, true);
}

void pagecache_forget_stored(struct inode *inode, uint64_t first, uint64_t end)
{
    object_unmap(&inode->object, first, end);
    forget(inode, first, end, true);
}

/* Its caller has the inode's lock, or the only reference: nobody makes the file longer meanwhile, so no page comes. */
void pagecache_truncate(struct inode *inode, uint64_t size)
{
    uint64_t first = (size + PAGE_MASK) >> PAGE_SHIFT, index = first, unmapped = first;
    struct page *page;

    while ((page = pagecache_next(inode, &index, UINT64_MAX)) != NULL) {
        if (index >= unmapped) { /* first: a mapping must not keep what the file no longer has */
            if (unmapped != first)
                (void)wait_loop_ends(true);
            unmapped = index + TURN_PAGES;
            object_unmap(&inode->object, index, unmapped);
            continue;
        }
        if (is_settled(page)) {
            pageindex_clear(inode, index);
            continue;
        }
        page_get(page);
        pagecache_wait(inode, index, page);
        page_put(page);
    }
    /* A fault may have waited for one of them, too; and there may be copies of what the file never had. */
    object_unmap_in_turns(&inode->object, first);
    zero_tail(inode, size);
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
    unsigned pages = 0;
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
        if (++pages % TURN_PAGES == 0)
            (void)wait_loop_ends(true);
    }
}

void pagecache_grown(struct inode *inode, uint64_t was)
{
    uint64_t index = was >> PAGE_SHIFT;
    struct page **slot;

    if (inode->ops->reserve == NULL || !inode->fs->has_small_blocks)
        return;
    slot = pageindex_slot(inode, index);
    if (slot != NULL && *slot != NULL && (*slot)->map_count != 0)
        object_protect_page(&inode->object, index, *slot);
}

void pagecache_grow(struct inode *inode)
{
    zero_tail(inode, inode->size);
}

void pagecache_drop(struct inode *inode)
{
    uint64_t index = 0;

    page_runs_leave(inode);
    object_unmap(&inode->object, 0, UINT64_MAX);
    while (pagecache_next(inode, &index, UINT64_MAX) != NULL)
        pageindex_clear(inode, index);
    pageindex_free(inode);
    inode->dirty = false;
    list_remove(&inode->cached);
}

/* Nobody misses it, whoever comes to the inode meanwhile. (Of a window's page the window itself has a reference.) */
static bool is_unused(const struct page *page)
{
    return page->map_count == 0 && ((page->flags & PAGE_WINDOW) || pagecache_is_idle(page));
}

void pagecache_drop_in_turns(struct inode *inode)
{
    const bool all = inode->ops->count_page != NULL;
    struct page *page;
    unsigned pages = 0;

    for (uint64_t index = 0; (page = pagecache_next(inode, &index, UINT64_MAX)) != NULL; index++) {
        if (all ? is_settled(page) : is_unused(page))
            pageindex_clear(inode, index);
        if (++pages % TURN_PAGES == 0)
            (void)wait_loop_ends(true);
    }
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
    if (at < index && inode->ops->read_pages != NULL && index < pages_of(inode) &&
        pagecache_fill(inode, at, FIRST_WINDOW - (unsigned)(at - first), out) == 0)
        page_put(*out);
    return pagecache_get(inode, index, FIRST_WINDOW, out);
}

/* Somebody maps room that fallocate(2) has made: it counts as data from now on, as on Linux. */
static __attribute__((noinline, cold)) int map_reserved(const struct inode *inode, uint64_t index, struct page *page)
{
    if (index >= pages_of(inode)) {
        page_put(page);
        return -ENXIO;
    }
    page->flags &= ~(uint32_t)PAGE_RESERVED;
    return 0;
}

/* A mapping is about to write to the page. */
static int page_reserve(struct inode *inode, uint64_t index)
{
    uint64_t pos = index << PAGE_SHIFT;

    if (inode_is_fixed(inode))
        return -EPERM;
    if (inode->ops->reserve == NULL || index >= pages_of(inode))
        return 0;
    return inode->ops->reserve(inode, pos, inode->size - pos < PAGE_SIZE ? inode->size - pos : PAGE_SIZE);
}

static int page_get_mapped(struct inode *inode, uint64_t index, struct page **out)
{
    *out = pagecache_find(inode, index);
    int error = *out != NULL ? 0 : block_get(inode, index, out);

    if (error == 0 && (index >= pages_of(inode) || ((*out)->flags & PAGE_RESERVED))) /* NOLINT: 0 means a page */
        error = map_reserved(inode, index, *out);
    return error;
}

/* The page, which was found, is about to be written to. -EAGAIN: it isn't the one to write to any more. */
static int page_written(struct inode *inode, uint64_t index, struct page *page)
{
    if (page->flags & PAGE_WINDOW) {
        int error = inode->ops->show_written(inode, index);
        struct page **slot = pageindex_slot(inode, index);
        return error != 0 || (slot != NULL && *slot == page) ? error : -EAGAIN;
    }
    pagecache_mark_dirty(inode, index, page);
    inode_mark_dirty(inode);
    return 0;
}

/* The same, to be written to. What was made shorter meanwhile has lost its room. */
static int page_get_writable(struct inode *inode, uint64_t index, struct page **out)
{
    uint32_t cuts;
    int error;

    flusher_throttle();
    for (;;) {
        cuts = inode->cuts;
        error = page_reserve(inode, index);
        if (error == 0)
            error = page_get_mapped(inode, index, out);
        if (error != 0)
            return error;
        if (inode->cuts == cuts)
            error = page_written(inode, index, *out);
        if (error == 0 && inode->cuts == cuts)
            return 0;
        page_put(*out);
        if (error != 0 && error != -EAGAIN)
            return error;
    }
}

/* What it gives is within the file, whatever was waited for: the caller maps it without waiting again. */
int pagecache_object_page(struct vm_object *object, uint64_t index, int will_write, struct page **out)
{
    struct inode *inode = container_of(object, struct inode, object);

    if (!S_ISREG(inode->mode))
        return -ENODEV;
    return will_write != 0 ? page_get_writable(inode, index, out) : page_get_mapped(inode, index, out);
}

struct page *pagecache_object_find(struct vm_object *object, uint64_t index)
{
    struct inode *inode = container_of(object, struct inode, object);
    struct page *page = index < pages_of(inode) ? pagecache_find(inode, index) : NULL;

    if (page != NULL && (page->flags & PAGE_RESERVED)) {
        page_put(page);
        return NULL;
    }
    return page;
}
