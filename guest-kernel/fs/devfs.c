/* SPDX-License-Identifier: Apache-2.0 */
/* devfs.c - /dev: a flat directory of the devices that are registered (vfs/device.h). */
#include "abi/errno.h"
#include "lib/string.h"
#include "lib/types.h"
#include "mm/kmalloc.h"
#include "vfs/device.h"
#include "fs/memory.h"

#define ROOT_NUMBER 1u
#define FIRST_NUMBER 2u
#define TMPFS_MAGIC 0x01021994 /* what Linux's devtmpfs says */

static void devfs_release(struct inode *inode)
{
    kfree(inode);
}

static const struct inode_ops node_ops = {.release = devfs_release};

static struct inode *devfs_inode_create(struct filesystem *fs, const struct inode_ops *ops, uint64_t number,
                                        uint32_t mode)
{
    struct inode *inode = kmalloc(sizeof(*inode));

    if (inode != NULL)
        inode_init(inode, fs, ops, number, mode);
    return inode;
}

static int devfs_lookup(struct inode *dir, const char *name, size_t length, struct inode **out)
{
    uint64_t number = FIRST_NUMBER;

    for (const struct device *device = device_next(NULL); device != NULL; device = device_next(device), number++) {
        struct inode *inode;

        if (device->name == NULL || strnlen(device->name, length + 1) != length ||
            memcmp(device->name, name, length) != 0)
            continue;
        inode = devfs_inode_create(dir->fs, &node_ops, number, device->mode);
        if (inode == NULL)
            return -ENOMEM;
        inode->rdev = device->rdev;
        inode->gid = device->gid;
        *out = inode;
        return 0;
    }
    return -ENOENT;
}

static int devfs_read_dir(struct inode *dir, uint64_t pos, dir_emit *emit, void *arg)
{
    uint64_t i = 0;

    (void)dir;
    for (const struct device *device = device_next(NULL); device != NULL; device = device_next(device), i++) {
        unsigned type = (device->mode & S_IFMT) >> 12; /* DT_* is S_IF* without the permissions */

        if (i < pos || device->name == NULL)
            continue;
        if (!emit(arg, device->name, strlen(device->name), FIRST_NUMBER + i, type, i + 1))
            break;
    }
    return 0;
}

static const struct inode_ops root_ops = {.lookup = devfs_lookup, .read_dir = devfs_read_dir, .release = devfs_release};

static void devfs_statfs(struct filesystem *fs, struct vfs_statfs *out)
{
    (void)fs;
    *out = (struct vfs_statfs){.type = TMPFS_MAGIC, .block_size = PAGE_SIZE, .name_max = NAME_MAX};
}

static void devfs_unmount(struct filesystem *fs)
{
    kfree(fs);
}

static const struct filesystem_ops devfs_ops = {.statfs = devfs_statfs, .unmount = devfs_unmount};

static int devfs_mount(struct blk_device *dev, const char *options, struct filesystem **out)
{
    struct filesystem *fs = kmalloc(sizeof(*fs));

    (void)dev, (void)options;
    if (fs == NULL)
        return -ENOMEM;
    fs->ops = &devfs_ops;
    fs->root = devfs_inode_create(fs, &root_ops, ROOT_NUMBER, S_IFDIR | 0755);
    if (fs->root == NULL) {
        kfree(fs);
        return -ENOMEM;
    }
    *out = fs;
    return 0;
}

const struct fs_type devtmpfs_type = {"devtmpfs", false, devfs_mount};
