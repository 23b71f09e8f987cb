/* SPDX-License-Identifier: Apache-2.0 */
/* shrink.c - what memory the page cache may have, and how it gives some back. */
#include "vfs/pagecache.h"

static int (*store_all)(void); /* set once, when the root is mounted */

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
        pageindex_clear(inode, index);
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
    while (done < pages && !list_is_empty(&pageindex_inodes)) {
        struct inode *inode = container_of(pageindex_inodes.next, struct inode, cached);
        list_remove(&inode->cached);
        list_insert(&seen, &inode->cached);
        if (may_write && inode->dirty && S_ISREG(inode->mode)) /* of others the file system knows the order */
            pagecache_write_back(inode);                       /* an error is told by the next sync: they stay dirty */
        done += shrink_inode(inode, pages - done);
    }
    while (!list_is_empty(&seen)) {
        struct list *first = seen.next;
        list_remove(first);
        list_insert(&pageindex_inodes, first);
    }
    return done;
}

void pagecache_set_store(int (*store)(void))
{
    store_all = store;
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
    if (may_write && done < pages && store_all != NULL && store_all() == 0)
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
