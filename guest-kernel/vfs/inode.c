/* SPDX-License-Identifier: Apache-2.0 */
/* inode.c - life and death of inodes, and the inode cache. */
#include "abi/errno.h"
#include "core/log.h"
#include "lib/large_table.h"
#include "mm/kmalloc.h"
#include "vfs/flusher.h"
#include "vfs/icache.h"
#include "vfs/inode_punch.h"
#include "vfs/pagecache.h"
#include "vfs/pageio.h"

#define HASH_SLOTS 8192u
#define IDLE_MAX 512u    /* inodes kept without references, but for dirty ones */
#define IDLE_LOOKS 32u   /* at those that might go */
#define LARGE_SLOTS 512u /* pages that a file may have without its end giving way */

static struct inode *hash_table[HASH_SLOTS] LARGE_TABLE;
static struct list idle_inodes = {&idle_inodes, &idle_inodes};
static unsigned idle_count;

static void object_get(struct vm_object *object)
{
    struct inode *inode = container_of(object, struct inode, object);

    inode->fs->mapped++;
    inode_get(inode);
}

static void object_put(struct vm_object *object)
{
    struct inode *inode = container_of(object, struct inode, object);

    inode->fs->mapped--;
    inode_put_in_turns(inode);
}

/* Linux's mappings keep their open file, which counts as one that writes. */
static void object_count_writable(struct vm_object *object, bool comes)
{
    struct inode *inode = container_of(object, struct inode, object);

    if (comes)
        (void)inode_write_get(inode); /* can't fail: a file that is open for writing doesn't run */
    else
        inode_write_put(inode);
    if (!comes && inode->writers == 0 && inode->ops->all_closed != NULL)
        inode->ops->closed(inode);
}

static const struct vm_object_ops object_ops = {.page = pagecache_object_page,
                                                .find = pagecache_object_find,
                                                .punch = inode_object_punch,
                                                .count_writable = object_count_writable,
                                                .get = object_get,
                                                .put = object_put};

struct inode *inode_of_object(struct vm_object *object)
{
    return object->ops->get == object_get ? container_of(object, struct inode, object)
                                          : NULL; /* of some, others differ */
}

void inode_init(struct inode *inode, struct filesystem *fs, const struct inode_ops *ops, uint64_t number, uint32_t mode)
{
    inode->object.ops = &object_ops;
    inode->ops = ops;
    inode->fs = fs;
    if (fs != NULL)
        fs->inodes++;
    inode->number = number;
    inode->mode = mode;
    inode->links = 1;
    inode->refs = 1;
    mutex_set_rank(&inode->lock, S_ISDIR(mode) ? RANK_DIRECTORY : RANK_INODE);
    list_init(&inode->cached);
    list_init(&inode->dirties);
    list_init(&inode->idle);
    list_init(&inode->dentries);
}

static struct inode **hash_slot(uint64_t key)
{
    return &hash_table[(key ^ (key >> 10) ^ (key >> 20)) % HASH_SLOTS];
}

struct inode *icache_find(const struct filesystem *fs, uint64_t key)
{
    for (struct inode *inode = *hash_slot(key); inode != NULL; inode = inode->hash_next) {
        if (inode->key == key && inode->fs == fs) {
            inode_get(inode);
            return inode;
        }
    }
    return NULL;
}

void icache_insert(struct inode *inode, uint64_t key)
{
    struct inode **slot = hash_slot(key);

    inode->key = key;
    inode->hashed = true;
    inode->hash_next = *slot;
    *slot = inode;
}

void icache_remove(struct inode *inode)
{
    if (!inode->hashed)
        return;
    struct inode **at = hash_slot(inode->key);
    while (*at != inode)
        at = &(*at)->hash_next;
    *at = inode->hash_next;
    inode->hashed = false;
}

int inode_write_get(struct inode *inode)
{
    if (inode->writers < 0)
        return -ETXTBSY;
    inode->writers++;
    inode->fs->writers++;
    return 0;
}

void inode_write_put(struct inode *inode)
{
    inode->writers--;
    inode->fs->writers--;
}

int inode_run_get(struct inode *inode)
{
    if (inode->writers > 0)
        return -ETXTBSY;
    inode->writers--;
    return 0;
}

void inode_run_put(struct inode *inode)
{
    inode->writers++;
}

