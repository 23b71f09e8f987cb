/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs.c - files that live in the page cache alone: the root when there is no disk, and /dev/shm. */
#include "fs/tmpfs.h"

#include "abi/errno.h"
#include "fs/diskless.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "vfs/fstype.h"
#include "vfs/permission.h"

#define TMPFS_MAGIC 0x01021994

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

static const struct filesystem_ops tmpfs_ops = {.statfs = tmpfs_statfs,
                                                .reconfigure = tmpfs_reconfigure,
                                                .show_options = tmpfs_show_options,
                                                .let_go = tmpfs_let_go,
                                                .unmount = tmpfs_unmount};

/* What the options don't say. */
static struct tmpfs_options options_default(void)
{
    const struct cred *cred = permission_cred();

    return (struct tmpfs_options){.pages = tmpfs_default_most(),
                                  .inodes = tmpfs_default_most(),
                                  .mode = TMPFS_DEFAULT_MODE,
                                  .uid = cred != NULL ? cred->user.fs : 0,
                                  .gid = cred != NULL ? cred->group.fs : 0};
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
    tmpfs->fs.atime_step = 1;
    tmpfs->most_pages = options.pages;
    tmpfs->most_inodes = options.inodes;
    tmpfs->inode_room = options.inodes * TMPFS_INODE_SIZE;
    tmpfs->mode = options.mode;
    tmpfs->uid = options.uid;
    tmpfs->gid = options.gid;
    tmpfs->noswap = options.noswap;
    error = tmpfs_inode_create(&tmpfs->fs, NULL, &tmpfs_dir_ops, S_IFDIR | options.mode, 0, &root);
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

static int check_options(const char *text)
{
    struct tmpfs_options options = {0};

    return tmpfs_options(text, &options);
}

const struct fs_type tmpfs_type = {.name = "tmpfs", .mount = tmpfs_mount, .check_options = check_options};
