/* SPDX-License-Identifier: Apache-2.0 */
/* shrink.c - what memory the page cache may have, and how it gives some back. */
#include "vfs/pagecache.h"

static int (*store_all)(void); /* set once, when the root is mounted */

/* How far a round goes. */
struct effort {
    bool may_write; /* stores dirty pages, so that they can go */
    bool may_unmap; /* takes pages that programs have mapped, too */
};

/* Nobody but the cache has the page, and programs who map it as far as it can be taken from them. (One that is locked
 * or being written is held by whoever does that.) */
static bool can_go(const struct page *page, bool may_unmap)
{
    if (page->refs - page->map_count > 1 || (page->flags & PAGE_DIRTY))
        return false;
    return page->map_count == 0 || may_unmap;
}

static uint64_t shrink_inode(struct inode *inode, uint64_t pages, bool may_unmap)
{
    uint64_t done = 0, index = 0;
    struct page *page;

    for (; done < pages && (page = pagecache_next(inode, &index, UINT64_MAX)) != NULL; index++) {
        if (!can_go(page, may_unmap))
            continue;
        if (page->flags & PAGE_ACCESSED) { /* gets a second chance */
            page->flags &= ~(uint32_t)PAGE_ACCESSED;
            continue;
        }
        if (page->map_count != 0 &&
            (object_page_is_locked(&inode->object, index, page) || !object_unmap_page(&inode->object, index, page)))
            continue;
        pageindex_clear(inode, index);
        done++;
    }
    return done;
}

/* One round over all inodes, each time beginning where the last one ended. */
static uint64_t shrink_round(uint64_t pages, struct effort effort)
{
    uint64_t done = 0;
    struct list seen;

    list_init(&seen);
    while (done < pages && !list_is_empty(&pageindex_inodes)) {
        struct inode *inode = container_of(pageindex_inodes.next, struct inode, cached);
        list_remove(&inode->cached);
        list_insert(&seen, &inode->cached);
        if (effort.may_write && inode->dirty && S_ISREG(inode->mode)) /* of others the file system knows the order */
            pagecache_write_back(inode); /* an error is told by the next sync: they stay dirty */
        done += shrink_inode(inode, pages - done, effort.may_unmap);
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

/* Two rounds: in the first, pages that were used lately get a second chance. */
static uint64_t shrink_twice(uint64_t pages, struct effort effort)
{
    uint64_t done = 0;

    for (int round = 0; round < 2 && done < pages; round++)
        done += shrink_round(pages - done, effort);
    return done;
}

static uint64_t shrink(uint64_t pages, struct effort effort)
{
    static bool busy; /* storing pages may need some */

    if (busy)
        return 0;
    busy = true;
    uint64_t done = shrink_twice(pages, (struct effort){0});
    if (effort.may_write && done < pages)
        done += shrink_twice(pages - done, (struct effort){.may_write = true});
    if (effort.may_write && done < pages && store_all != NULL && store_all() == 0)
        done += shrink_round(pages - done, (struct effort){0});
    if (effort.may_unmap && done < pages)
        done += shrink_twice(pages - done, (struct effort){.may_unmap = true});
    busy = false;
    return done;
}

uint64_t vfs_shrink(uint64_t pages, bool may_write)
{
    return shrink(pages, (struct effort){.may_write = may_write});
}

/* There is nothing left: what programs have mapped, and will miss, goes too. */
uint64_t pagecache_reclaim(uint64_t pages)
{
    return shrink(pages, (struct effort){.may_unmap = true});
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
