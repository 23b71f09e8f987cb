/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pagecache.c - where an inode's pages are found, and how they get there.
 *
 * The index is an array of page pointers that grows up to one page (a file of 2 MiB); beyond that a tree of such
 * pages, so that neither a large nor a sparse file costs more than what is touched.
 */
#include "vfs/pagecache.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

#define NODE_SHIFT 9
#define NODE_SLOTS (1ull << NODE_SHIFT) /* pointers in a page */
#define FIRST_SLOTS 8u
#define FIRST_WINDOW 16u /* pages: 64 KiB, a small program in one request */

static struct list cached_inodes = {&cached_inodes, &cached_inodes}; /* their pages can be dropped */

static struct page **node_at(struct page **node, uint64_t i)
{
    return (struct page **)(void *)node[i];
}

/* The array that holds `index`'s slot, and the slot; NULL: not there. */
static struct page **slot_find(const struct inode *inode, uint64_t index)
{
    if (index >= inode->cache_slots)
        return NULL;
    struct page **node = inode->cache;
    for (uint64_t span = inode->cache_slots; span > NODE_SLOTS;) {
        span >>= NODE_SHIFT;
        node = node_at(node, index / span);
        if (node == NULL)
            return NULL;
        index &= span - 1;
    }
    return &node[index];
}

/* Grows the one array, to at most a page. */
static int array_grow(struct inode *inode, uint64_t slots)
{
    uint64_t whole = (inode->size + PAGE_MASK) >> PAGE_SHIFT, size = FIRST_SLOTS;

    if (whole > slots)
        slots = whole; /* it will want that much sooner or later */
    while (size < slots && size < NODE_SLOTS)
        size *= 2;
    struct page **array = kmalloc(size * sizeof(*array));
    if (array == NULL)
        return -ENOMEM;
    if (inode->cache != NULL)
        memcpy(array, inode->cache, inode->cache_slots * sizeof(*array));
    kfree(inode->cache);
    inode->cache = array;
    inode->cache_slots = size;
    return 0;
}

/* One more level above the tree. */
static int tree_raise(struct inode *inode)
{
    struct page **top = kmalloc(NODE_SLOTS * sizeof(*top));

    if (top == NULL)
        return -ENOMEM;
    top[0] = (struct page *)(void *)inode->cache;
    inode->cache = top;
    inode->cache_slots <<= NODE_SHIFT;
    return 0;
}

static int cache_make_room(struct inode *inode, uint64_t index)
{
    int error = 0;

    if (index >= inode->cache_slots && inode->cache_slots < NODE_SLOTS)
        error = array_grow(inode, index + 1);
    while (error == 0 && index >= inode->cache_slots)
        error = tree_raise(inode);
    return error;
}

static int slot_make(struct inode *inode, uint64_t index, struct page ***out)
{
    int error = cache_make_room(inode, index);

    if (error != 0)
        return error;
    struct page **node = inode->cache;
    for (uint64_t span = inode->cache_slots; span > NODE_SLOTS;) {
        span >>= NODE_SHIFT;
        struct page **child = node_at(node, index / span);
        if (child == NULL) {
            child = kmalloc(NODE_SLOTS * sizeof(*child));
            if (child == NULL)
                return -ENOMEM;
            node[index / span] = (struct page *)(void *)child;
        }
        node = child;
        index &= span - 1;
    }
    *out = &node[index];
    return 0;
}

static void tree_free(struct page **node, uint64_t span)
{
    if (node == NULL)
        return;
    for (uint64_t i = 0; span > NODE_SLOTS && i < NODE_SLOTS; i++)
        tree_free(node_at(node, i), span >> NODE_SHIFT);
    kfree(node);
}

struct page *pagecache_next(const struct inode *inode, uint64_t *index, uint64_t end)
{
    if (end > inode->cache_slots)
        end = inode->cache_slots;
    while (*index < end) {
        struct page **slot = slot_find(inode, *index);
        uint64_t row_end = (*index | (NODE_SLOTS - 1)) + 1;
        if (row_end > end)
            row_end = end;
        for (; slot != NULL && *index < row_end; slot++, (*index)++) {
            if (*slot != NULL)
                return *slot;
        }
        *index = row_end;
    }
    return NULL;
}

struct page *pagecache_find(struct inode *inode, uint64_t index)
{
    struct page **slot = slot_find(inode, index);

    if (slot == NULL || *slot == NULL)
        return NULL;
    page_get(*slot);
    (*slot)->flags |= PAGE_ACCESSED;
    return *slot;
}

int pagecache_insert(struct inode *inode, uint64_t index, struct page *page)
{
    struct page **slot;
    int error = slot_make(inode, index, &slot);

    if (error != 0)
        return error;
    if (*slot != NULL)
        return -EEXIST;
    error = inode->ops->count_page != NULL ? inode->ops->count_page(inode, true) : 0;
    if (error != 0)
        return error;
    *slot = page;
    page_get(page);
    readahead_spoil(inode, index, index + 1);
    if (list_is_empty(&inode->cached) && inode->ops->read_pages != NULL)
        list_insert(&cached_inodes, &inode->cached);
    return 0;
}

