/* SPDX-License-Identifier: Apache-2.0 */
/* ramfs.c - files that live in the page cache alone: the root when there is no disk, and /dev/shm. */
#include "abi/errno.h"
#include "core/clock.h"
#include "lib/list.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "fs/memory.h"
#include "vfs/pagecache.h"

#define RAMFS_MAGIC 0x858458f6

struct ramfs {
    struct filesystem fs;
    uint64_t last_number;
    uint64_t pages; /* that files have: at most half of the memory, as in Linux's tmpfs; holes don't count */
};

struct ramfs_inode {
    struct inode inode;
    struct list entries; /* of a directory, oldest first */
    uint64_t last_cookie;
};

struct ramfs_entry {
    struct list list;
    struct inode *inode; /* holds a reference: the name keeps the file alive */
    uint64_t cookie;     /* the position in listings */
    size_t length;
    char name[];
};

static const struct inode_ops ramfs_file_ops, ramfs_dir_ops;

static struct ramfs_inode *ramfs_of(struct inode *inode)
{
    return container_of(inode, struct ramfs_inode, inode);
}

static struct ramfs_entry *entry_of(struct list *at)
{
    return container_of(at, struct ramfs_entry, list);
}

static struct ramfs_inode *ramfs_inode_create(struct filesystem *fs, uint32_t mode, uint64_t now)
{
    struct ramfs *ramfs = container_of(fs, struct ramfs, fs);
    struct ramfs_inode *ri = kmalloc(sizeof(*ri));

    if (ri == NULL)
        return NULL;
    inode_init(&ri->inode, fs, S_ISDIR(mode) ? &ramfs_dir_ops : &ramfs_file_ops, ++ramfs->last_number, mode);
    ri->inode.atime = ri->inode.mtime = ri->inode.ctime = (int64_t)now;
    ri->inode.seals = S_ISREG(mode) ? F_SEAL_SEAL : 0; /* only a nameless one may get others: its maker's decision */
    list_init(&ri->entries);
    return ri;
}

static struct ramfs_entry *entry_find(struct inode *dir, const char *name, size_t length)
{
    struct list *head = &ramfs_of(dir)->entries;

    for (struct list *at = head->next; at != head; at = at->next) {
        struct ramfs_entry *entry = entry_of(at);
        if (entry->length == length && memcmp(entry->name, name, length) == 0)
            return entry;
    }
    return NULL;
}

/* Takes over the caller's reference to `inode`. */
static int entry_add(struct inode *dir, const char *name, size_t length, struct inode *inode)
{
    struct ramfs_entry *entry = kmalloc(sizeof(*entry) + length);

    if (entry == NULL)
        return -ENOMEM;
    memcpy(entry->name, name, length);
    entry->length = length;
    entry->inode = inode;
    entry->cookie = ++ramfs_of(dir)->last_cookie;
    list_insert(&ramfs_of(dir)->entries, &entry->list);
    return 0;
}

static void entry_remove(struct ramfs_entry *entry)
{
    list_remove(&entry->list);
    inode_put(entry->inode);
    kfree(entry);
}

static int ramfs_lookup(struct inode *dir, const char *name, size_t length, struct inode **out)
{
    struct ramfs_entry *entry = entry_find(dir, name, length);

    if (entry == NULL)
        return -ENOENT;
    *out = entry->inode;
    inode_get(*out);
    return 0;
}

static int ramfs_create(struct inode *dir, const char *name, size_t length, uint32_t mode, uint64_t rdev,
                        struct inode **out)
{
    if (S_ISCHR(mode) || S_ISBLK(mode))
        return -EPERM;
    struct ramfs_inode *ri = ramfs_inode_create(dir->fs, mode, clock_realtime_ns());

    (void)rdev;

    if (ri == NULL)
        return -ENOMEM;
    int error = entry_add(dir, name, length, &ri->inode);
    if (error != 0) {
        inode_put(&ri->inode);
        return error;
    }
    *out = &ri->inode;
    inode_get(*out);
    return 0;
}

static int ramfs_create_nameless(struct inode *dir, uint32_t mode, struct inode **out)
{
    struct ramfs_inode *ri = ramfs_inode_create(dir->fs, mode, clock_realtime_ns());

    if (ri == NULL)
        return -ENOMEM;
    ri->inode.links = 0;
    *out = &ri->inode;
    return 0;
}

static int ramfs_link(struct inode *dir, const char *name, size_t length, struct inode *inode)
{
    int error = entry_add(dir, name, length, inode);

    if (error == 0)
        inode_get(inode);
    return error;
}

static int ramfs_unlink(struct inode *dir, const char *name, size_t length, struct inode *victim)
{
    if (S_ISDIR(victim->mode) && !list_is_empty(&ramfs_of(victim)->entries))
        return -ENOTEMPTY;
    victim->links--;
    entry_remove(entry_find(dir, name, length));
    return 0;
}

