/* SPDX-License-Identifier: Apache-2.0 */
/* writeback.c - what is dirty, and its way to the disk. */
#include "abi/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/pagecache.h"
#include "vfs/pageio.h"

#define RUN_FEW 16u     /* pages that are stored at once without memory for the list */
#define STORING_MAX 32u /* runs under way */

static struct list dirty_inodes = {&dirty_inodes, &dirty_inodes};

static void dirty_list_add(struct inode *inode)
{
    if (list_is_empty(&inode->dirties))
        list_insert(&dirty_inodes, &inode->dirties);
}

void inode_mark_dirty(struct inode *inode)
{
    if (inode->ops->write_inode == NULL)
        return;
    inode->meta_dirty = true;
    dirty_list_add(inode);
}

void pagecache_mark_dirty(struct inode *inode, uint64_t index, struct page *page)
{
    if (inode->ops->write_pages == NULL) {
        page->flags &= ~(uint32_t)PAGE_RESERVED;
        return;
    }
    page->flags |= PAGE_DIRTY;
    if (!inode->dirty) {
        inode->dirty = true;
        inode->dirty_first = inode->dirty_last = index;
        dirty_list_add(inode);
    } else if (index < inode->dirty_first) {
        inode->dirty_first = index;
    } else if (index > inode->dirty_last) {
        inode->dirty_last = index;
    }
}

/* What a mapping wrote beyond the file's end must not get to the disk. */
static void clean_tail(const struct inode *inode, uint64_t index, struct page *page)
{
    if (inode->size >> PAGE_SHIFT == index)
        memset((char *)page_data(page) + (inode->size & PAGE_MASK), 0, PAGE_SIZE - (inode->size & PAGE_MASK));
}

/* The next run of at most `most` dirty pages before `end`, marked clean, each with a reference. *index becomes its
 * first. */
static unsigned run_take(struct inode *inode, uint64_t *index, uint64_t end, struct page **run, unsigned most)
{
    unsigned count = 0;
    struct page *page;

    for (uint64_t at = *index; count < most && (page = pagecache_next(inode, &at, end)) != NULL; at++) {
        if (!(page->flags & PAGE_DIRTY) || (count != 0 && at != *index + count)) {
            if (count != 0)
                break;
            continue;
        }
        if (count == 0)
            *index = at;
        if (page->flags & PAGE_MAPPED_WRITE)
            clean_tail(inode, at, page);
        page->flags &= ~(uint32_t)PAGE_DIRTY;
        page_get(page);
        run[count++] = page;
    }
    return count;
}

static void run_done(struct inode *inode, uint64_t index, struct page **run, unsigned count, bool failed)
{
    for (unsigned i = 0; i < count; i++) {
        bool mapped = (run[i]->flags & PAGE_MAPPED_WRITE) && run[i]->refs > 2; /* the cache, us, and a mapping */
        if (!mapped)
            run[i]->flags &= ~(uint32_t)PAGE_MAPPED_WRITE;
        if (mapped || failed)
            pagecache_mark_dirty(inode, index + i, run[i]);
        page_put(run[i]);
    }
}

/* ---- several runs at a time ---- */

struct storing { /* what is under way, oldest first */
    struct inode *inode;
    struct page_run *first, **last;
    unsigned count;
    int result; /* the first error */
};

static void storing_finish_first(struct storing *storing)
{
    struct page_run *run = storing->first;
    int error = page_run_finish(run);

    storing->first = run->next;
    if (storing->first == NULL)
        storing->last = &storing->first;
    storing->count--;
    run_done(storing->inode, run->index, run->pages, run->count, error != 0);
    kfree(run);
    if (error != 0 && storing->result == 0)
        storing->result = error;
}

/* Starts as much of the run as can be; the rest, or all of it, is stored right here. */
static void storing_add(struct storing *storing, uint64_t index, struct page **pages, unsigned count)
{
    while (count != 0) {
        struct page_run *run = page_run_start(storing->inode, true, index, pages, count);
        if (run == NULL)
            break;
        *storing->last = run;
        storing->last = &run->next;
        if (++storing->count == STORING_MAX)
            storing_finish_first(storing);
        index += run->count;
        pages += run->count;
        count -= run->count;
    }
    int error = count != 0 ? storing->inode->ops->write_pages(storing->inode, index, pages, count) : 0;
    if (count != 0)
        run_done(storing->inode, index, pages, count, error != 0);
    if (error != 0 && storing->result == 0)
        storing->result = error;
}

static int runs_write(struct inode *inode, struct page **run, unsigned most)
{
    struct storing storing = {.inode = inode, .last = &storing.first};
    uint64_t index = inode->dirty_first, end = inode->dirty_last + 1;
    unsigned count;

    inode->dirty = false;
    while (storing.result == 0 && (count = run_take(inode, &index, end, run, most)) != 0) {
        storing_add(&storing, index, run, count);
        index += count;
    }
    while (storing.first != NULL)
        storing_finish_first(&storing);
    if (storing.result != 0) /* what comes after is still dirty */
        inode->dirty_last = end - 1;
    return storing.result;
}

int pagecache_write_back(struct inode *inode)
{
    struct page *few[RUN_FEW], **many = NULL;

    if (!inode->dirty)
        return 0;
    if (inode->dirty_last - inode->dirty_first >= RUN_FEW)
        many = kmalloc(PAGECACHE_BATCH * sizeof(*many));
    int error = many != NULL ? runs_write(inode, many, PAGECACHE_BATCH) : runs_write(inode, few, RUN_FEW);
    kfree(many);
    return error;
}

int inode_write_back(struct inode *inode)
{
    int error = pagecache_write_back(inode);

    if (error == 0 && inode->meta_dirty) {
        inode->meta_dirty = false;
        error = inode->ops->write_inode(inode);
        if (error != 0)
            inode->meta_dirty = true;
    }
    if (!inode->dirty && !inode->meta_dirty)
        list_remove(&inode->dirties);
    return error;
}

struct inode *writeback_first(const struct filesystem *fs, uint32_t type)
{
    for (struct list *at = dirty_inodes.next; at != &dirty_inodes; at = at->next) {
        struct inode *inode = container_of(at, struct inode, dirties);
        if (inode->fs == fs && (inode->mode & S_IFMT) == type)
            return inode;
    }
    return NULL;
}

void writeback_put_back(struct list *list)
{
    while (!list_is_empty(list)) {
        struct list *first = list->next;
        list_remove(first);
        list_insert(&dirty_inodes, first);
    }
}
