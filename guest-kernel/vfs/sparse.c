/* SPDX-License-Identifier: Apache-2.0 */
/* sparse.c - holes and room of files that are nowhere but in the page cache. */
#include "vfs/sparse.h"

#include "abi/errno.h"
#include "vfs/seal.h"

/* What fallocate(2) has put there is no data yet. */
static bool is_data(const struct page *page)
{
    return !(page->flags & PAGE_RESERVED);
}

/* The first index from `index` on, before `end`, that has no data. */
static uint64_t hole_find(const struct inode *inode, uint64_t index, uint64_t end)
{
    for (; index < end; index++) {
        struct page **slot = pageindex_slot(inode, index);
        if (slot == NULL || *slot == NULL || !is_data(*slot))
            break;
    }
    return index;
}

/* The first one that has; `end`: none. */
static uint64_t data_find(const struct inode *inode, uint64_t index, uint64_t end)
{
    const struct page *page;

    for (; (page = pagecache_next(inode, &index, end)) != NULL; index++)
        if (is_data(page))
            return index;
    return end;
}

int64_t sparse_seek(const struct inode *inode, uint64_t pos, bool hole)
{
    uint64_t end = (inode->size + PAGE_MASK) >> PAGE_SHIFT, first = pos >> PAGE_SHIFT;
    uint64_t found = hole ? hole_find(inode, first, end) : data_find(inode, first, end);
    uint64_t at = found << PAGE_SHIFT;

    if (!hole && found == end)
        return -ENXIO;
    if (at > inode->size)
        at = inode->size;
    return (int64_t)(at > pos ? at : pos);
}

int sparse_reserve(struct inode *inode, uint64_t index)
{
    struct page **slot = pageindex_slot(inode, index);

    if (slot != NULL && *slot != NULL) {
        (*slot)->flags &= ~(uint32_t)PAGE_RESERVED;
        return 0;
    }
    struct page *page = pagecache_alloc(true);
    if (page == NULL)
        return -ENOMEM;
    int error = pagecache_insert(inode, index, page);
    if (error == 0)
        page->flags |= PAGE_RESERVED;
    page_put(page);
    return error;
}

void sparse_unreserve(struct inode *inode, uint64_t first, uint64_t end)
{
    const struct page *page;

    for (; (page = pagecache_next(inode, &first, end)) != NULL; first++)
        if (!is_data(page))
            pageindex_clear(inode, first);
}

int sparse_punch(struct inode *inode, uint64_t start, uint64_t end)
{
    if (inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
        return -EPERM;
    pagecache_punch(inode, start, end);
    return 0;
}

void sparse_grow(struct inode *inode, uint64_t size)
{
    pagecache_grow(inode);
    inode->size = size;
}
