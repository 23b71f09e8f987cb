/* SPDX-License-Identifier: Apache-2.0 */
/* shrink.c - what memory the page cache may have, and how it gives some back. */
#include "vfs/flusher.h"
#include "vfs/pagecache.h"

static struct list shrinkers = {&shrinkers, &shrinkers};

void shrinker_add(struct shrinker *shrinker)
{
    list_insert(&shrinkers, &shrinker->all);
}

void shrinker_remove(struct shrinker *shrinker)
{
    list_remove(&shrinker->all);
}

static uint64_t shrink_others(uint64_t pages)
{
    uint64_t done = 0;

    for (struct list *at = shrinkers.next; at != &shrinkers && done < pages; at = at->next) {
        struct shrinker *shrinker = container_of(at, struct shrinker, all);
        done += shrinker->shrink(shrinker, pages - done);
    }
    return done;
}

static uint64_t shrink_inode(struct inode *inode, uint64_t pages, bool may_unmap)
{
    uint64_t done = 0, index = 0;
    struct page *page;

    for (; done < pages && (page = pagecache_next(inode, &index, UINT64_MAX)) != NULL; index++) {
        if (!pagecache_is_idle(page) || (page->map_count != 0 && !may_unmap))
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
static uint64_t shrink_round(uint64_t pages, bool may_unmap)
{
    uint64_t done = 0;
    struct list seen;

    list_init(&seen);
    while (done < pages && !list_is_empty(&pageindex_inodes)) {
        struct inode *inode = container_of(pageindex_inodes.next, struct inode, cached);
        list_remove(&inode->cached);
        list_insert(&seen, &inode->cached);
        done += shrink_inode(inode, pages - done, may_unmap);
    }
    while (!list_is_empty(&seen)) {
        struct list *first = seen.next;
        list_remove(first);
        list_insert(&pageindex_inodes, first);
    }
    return done;
}

/* Two rounds: in the first, pages that were used lately get a second chance. */
static uint64_t shrink_twice(uint64_t pages, bool may_unmap)
{
    uint64_t done = 0;

    for (int round = 0; round < 2 && done < pages; round++)
        done += shrink_round(pages - done, may_unmap);
    return done;
}

/* Waits with whatever lock the caller has that thread->wants_no_wait doesn't tell of: an inode's. */
uint64_t vfs_shrink(uint64_t pages, bool may_wait)
{
    uint64_t done = shrink_twice(pages, false);

    if (may_wait && done < pages && pageindex_dirty_count != 0 && flusher_wait())
        done += shrink_twice(pages - done, false);
    return done;
}

/* There is nothing left: what programs have mapped, and will miss, goes too. */
uint64_t pagecache_reclaim(uint64_t pages)
{
    uint64_t done = shrink_twice(pages, false);

    if (done < pages)
        done += shrink_others(pages - done);
    if (done < pages)
        done += shrink_twice(pages - done, true);
    return done != 0 ? done : flusher_use_reserve();
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
