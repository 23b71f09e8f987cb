/* SPDX-License-Identifier: Apache-2.0 */
/* mount.c - the mounts: a root and what is mounted on it. */
#include "abi/errno.h"
#include "core/log.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/blk.h"
#include "vfs/fstype.h"
#include "vfs/icache.h"
#include "vfs/names.h"
#include "vfs/pagecache.h"
#include "vfs/path.h"

static struct filesystem *memory_fs; /* the one on /dev/shm */
static struct filesystem *mounts;    /* the root first */
static uint32_t last_device;

struct inode *vfs_root(void)
{
    return mounts != NULL ? mounts->root : NULL;
}

static void mount_add(struct filesystem *fs)
{
    struct filesystem **end = &mounts;

    while (*end != NULL)
        end = &(*end)->next;
    *end = fs;
    fs->next = NULL;
    fs->device = ++last_device;
    if (fs->covered == NULL) {
        fs->root->parent = fs->root;
        return;
    }
    fs->covered->mounted = fs;
    names_drop(fs->covered->parent); /* what it had by this name is out of sight */
}

/* ---- a directory to mount on, whether or not there is one on the disk ---- */

static void mount_point_release(struct inode *inode)
{
    kfree(inode);
}

static const struct inode_ops mount_point_ops = {.release = mount_point_release};

static struct inode *mount_point_create(struct inode *dir, const char *name)
{
    struct inode *inode = kmalloc(sizeof(*inode));
    char *copy = kmalloc(strlen(name) + 1);

    if (inode == NULL || copy == NULL) {
        kfree(inode);
        kfree(copy);
        return NULL;
    }
    inode_init(inode, dir->fs, &mount_point_ops, 0, S_IFDIR | 0755);
    memcpy(copy, name, strlen(name));
    inode->name = copy;
    inode->parent = dir;
    inode_get(dir);
    return inode;
}

struct filesystem *mount_find(const struct inode *dir, const char *name, size_t length)
{
    for (struct filesystem *fs = mounts; fs != NULL; fs = fs->next) {
        const struct inode *point = fs->covered;
        if (point != NULL && point->parent == dir && strnlen(point->name, length + 1) == length &&
            memcmp(point->name, name, length) == 0)
            return fs;
    }
    return NULL;
}

struct filesystem *mount_in(const struct inode *dir, unsigned n)
{
    for (struct filesystem *fs = mounts; fs != NULL; fs = fs->next) {
        if (fs->covered != NULL && fs->covered->parent == dir && n-- == 0)
            return fs;
    }
    return NULL;
}

/* ---- mounting ---- */

static int mount_device(struct blk_device *dev, struct filesystem **out)
{
    for (const struct fs_type *const *type = fs_types; *type != NULL; type++) {
        int error = (*type)->mount(dev, out);
        if (error == 0)
            log_info("root: %s on %s", (*type)->name, dev->name);
        if (error != -EINVAL)
            return error;
    }
    return -EINVAL;
}

static int mount_on(const struct fs_type *type, struct inode *dir, const char *name, struct filesystem **out)
{
    struct filesystem *fs;
    int error = type->mount(NULL, &fs);

    if (error != 0)
        return error;
    fs->covered = mount_point_create(dir, name);
    if (fs->covered == NULL) {
        inode_put(fs->root);
        fs->ops->unmount(fs);
        return -ENOMEM;
    }
    mount_add(fs);
    *out = fs;
    return 0;
}

struct inode *mount_memory(void)
{
    return memory_fs != NULL ? memory_fs->root : NULL;
}

/* /dev, and in it /dev/shm, where everybody may make files. */
static int mount_devices(struct inode *root)
{
    struct filesystem *dev, *shm;
    int error = mount_on(&devfs_type, root, "dev", &dev);

    if (error == 0)
        error = mount_on(&ramfs_type, dev->root, "shm", &shm);
    if (error == 0)
        shm->root->mode = S_IFDIR | 01777;
    memory_fs = error == 0 ? shm : NULL;
    return error;
}

int vfs_mount_in_dev(const struct fs_type *type, const char *name)
{
    struct filesystem *dev = mount_find(vfs_root(), "dev", 3), *fs;

    return dev != NULL ? mount_on(type, dev->root, name, &fs) : -ENOENT;
}

/* Stores what is dirty on all mounts, as their file systems order it. 0 or the first error. */
static int store_all(void)
{
    int first_error = 0;

    for (struct filesystem *fs = mounts; fs != NULL; fs = fs->next) {
        int error = fs->ops->sync != NULL ? fs->ops->sync(fs, false) : 0;
        if (error != 0 && first_error == 0)
            first_error = error;
    }
    return first_error;
}

int vfs_mount_root(struct blk_device *dev)
{
    struct filesystem *fs;
    int error = dev != NULL ? mount_device(dev, &fs) : ramfs_type.mount(NULL, &fs);

    if (error != 0)
        return error;
    mount_add(fs);
    page_set_reclaim(pagecache_reclaim);
    pagecache_set_store(store_all);
    return mount_devices(fs->root);
}

int vfs_sync_all(void)
{
    int first_error = 0;

    for (struct filesystem *fs = mounts; fs != NULL; fs = fs->next) {
        int error = fs->ops->sync != NULL ? fs->ops->sync(fs, true) : 0;
        if (error == 0)
            error = fs->write_error;
        fs->write_error = 0;
        if (error != 0 && first_error == 0)
            first_error = error;
    }
    return first_error;
}

/* ---- unmounting, the last one first ---- */

static struct filesystem **last_mount(void)
{
    struct filesystem **at = &mounts;

    while ((*at)->next != NULL)
        at = &(*at)->next;
    return at;
}

static int unmount(struct filesystem **at)
{
    struct filesystem *fs = *at;

    if (fs->ops->let_go != NULL)
        fs->ops->let_go(fs);
    icache_drop_idle(fs);
    if (fs->root->refs > 1)
        return -EBUSY;
    inode_put(fs->root);
    icache_drop_idle(fs);
    if (fs->covered != NULL) {
        fs->covered->mounted = NULL;
        inode_put(fs->covered);
    }
    *at = NULL;
    fs->ops->unmount(fs);
    return 0;
}

int vfs_unmount_all(void)
{
    memory_fs = NULL;
    int error = vfs_sync_all();

    while (mounts != NULL) {
        int busy = unmount(last_mount());
        if (busy != 0)
            return busy;
    }
    return error;
}