static void slot_clear(struct inode *inode, struct page **slot)
{
    if (inode->ops->count_page != NULL)
        inode->ops->count_page(inode, false);
    (*slot)->flags = 0;
    page_put(*slot);
    *slot = NULL;
}

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
        struct page **slot = slot_find(inode, index + n);
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

/* ---- shrinking ---- */

/* Zeroes what lies beyond `size` in its page, if that is cached. A page that nobody could change there is zero. */
static void zero_tail(struct inode *inode, uint64_t size, bool mapped_only)
{
    struct page **slot = slot_find(inode, size >> PAGE_SHIFT);
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
        slot_clear(inode, slot_find(inode, index));
    zero_tail(inode, size, false);
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
        slot_clear(inode, slot_find(inode, index));
    tree_free(inode->cache, inode->cache_slots);
    inode->cache = NULL;
    inode->cache_slots = 0;
    inode->dirty = false;
    list_remove(&inode->cached);
}

static uint64_t shrink_inode(struct inode *inode, uint64_t pages)
{
    uint64_t done = 0, index = 0;
    struct page *page;

    for (; done < pages && (page = pagecache_next(inode, &index, UINT64_MAX)) != NULL; index++) {
        if (page->refs > 1 || (page->flags & PAGE_DIRTY))
            continue;
        if (page->flags & PAGE_ACCESSED) { /* gets a second chance */
            page->flags &= ~(uint32_t)PAGE_ACCESSED;
            continue;
        }
        slot_clear(inode, slot_find(inode, index));
        done++;
    }
    return done;
}

/* One round over all inodes, each time beginning where the last one ended. */
static uint64_t shrink_round(uint64_t pages, bool may_write)
{
    uint64_t done = 0;
    struct list seen;

    list_init(&seen);
    while (done < pages && !list_is_empty(&cached_inodes)) {
        struct inode *inode = container_of(cached_inodes.next, struct inode, cached);
        list_remove(&inode->cached);
        list_insert(&seen, &inode->cached);
        if (may_write && inode->dirty && S_ISREG(inode->mode)) /* of others the file system knows the order */
            pagecache_write_back(inode);                       /* an error is told by the next sync: they stay dirty */
        done += shrink_inode(inode, pages - done);
    }
    while (!list_is_empty(&seen)) {
        struct list *first = seen.next;
        list_remove(first);
        list_insert(&cached_inodes, first);
    }
    return done;
}

uint64_t vfs_shrink(uint64_t pages, bool may_write)
{
    static bool busy; /* storing pages may need some */
    uint64_t done = 0;

    if (busy)
        return 0;
    busy = true;
    for (int round = 0; round < 2 && done < pages; round++)
        done += shrink_round(pages - done, false);
    for (int round = 0; may_write && round < 2 && done < pages; round++)
        done += shrink_round(pages - done, true);
    if (may_write && done < pages && vfs_store_all() == 0)
        done += shrink_round(pages - done, false);
    busy = false;
    return done;
}

uint64_t pagecache_reclaim(uint64_t pages)
{
    return vfs_shrink(pages, false);
}

bool pagecache_is_short(void)
{
    return page_free_count() < page_total_count() / 16;
}

struct page *pagecache_alloc(bool zeroed)
{
    if (pagecache_is_short())
        vfs_shrink(PAGECACHE_BATCH, false);
    return zeroed ? page_alloc() : page_alloc_dirty();
}

/* ---- as an object that can be mapped ---- */

/* A program jumps back and forth: with the page its whole aligned block of FIRST_WINDOW pages comes from the disk, or
 * what of it is missing around the page. */
static int block_get(struct inode *inode, uint64_t index, struct page **out)
{
    uint64_t first = index & ~(uint64_t)(FIRST_WINDOW - 1), at = index;
    struct page **slot;

    while (at > first && ((slot = slot_find(inode, at - 1)) == NULL || *slot == NULL))
        at--;
    if (at < index && inode->ops->read_pages != NULL && index < (inode->size + PAGE_MASK) >> PAGE_SHIFT &&
        pagecache_fill(inode, at, FIRST_WINDOW - (unsigned)(at - first), out) == 0)
        page_put(*out);
    return pagecache_get(inode, index, FIRST_WINDOW, out);
}

static int object_page(struct vm_object *object, uint64_t index, int will_write, struct page **out)
{
    struct inode *inode = container_of(object, struct inode, object);

    if (!S_ISREG(inode->mode))
        return -ENODEV;
    *out = pagecache_find(inode, index);
    int error = *out != NULL ? 0 : block_get(inode, index, out);
    if (error == 0 && will_write != 0) {
        (*out)->flags |= PAGE_MAPPED_WRITE;
        pagecache_mark_dirty(inode, index, *out);
        inode_mark_dirty(inode);
    }
    return error;
}

static struct page *object_find(struct vm_object *object, uint64_t index)
{
    return pagecache_find(container_of(object, struct inode, object), index);
}

static void object_get(struct vm_object *object)
{
    inode_get(container_of(object, struct inode, object));
}

static void object_put(struct vm_object *object)
{
    inode_put(container_of(object, struct inode, object));
}

const struct vm_object_ops pagecache_object_ops = {
    .page = object_page, .find = object_find, .get = object_get, .put = object_put};