static int ramfs_rename(struct inode *old_dir, const char *old_name, size_t old_length, struct inode *new_dir,
                        const char *new_name, size_t new_length, struct inode *victim, unsigned flags)
{
    if (flags & ~(unsigned)RENAME_NOREPLACE)
        return -EINVAL;
    struct ramfs_entry *entry = entry_find(old_dir, old_name, old_length);

    if (victim != NULL && S_ISDIR(victim->mode) && !list_is_empty(&ramfs_of(victim)->entries))
        return -ENOTEMPTY;
    int error = entry_add(new_dir, new_name, new_length, entry->inode);
    if (error != 0)
        return error;
    if (victim != NULL) {
        victim->links--;
        entry_remove(entry_find(new_dir, new_name, new_length)); /* the older one comes first */
    }
    list_remove(&entry->list);
    kfree(entry);
    return 0;
}

static int ramfs_read_dir(struct inode *dir, uint64_t pos, dir_emit *emit, void *arg)
{
    struct list *head = &ramfs_of(dir)->entries;

    for (struct list *at = head->next; at != head; at = at->next) {
        const struct ramfs_entry *entry = entry_of(at);
        if (entry->cookie <= pos)
            continue;
        unsigned type = (entry->inode->mode & S_IFMT) >> 12;
        if (!emit(arg, entry->name, entry->length, entry->inode->number, type, entry->cookie))
            break;
    }
    return 0;
}

static struct ramfs *ramfs_fs(const struct inode *inode)
{
    return container_of(inode->fs, struct ramfs, fs);
}

/* Files without bounds would take the memory that programs, and the kernel, need to remove them again. */
static int ramfs_count_page(struct inode *inode, bool comes)
{
    struct ramfs *ramfs = ramfs_fs(inode);

    if (comes && ramfs->pages >= page_total_count() / 2)
        return -ENOSPC;
    ramfs->pages += comes ? 1 : UINT64_MAX;
    return 0;
}

static int ramfs_count_links(struct inode *dir, uint32_t *out)
{
    struct list *head = &ramfs_of(dir)->entries;

    *out = 2;
    for (struct list *at = head->next; at != head; at = at->next)
        *out += S_ISDIR(entry_of(at)->inode->mode);
    return 0;
}

static int ramfs_truncate(struct inode *inode, uint64_t size)
{
    inode->size = size;
    return 0;
}

static void ramfs_release(struct inode *inode)
{
    struct ramfs_inode *ri = ramfs_of(inode);

    for (struct list *at = ri->entries.next, *next; at != &ri->entries; at = next) {
        next = at->next;
        entry_remove(entry_of(at));
    }
    kfree(ri);
}

static const struct inode_ops ramfs_file_ops = {
    .truncate = ramfs_truncate,
    .count_page = ramfs_count_page,
    .release = ramfs_release,
};
static const struct inode_ops ramfs_dir_ops = {
    .lookup = ramfs_lookup,
    .create = ramfs_create,
    .create_nameless = ramfs_create_nameless,
    .link = ramfs_link,
    .unlink = ramfs_unlink,
    .rename = ramfs_rename,
    .read_dir = ramfs_read_dir,
    .count_links = ramfs_count_links,
    .release = ramfs_release,
};

static void ramfs_statfs(struct filesystem *fs, struct vfs_statfs *out)
{
    uint64_t most = page_total_count() / 2, pages = container_of(fs, struct ramfs, fs)->pages;

    *out = (struct vfs_statfs){.type = RAMFS_MAGIC,
                               .block_size = PAGE_SIZE,
                               .blocks = most,
                               .blocks_free = most - pages,
                               .name_max = NAME_MAX};
}

/* A directory's entries become the root's, rather than that one calls itself as deep as directories go: each directory
 * below the root may hold a reference to its parent. */
static void ramfs_let_go(struct filesystem *fs)
{
    struct list *entries = &ramfs_of(fs->root)->entries;

    for (struct list *at = entries->next, *next; at != entries; at = next) {
        struct list *inner = &ramfs_of(entry_of(at)->inode)->entries;

        while (!list_is_empty(inner)) {
            struct list *moved = inner->next;

            list_remove(moved);
            list_insert(entries, moved);
        }
        next = at->next;
        entry_remove(entry_of(at));
    }
}

static void ramfs_unmount(struct filesystem *fs)
{
    kfree(container_of(fs, struct ramfs, fs));
}

static const struct filesystem_ops ramfs_ops = {
    .statfs = ramfs_statfs, .let_go = ramfs_let_go, .unmount = ramfs_unmount};

static int ramfs_mount(struct blk_device *dev, struct filesystem **out)
{
    struct ramfs *ramfs = kmalloc(sizeof(*ramfs));

    (void)dev;
    if (ramfs == NULL)
        return -ENOMEM;
    ramfs->fs.ops = &ramfs_ops;
    struct ramfs_inode *root = ramfs_inode_create(&ramfs->fs, S_IFDIR | 0755, clock_boot_realtime_ns());
    if (root == NULL) {
        kfree(ramfs);
        return -ENOMEM;
    }
    ramfs->fs.root = &root->inode;
    *out = &ramfs->fs;
    return 0;
}

const struct fs_type tmpfs_type = {"tmpfs", false, ramfs_mount};
