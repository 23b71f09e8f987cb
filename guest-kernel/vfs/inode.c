/* SPDX-License-Identifier: Apache-2.0 */
/* inode.c - life and death of inodes, and the inode cache. */
#include "abi/errno.h"
#include "core/log.h"
#include "mm/kmalloc.h"
#include "vfs/icache.h"
#include "vfs/pagecache.h"

#define HASH_SLOTS 128u
#define IDLE_MAX 512u /* inodes kept without references */

static struct inode *hash_table[HASH_SLOTS];
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
    inode_put(inode);
}

static const struct vm_object_ops object_ops = {.page = pagecache_object_page,
                                                .find = pagecache_object_find,
                                                .punch = pagecache_object_punch,
                                                .get = object_get,
                                                .put = object_put};

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
    list_init(&inode->cached);
    list_init(&inode->dirties);
    list_init(&inode->idle);
    list_init(&inode->dentries);
}

static struct inode **hash_slot(uint64_t key)
{
    return &hash_table[(key ^ (key >> 7) ^ (key >> 16)) % HASH_SLOTS];
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
    return 0;
}

void inode_write_put(struct inode *inode)
{
    inode->writers--;
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

/* A file is stored by itself; when a directory may be, its file system knows. */
static int idle_store(struct inode *inode)
{
    if (!S_ISREG(inode->mode) && inode->fs->ops->sync != NULL)
        return inode->fs->ops->sync(inode->fs, false);
    return inode_write_back(inode);
}

/* False: it can't be stored now (an error, or its file system is just at it) and stays, unless `must`. */
static bool idle_evict(struct inode *inode, bool must)
{
    int error;

    list_remove(&inode->idle);
    idle_count--;
    inode->refs = 1; /* or storing it would make it idle again */
    error = is_dirty(inode) ? idle_store(inode) : 0;
    if (is_dirty(inode) && !must) {
        inode->refs = 0;
        list_insert(&idle_inodes, &inode->idle);
        idle_count++;
        return false;
    }
    if (is_dirty(inode) && inode->fs->write_error == 0)
        inode->fs->write_error = error != 0 ? error : -EIO;
    inode_free(inode);
    return true;
}

static void idle_limit(void)
{
    static bool busy; /* evicting the last child of a directory makes that idle */
    if (busy)
        return;
    busy = true;
    while (idle_count > IDLE_MAX && idle_evict(container_of(idle_inodes.next, struct inode, idle), false))
        ;
    busy = false;
}

/* The last reference is gone. Storing happens while it still counts as referenced. */
static void inode_idle(struct inode *inode)
{
    if (is_dirty(inode) && S_ISREG(inode->mode))
        inode_write_back(inode); /* on an error it stays dirty: the next sync tries again, and tells */
    readahead_end(inode);
    inode->refs = 0;
    list_insert(&idle_inodes, &inode->idle);
    idle_count++;
    idle_limit();
}

void inode_put(struct inode *inode)
{
    if (inode == NULL)
        return;
    if (inode->refs > 1) {
        inode->refs--;
    } else if (inode->hashed && inode->links != 0) {
        const struct filesystem *fs = inode->fs;
        inode_idle(inode);
        if (fs->let_go_of != NULL)
            icache_drop_idle(fs); /* it is not mounted any more, and goes with the last of them */
    } else {
        inode_free(inode);
    }
}

void icache_drop_idle(const struct filesystem *fs)
{
    struct list *at = idle_inodes.next;

    while (at != &idle_inodes) {
        struct inode *inode = container_of(at, struct inode, idle);
        at = at->next;
        if (inode->fs == fs) {
            idle_evict(inode, true);
            at = idle_inodes.next; /* its parent may have become idle, or moved */
        }
    }
}

int writeback_inodes(struct filesystem *fs, uint32_t type)
{
    struct inode *inode;
    struct list later; /* what stays dirty: shared mappings, errors. Or this would never end */
    int first_error = 0;

    list_init(&later);
    while ((inode = writeback_first(fs, type)) != NULL) {
        inode_get(inode);
        int error = inode_write_back(inode);
        if (error != 0 && first_error == 0) /* the others are stored all the same */
            first_error = error;
        if (inode->dirty || inode->meta_dirty) {
            list_remove(&inode->dirties);
            list_insert(&later, &inode->dirties);
        }
        inode_put(inode);
    }
    writeback_put_back(&later);
    return first_error;
}
