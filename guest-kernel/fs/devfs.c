/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devfs.c - /dev: a file system in memory that has a node for each device that is registered (vfs/device.h), and the
 * links that programs expect there (Linux's devtmpfs). Programs may change it as any other.
 *
 * The nodes are made when somebody looks for one of them, or lists the directory: few programs do at all.
 */
#include "fs/diskless.h"
#include "fs/tmpfs.h"
#include "lib/string.h"
#include "lib/types.h"
#include "vfs/device.h"

static const struct {
    const char *name, *target;
} links[] = {{"fd", "/proc/self/fd"},
             {"stdin", "/proc/self/fd/0"},
             {"stdout", "/proc/self/fd/1"},
             {"stderr", "/proc/self/fd/2"}};
#define LINKS (sizeof(links) / sizeof(links[0]))

/* tmpfs's, but for what looks for names. */
static struct inode_ops unfilled_ops;

static bool is_ours(const char *bytes, size_t length)
{
    for (size_t i = 0; i < LINKS; i++)
        if (string_is(links[i].name, bytes, length))
            return true;
    for (const struct device *device = device_next(NULL); device != NULL; device = device_next(device))
        if (device->name != NULL && string_is(device->name, bytes, length))
            return true;
    return false;
}

/* Root's, whoever came first. */
static void own(struct inode *inode, uint32_t mode, uint32_t gid)
{
    inode->mode = mode;
    inode->uid = 0;
    inode->gid = gid;
    inode_put(inode);
}

static int device_add(struct inode *dir, const struct device *device)
{
    struct inode *inode;
    int error = tmpfs_dir_ops.create(dir, device->name, strlen(device->name), device->mode, device->rdev, &inode);

    if (error == 0)
        own(inode, device->mode, device->gid);
    return error;
}

static int link_add(struct inode *dir, const char *name, const char *target)
{
    struct inode *inode;
    int error = tmpfs_dir_ops.symlink(dir, name, strlen(name), target, &inode);

    if (error == 0)
        own(inode, S_IFLNK | 0777, 0);
    return error;
}

/* Makes what isn't there yet: after an error it is tried again. */
static int fill(struct inode *dir)
{
    int error = 0;

    for (const struct device *device = device_next(NULL); device != NULL && error == 0; device = device_next(device))
        if (device->name != NULL && tmpfs_name_find(dir, device->name, strlen(device->name)) == NULL)
            error = device_add(dir, device);
    for (size_t i = 0; i < LINKS && error == 0; i++)
        if (tmpfs_name_find(dir, links[i].name, strlen(links[i].name)) == NULL)
            error = link_add(dir, links[i].name, links[i].target);
    if (error == 0)
        dir->ops = &tmpfs_dir_ops;
    return error;
}

static int unfilled_lookup(struct inode *dir, const char *name, size_t length, struct inode **out)
{
    int error = is_ours(name, length) ? fill(dir) : 0;

    return error != 0 ? error : tmpfs_dir_ops.lookup(dir, name, length, out);
}

static int unfilled_read_dir(struct inode *dir, uint64_t pos, dir_emit *emit, void *arg)
{
    int error = fill(dir);

    return error != 0 ? error : tmpfs_dir_ops.read_dir(dir, pos, emit, arg);
}

static int devfs_mount(struct blk_device *dev, const char *options, struct filesystem **out)
{
    int error = tmpfs_type.mount(dev, options, out);

    if (error != 0)
        return error;
    if (options == NULL) {
        (*out)->root->mode = S_IFDIR | 0755;
        tmpfs_of(*out)->mode = 0755;
    }
    unfilled_ops = tmpfs_dir_ops;
    unfilled_ops.lookup = unfilled_lookup;
    unfilled_ops.read_dir = unfilled_read_dir;
    (*out)->root->ops = &unfilled_ops;
    return 0;
}

const struct fs_type devtmpfs_type = {.name = "devtmpfs", .mount = devfs_mount};
