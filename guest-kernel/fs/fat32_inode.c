/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fat32_inode.c - files in memory. FAT has no inodes: what tells a file is the place of its directory entry, which
 * makes its number. A file that is renamed or removed while in use keeps its number, and if its old place gets a new
 * file, that one is numbered otherwise until both are forgotten.
 */
#include "abi/errno.h"
#include "abi/fsflags.h"
#include "core/clock.h"
#include "fs/fat32.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

#define ROOT_NUMBER 1u
#define FIRST_OTHER_NUMBER (1ull << 48) /* above all places: a cluster and 16 bits of slot */

/* Clusters of a directory say how long it is; its entry's size is 0. */
static int read_dir_size(struct fat_inode *fi)
{
    unsigned shift = fat_of(&fi->inode)->cluster_shift;
    uint32_t limit = FAT_DIR_SIZE_MAX >> shift, clusters;
    int error = fat_chain_length(fi, limit != 0 ? limit : 1, &clusters);

    if (error == 0 && clusters == 0)
        error = fat_damaged(fat_of(&fi->inode), "a directory has no clusters");
    fi->inode.size = (uint64_t)clusters << shift;
    if (fi->inode.size > FAT_DIR_SIZE_MAX) /* one large cluster */
        fi->inode.size = FAT_DIR_SIZE_MAX;
    return error;
}

static void read_entry(struct fat_inode *fi, const struct fat_slot *entry)
{
    struct inode *inode = &fi->inode;

    fi->attributes = entry->attributes;
    fi->start = ((uint32_t)entry->cluster_high << 16 | entry->cluster_low) & FAT_MASK;
    inode->size = entry->size;
    inode->mtime = inode->ctime = fat_time_read(entry->write_date, entry->write_time, 0);
    inode->atime = fat_time_read(entry->access_date, 0, 0);
}

static bool number_is_taken(const struct fat_fs *fat, uint64_t number)
{
    for (const struct list *at = fat->displaced.next; at != &fat->displaced; at = at->next) {
        if (container_of(at, const struct fat_inode, displaced)->inode.number == number)
            return true;
    }
    return false;
}

static void choose_number(struct fat_fs *fat, struct fat_inode *fi, uint64_t place)
{
    fi->inode.number = place;
    if (number_is_taken(fat, place)) {
        fi->inode.number = FIRST_OTHER_NUMBER + fat->last_number++;
        list_insert(&fat->displaced, &fi->displaced);
    }
}

static struct fat_inode *inode_create(struct fat_fs *fat, uint32_t mode)
{
    struct fat_inode *fi = kmalloc(sizeof(*fi));

    if (fi == NULL)
        return NULL;
    inode_init(&fi->inode, &fat->fs, S_ISDIR(mode) ? fat->dir_ops : fat->file_ops, 0, mode);
    list_init(&fi->displaced);
    list_init(&fi->grown);
    return fi;
}

int fat_inode_get(struct inode *dir, uint32_t slot, const struct fat_slot *entry, struct inode **out)
{
    struct fat_fs *fat = fat_of(dir);
    uint64_t place = fat_place_number(dir, slot);
    uint32_t mode = 0755 & (entry->attributes & FAT_READ_ONLY ? ~0222u : ~0u);

    *out = icache_find(&fat->fs, place);
    if (*out != NULL)
        return 0;
    struct fat_inode *fi = inode_create(fat, entry->attributes & FAT_DIRECTORY ? S_IFDIR | 0755 : S_IFREG | mode);
    if (fi == NULL)
        return -ENOMEM;
    read_entry(fi, entry);
    fi->slot = slot;
    int error = S_ISDIR(fi->inode.mode) ? read_dir_size(fi) : 0;
    if (error != 0) {
        inode_put(&fi->inode);
        return error;
    }
    fi->valid = fi->inode.size;
    fi->dir = dir;
    inode_get(dir);
    choose_number(fat, fi, place);
    icache_insert(&fi->inode, place);
    *out = &fi->inode;
    return 0;
}

int fat_inode_root(struct fat_fs *fat, struct inode **out)
{
    int error = fat_inode_dir(fat, fat->root_cluster, out);

    if (error == 0)
        (*out)->flags = FS_NOATIME_FL; /* it has no entry to keep any time in */
    return error;
}

int fat_inode_dir(struct fat_fs *fat, uint32_t start, struct inode **out)
{
    struct fat_inode *fi = inode_create(fat, S_IFDIR | 0755);

    if (fi == NULL)
        return -ENOMEM;
    fi->start = start;
    fi->inode.number = ROOT_NUMBER;
    int error = read_dir_size(fi);
    if (error != 0) {
        inode_put(&fi->inode);
        return error;
    }
    fi->valid = fi->inode.size;
    *out = &fi->inode;
    return 0;
}

static void displace(struct fat_inode *fi)
{
    if (list_is_empty(&fi->displaced))
        list_insert(&fat_of(&fi->inode)->displaced, &fi->displaced);
}

void fat_inode_move(struct fat_inode *fi, struct inode *dir, uint32_t slot)
{
    struct inode *old_dir = fi->dir;

    icache_remove(&fi->inode);
    displace(fi);
    inode_get(dir);
    fi->dir = dir;
    fi->slot = slot;
    icache_insert(&fi->inode, fat_place_number(dir, slot));
    inode_mark_dirty(&fi->inode);
    inode_put(old_dir);
}

