/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs.c - files that live in the page cache alone: the root when there is no disk, and /dev/shm. */
#include "fs/tmpfs.h"

#include "abi/errno.h"
#include "core/clock.h"
#include "core/thread.h"
#include "fs/memory.h"
#include "mm/kmalloc.h"
#include "vfs/pagecache.h"
#include "vfs/seal.h"

#define TMPFS_MAGIC 0x01021994

/* ---- what there may be ---- */

int tmpfs_room_take(struct tmpfs *tmpfs, uint64_t bytes)
{
    if (tmpfs->most_inodes == 0)
        return 0;
    if (tmpfs->inode_room < bytes)
        return -ENOSPC;
    tmpfs->inode_room -= bytes;
    return 0;
}

void tmpfs_room_give(struct tmpfs *tmpfs, uint64_t bytes)
{
    if (tmpfs->most_inodes != 0)
        tmpfs->inode_room += bytes;
}

/* Files without bounds would take the memory that programs, and the kernel, need to remove them again. */
int tmpfs_count_page(struct inode *inode, bool comes)
{
    struct tmpfs *tmpfs = tmpfs_of(inode->fs);

    if (comes && tmpfs->most_pages != 0 && tmpfs->pages >= tmpfs->most_pages)
        return -ENOSPC;
    tmpfs->pages += comes ? 1 : UINT64_MAX;
    tmpfs_inode_of(inode)->pages += comes ? 1 : UINT64_MAX;
    return 0;
}

/* ---- inodes ---- */

static const struct inode_ops *ops_for(uint32_t mode)
{
    if (S_ISREG(mode))
        return &tmpfs_file_ops;
    if (S_ISDIR(mode))
        return &tmpfs_dir_ops;
    return S_ISLNK(mode) ? &tmpfs_link_ops : &tmpfs_node_ops;
}

/* Whose it is (Linux's inode_init_owner): a directory with the bit for it gives its group on, and the bit as well to
 * directories. */
static void owner_init(struct inode *inode, const struct inode *dir)
{
    const struct cred *cred = &current_thread()->cred;

    inode->uid = cred->user.fs;
    inode->gid = cred->group.fs;
    if (dir != NULL && (dir->mode & S_ISGID)) {
        inode->gid = dir->gid;
        inode->mode |= S_ISDIR(inode->mode) ? S_ISGID : 0;
    }
}

int tmpfs_inode_create(struct filesystem *fs, const struct inode *dir, uint32_t mode, size_t text_size,
                       struct tmpfs_inode **out)
{
    struct tmpfs *tmpfs = tmpfs_of(fs);
    int error = tmpfs_room_take(tmpfs, TMPFS_INODE_SIZE);

    if (error != 0)
        return error;
    struct tmpfs_inode *ti = kmalloc(sizeof(*ti) + text_size);
    if (ti == NULL) {
        tmpfs_room_give(tmpfs, TMPFS_INODE_SIZE);
        return -ENOMEM;
    }
    inode_init(&ti->inode, fs, ops_for(mode), ++tmpfs->last_number, mode);
    owner_init(&ti->inode, dir);
    if (S_ISDIR(mode)) {
        ti->inode.links = 2; /* "." too */
        ti->inode.size = 2 * TMPFS_ENTRY_SIZE;
    }
    ti->inode.atime = (int64_t)(dir != NULL ? clock_realtime_ns() : clock_boot_realtime_ns());
    ti->inode.mtime = ti->inode.ctime = ti->inode.atime;
    ti->inode.seals = S_ISREG(mode) ? F_SEAL_SEAL : 0; /* only a nameless one may get others: its maker's decision */
    *out = ti;
    return 0;
}

void tmpfs_release(struct inode *inode)
{
    struct tmpfs_inode *ti = tmpfs_inode_of(inode);
    struct tmpfs *tmpfs = tmpfs_of(inode->fs);

    if (S_ISDIR(inode->mode))
        tmpfs_names_clear(inode);
    else if (S_ISLNK(inode->mode) && ti->pages != 0)
        tmpfs_count_page(inode, false);
    tmpfs_xattrs_free(ti);
    tmpfs_room_give(tmpfs, TMPFS_INODE_SIZE);
    kfree(ti);
}

uint64_t tmpfs_blocks(const struct inode *inode)
{
    return tmpfs_inode_of(inode)->pages * (PAGE_SIZE / 512);
}

/* ---- the file system ---- */

static void tmpfs_statfs(struct filesystem *fs, struct vfs_statfs *out)
{
    const struct tmpfs *tmpfs = tmpfs_of(fs);

    *out = (struct vfs_statfs){.type = TMPFS_MAGIC, .block_size = PAGE_SIZE, .name_max = NAME_MAX};
    if (tmpfs->most_pages != 0) {
        out->blocks = tmpfs->most_pages;
        out->blocks_free = tmpfs->most_pages - tmpfs->pages;
    }
    if (tmpfs->most_inodes != 0) {
        out->files = tmpfs->most_inodes;
        out->files_free = tmpfs->inode_room / TMPFS_INODE_SIZE;
    }
}

static void tmpfs_let_go(struct filesystem *fs)
{
    tmpfs_names_clear(fs->root);
}

static void tmpfs_unmount(struct filesystem *fs)
{
    kfree(tmpfs_of(fs));
}

static const struct filesystem_ops tmpfs_ops = {
    .statfs = tmpfs_statfs, .let_go = tmpfs_let_go, .unmount = tmpfs_unmount};

/* What the options don't say is as on Linux: half of the memory, and an inode for every second of its pages. */
static struct tmpfs_options options_default(void)
{
    const struct cred *cred = &current_thread()->cred;

    return (struct tmpfs_options){.pages = page_total_count() / 2,
                                  .inodes = page_total_count() / 2,
                                  .mode = 01777,
                                  .uid = cred->user.fs,
                                  .gid = cred->group.fs};
}

static int tmpfs_mount(struct blk_device *dev, const char *text, struct filesystem **out)
{
    struct tmpfs_options options = options_default();
    struct tmpfs_inode *root;
    int error = tmpfs_options(text, &options);

    (void)dev;
    if (error != 0)
        return error;
    struct tmpfs *tmpfs = kmalloc(sizeof(*tmpfs));
    if (tmpfs == NULL)
        return -ENOMEM;
    tmpfs->fs.ops = &tmpfs_ops;
    tmpfs->fs.in_memory = true;
    tmpfs->most_pages = options.pages;
    tmpfs->most_inodes = options.inodes;
    tmpfs->inode_room = options.inodes * TMPFS_INODE_SIZE;
    error = tmpfs_inode_create(&tmpfs->fs, NULL, S_IFDIR | options.mode, 0, &root);
    if (error != 0) {
        kfree(tmpfs);
        return error;
    }
    root->inode.uid = options.uid;
    root->inode.gid = options.gid;
    tmpfs->fs.root = &root->inode;
    *out = &tmpfs->fs;
    return 0;
}

const struct fs_type tmpfs_type = {"tmpfs", false, tmpfs_mount};
