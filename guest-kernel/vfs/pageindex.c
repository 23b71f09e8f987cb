/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pageindex.c - where an inode's pages are found.
 *
 * The index is an array of page pointers that grows up to one page (a file of 2 MiB); beyond that a tree of such
 * pages, so that neither a large nor a sparse file costs more than what is touched.
 */
#include "vfs/pageindex.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/pagewait.h"

#define NODE_SHIFT 9
#define NODE_SLOTS (1ull << NODE_SHIFT) /* pointers in a page */
#define FIRST_SLOTS 8u

struct list pageindex_inodes = {&pageindex_inodes, &pageindex_inodes};
uint64_t pageindex_dirty_count;

uint64_t pagecache_pages, pagecache_memory_pages;

static struct page **node_at(struct page **node, uint64_t i)
{
    return (struct page **)(void *)node[i];
}

struct page **pageindex_slot(const struct inode *inode, uint64_t index)
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

/* As pageindex_slot; where there is none, *span is how many indices, aligned, have none together. */
static struct page **slot_or_gap(const struct inode *inode, uint64_t index, uint64_t *span)
{
    struct page **node = inode->cache;

    for (*span = inode->cache_slots; *span > NODE_SLOTS;) {
        *span >>= NODE_SHIFT;
        node = node_at(node, index / *span);
        if (node == NULL)
            return NULL;
        index &= *span - 1;
    }
    return &node[index];
}

struct page *pagecache_next(const struct inode *inode, uint64_t *index, uint64_t end)
{
    if (end > inode->cache_slots)
        end = inode->cache_slots;
    while (*index < end) {
        uint64_t span;
        struct page **slot = slot_or_gap(inode, *index, &span);
        uint64_t row_end = slot != NULL ? (*index | (NODE_SLOTS - 1)) + 1 : (*index | (span - 1)) + 1;
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

struct page *pagecache_find_any(struct inode *inode, uint64_t index)
{
    struct page **slot = pageindex_slot(inode, index);

    if (slot == NULL || *slot == NULL)
        return NULL;
    page_get(*slot);
    (*slot)->flags |= PAGE_ACCESSED;
    return *slot;
}

struct page *pagecache_find(struct inode *inode, uint64_t index)
{
    struct page **slot = pageindex_slot(inode, index);

    if (slot == NULL || *slot == NULL || ((*slot)->flags & (PAGE_UPTODATE | PAGE_READAHEAD)) != PAGE_UPTODATE)
        return NULL;
    page_get(*slot);
    (*slot)->flags |= PAGE_ACCESSED;
    return *slot;
}

static int insert(struct inode *inode, uint64_t index, struct page *page, uint32_t flags)
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
    if (page->flags & PAGE_WINDOW) { /* no memory: nothing is to be had by dropping it */
        page->flags = flags | PAGE_WINDOW;
        return 0;
    }
    pagecache_pages++;
    pagecache_memory_pages += inode->ops->count_page != NULL;
    page->flags = flags;
    if (list_is_empty(&inode->cached) && inode->ops->read_pages != NULL)
        list_insert(&pageindex_inodes, &inode->cached);
    return 0;
}

int pagecache_insert(struct inode *inode, uint64_t index, struct page *page)
{
    return insert(inode, index, page, PAGE_UPTODATE);
}

int pagecache_insert_locked(struct inode *inode, uint64_t index, struct page *page)
{
    return insert(inode, index, page, PAGE_LOCKED);
}

void pageindex_clear(struct inode *inode, uint64_t index)
{
    struct page **slot = pageindex_slot(inode, index), *page = *slot;

    pagecache_pages -= !(page->flags & PAGE_WINDOW);
    pagecache_memory_pages -= inode->ops->count_page != NULL;
    if (inode->ops->count_page != NULL)
        inode->ops->count_page(inode, false);
    if (page->flags & PAGE_DIRTY)
        pageindex_dirty_count--;
    *slot = NULL;
    page_done(page, ~PAGE_WINDOW);
    page_put(page);
}

void pageindex_free(struct inode *inode)
{
    tree_free(inode->cache, inode->cache_slots);
    inode->cache = NULL;
    inode->cache_slots = 0;
}