void fat_inode_detach(struct fat_inode *fi)
{
    icache_remove(&fi->inode);
    displace(fi);
    list_remove(&fi->grown);
    fi->inode.links = 0;
}

/* Stores where the file is, how long, and when it changed. */
static void write_entry(const struct fat_inode *fi, struct fat_slot *entry)
{
    const struct inode *inode = &fi->inode;
    /* It may have grown since `valid` was made to reach its end: then it is dirty again, and the rest follows. */
    uint64_t size = inode->size < fi->valid ? inode->size : fi->valid;
    uint8_t hundredths;
    uint16_t time;

    entry->cluster_high = (uint16_t)(fi->start >> 16);
    entry->cluster_low = (uint16_t)fi->start;
    entry->size = S_ISDIR(inode->mode) ? 0 : (uint32_t)size;
    entry->attributes = fi->attributes;
    if (S_ISREG(inode->mode)) {
        entry->attributes &= (uint8_t)~FAT_READ_ONLY;
        entry->attributes |= inode->mode & 0222 ? 0 : FAT_READ_ONLY;
    }
    fat_time_write(inode->mtime, &entry->write_date, &entry->write_time, &hundredths);
    fat_time_write(inode->atime, &entry->access_date, &time, &hundredths);
}

int fat_write_inode(struct inode *inode)
{
    struct fat_inode *fi = fat_inode_of(inode);
    struct fat_cursor cursor = {.dir = fi->dir};
    struct fat_slot *slot;

    if (inode->links == 0)
        return 0;
    int error = fat_zero_until(fi, inode->size);
    if (error != 0 || inode == inode->fs->root)
        return error;
    error = fat_cursor_at(&cursor, fi->slot, &slot);
    if (error == 0 && slot == NULL)
        error = -EIO;
    if (error == 0) {
        write_entry(fi, slot);
        fat_cursor_changed(&cursor, fi->slot);
    }
    fat_cursor_done(&cursor);
    return error;
}

/* As Linux's fat_sanitize_mode: a file may lose its right to be written, and nothing else is kept. */
static bool mode_is_kept(const struct inode *inode, uint32_t mode)
{
    return (mode & 0555) == (inode->mode & 0555) && (S_ISREG(inode->mode) || (mode & 0200));
}

int fat_set_attr(struct inode *inode, struct attr_change *change)
{
    if (((change->which & ATTR_UID) && change->uid != 0) || ((change->which & ATTR_GID) && change->gid != 0))
        return -EPERM;
    if (!(change->which & ATTR_MODE))
        return 0;
    if (change->mode & ~0777u)
        return -EPERM;
    change->mode &= 0755;
    if (!mode_is_kept(inode, change->mode))
        change->which &= ~(unsigned)ATTR_MODE;
    return 0;
}

int fat_reserve(struct inode *inode, uint64_t size)
{
    if (size > FAT_FILE_SIZE_MAX)
        return -EFBIG;
    uint32_t clusters = fat_clusters_for(fat_of(inode), size);
    int error = fat_chain_grow(fat_inode_of(inode), clusters);
    if (error == -ENOSPC && fat_give_back(fat_of(inode)) == 0)
        error = fat_chain_grow(fat_inode_of(inode), clusters);
    return error;
}

int fat_truncate(struct inode *inode, uint64_t size)
{
    struct fat_inode *fi = fat_inode_of(inode);

    if (size > inode->size) {
        int error = fat_reserve(inode, size);
        if (error != 0)
            return error;
    }
    bool shrinks = size <= inode->size;
    inode->size = size;
    if (fi->valid > size)
        fi->valid = size;
    fi->attributes |= FAT_ARCHIVE;
    inode_mark_dirty(inode);
    return shrinks ? fat_chain_cut(fi, fat_clusters_for(fat_of(inode), size)) : 0;
}

/* The directory's reference goes too, which may be the last one, and so on up: one after the other, as directories nest
 * deeper than a stack does. */
static void dir_let_go(struct fat_inode *fi)
{
    static struct fat_inode *dying;
    static bool busy;

    fi->dying_next = dying;
    dying = fi;
    if (busy)
        return;
    busy = true;
    while (dying != NULL) {
        struct inode *dir = dying->dir;
        fi = dying;
        dying = fi->dying_next;
        kfree(fi);
        inode_put(dir);
    }
    busy = false;
}

int fat_allocate(struct inode *inode, uint32_t mode, uint64_t pos, uint64_t size)
{
    if (mode & ~FALLOC_FL_KEEP_SIZE)
        return -EOPNOTSUPP;
    if (pos + size <= inode->size)
        return 0;
    if (mode & FALLOC_FL_KEEP_SIZE) /* room beyond the end would have to be given back at the last close */
        return -EOPNOTSUPP;
    int error = fat_truncate(inode, pos + size);
    if (error == 0)
        inode->mtime = inode->ctime = (int64_t)clock_realtime_ns();
    return error;
}

void fat_release(struct inode *inode)
{
    struct fat_inode *fi = fat_inode_of(inode);

    if (inode->links == 0 && fi->start != 0)
        fat_chain_cut(fi, 0);
    fat_chain_forget(fi);
    list_remove(&fi->displaced);
    list_remove(&fi->grown);
    dir_let_go(fi);
}