void inode_get(struct inode *inode)
{
    if (inode->refs++ == 0) { /* it was idle */
        list_remove(&inode->idle);
        idle_count--;
    }
}

static void inode_free(struct inode *inode)
{
    struct filesystem *fs = inode->fs;

    icache_remove(inode);
    pagecache_drop(inode);
    list_remove(&inode->dirties);
    inode->ops->release(inode);
    if (fs != NULL && --fs->inodes == 1 && fs->let_go_of != NULL)
        fs->let_go_of(fs);
}

static bool is_dirty(const struct inode *inode)
{
    return inode->dirty || inode->meta_dirty;
}

/* One that is dirty, when the file system goes, could not be stored: the next sync tells, if there is one. */
static void idle_evict(struct inode *inode)
{
    list_remove(&inode->idle);
    idle_count--;
    if (is_dirty(inode) && inode->fs->write_error == 0)
        inode->fs->write_error = -EIO;
    inode->refs = 1;
    inode_free(inode);
}

void (*inode_leaving)(struct inode *inode);

/* The oldest that is clean; NULL: none is, among the first few. Those go to the end, so that the next look is at
 * others: of many whose atime alone is to be stored all get dirty before the flusher comes, and not a few for each
 * time. */
static struct inode *idle_clean(void)
{
    unsigned looked = 0;

    for (struct list *at = idle_inodes.next, *next; at != &idle_inodes && looked < IDLE_LOOKS; at = next, looked++) {
        struct inode *inode = container_of(at, struct inode, idle);
        next = at->next;
        if (inode->atime_alone)
            inode_leaving(inode);
        if (!is_dirty(inode))
            return inode;
        list_remove(at);
        list_insert(&idle_inodes, at);
    }
    return NULL;
}

static void idle_limit(void)
{
    static bool busy; /* evicting the last child of a directory makes that idle */
    struct inode *inode;

    if (busy)
        return;
    busy = true;
    while (idle_count > IDLE_MAX && (inode = idle_clean()) != NULL)
        idle_evict(inode);
    busy = false;
    if (idle_count > 2 * IDLE_MAX)
        flusher_wake();
}

/* The last reference is gone. What is dirty the flusher stores. */
static void inode_idle(struct inode *inode)
{
    inode->refs = 0;
    list_insert(&idle_inodes, &inode->idle);
    idle_count++;
    idle_limit();
}

/* Drops those of the file system that nobody uses; `stored`: but not what is still to be stored. */
static void idle_drop(const struct filesystem *fs, bool stored)
{
    struct list *at = idle_inodes.next;

    while (at != &idle_inodes) {
        struct inode *inode = container_of(at, struct inode, idle);
        at = at->next;
        if (inode->fs == fs && !(stored && is_dirty(inode))) {
            inode_get(inode); /* or it might go while this waits */
            page_runs_wait(inode);
            if (!stored && inode->cache_slots > LARGE_SLOTS)
                pagecache_drop_in_turns(inode);
            if (--inode->refs == 0) {
                list_insert(&idle_inodes, &inode->idle);
                idle_count++;
                if (!(stored && is_dirty(inode))) /* by now */
                    idle_evict(inode);
            }
            at = idle_inodes.next; /* its parent may have become idle, or moved */
        }
    }
}

void icache_drop_idle(const struct filesystem *fs)
{
    idle_drop(fs, false);
}

void (*inode_watched_put)(struct inode *inode);

void inode_put(struct inode *inode)
{
    if (inode == NULL)
        return;
    if (inode->refs > 1) {
        inode->refs--;
        if (inode->watches != NULL && inode->links == 0 && list_is_empty(&inode->dentries))
            inode_watched_put(inode);
    } else if (inode->hashed && inode->links != 0) {
        const struct filesystem *fs = inode->fs;
        inode_idle(inode);
        if (fs->let_go_of != NULL)
            idle_drop(fs, true); /* it is not mounted any more, and goes with the last of them */
    } else {
        inode_free(inode);
    }
}

void inode_put_in_turns(struct inode *inode)
{
    if (inode != NULL && inode->refs == 1 && inode->links == 0 && inode->cache_slots > LARGE_SLOTS &&
        list_is_empty(&inode->dentries))
        pagecache_drop_in_turns(inode);
    inode_put(inode);
}
