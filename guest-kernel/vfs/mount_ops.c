/* SPDX-License-Identifier: Apache-2.0 */
/* mount_ops.c - mount(2), umount2(2) and pivot_root(2): what they do to the tree of mounts. */
#include "abi/errno.h"
#include "core/thread.h"
#include "lib/string.h"
#include "vfs/blk.h"
#include "vfs/fs_context.h"
#include "vfs/fstype.h"
#include "vfs/mount_tree.h"
#include "vfs/path.h"

/* The tree has one reference to a mount, and who asks for something has another. */
#define REFS_UNUSED 2u

static bool is_dir(const struct path *path)
{
    return S_ISDIR(path_inode(path)->mode);
}

/* Whether it has no name any more. */
static bool is_removed(const struct dentry *dentry)
{
    return !dentry_is_root(dentry) && !dentry->hashed;
}

/* Things are mounted on what is on top there. *top: with references. */
static int place_find(const struct path *at, struct path *top)
{
    *top = *at;
    path_get(top);
    (void)mount_cross(top);
    int error = 0;
    if (is_removed(top->dentry))
        error = -ENOENT;
    else if (!mount_is_known(top->mount))
        error = -EINVAL;
    if (error != 0)
        path_put(top);
    return error;
}

/* The disk that mount(2) is told of by its node (Linux's lookup_bdev). *out: borrowed; disks stay. */
static int device_find(const char *source, struct blk_device **out)
{
    struct path cwd = current_thread()->fs->cwd, node;
    int error = *source != 0 ? path_lookup(&cwd, source, 0, &node) : -EINVAL;

    if (error != 0)
        return error;
    const struct inode *inode = path_inode(&node);
    *out = NULL;
    if (!S_ISBLK(inode->mode))
        error = -ENOTBLK;
    else if (node.mount->flags & MS_NODEV)
        error = -EACCES;
    else if ((*out = blk_find(inode->rdev)) == NULL)
        error = -ENXIO;
    path_put(&node);
    return error;
}

/* What is on the disk `source`: the file system that is known of it already, or a new one. */
static int disk_filesystem(const struct fs_type *type, const char *source, const char *options, bool read_only,
                           struct filesystem **out)
{
    struct blk_device *dev;
    int error = source != NULL ? device_find(source, &dev) : -EINVAL;

    if (error != 0)
        return error;
    *out = dev->fs;
    if (dev->fs != NULL)
        return dev->fs->type == type && dev->fs->read_only == read_only ? 0 : -EBUSY;
    if (dev->read_only && !read_only)
        return -EACCES;
    if (dev->writers != 0)
        return -EBUSY;
    dev->writers++; /* nobody else begins the same, nor writes, until it is known: that may wait */
    error = filesystem_make(type, dev, read_only ? "ro" : options, out);
    dev->writers--;
    return error;
}

/* Nothing waits from here on: who drops a file system that nothing is mounted of can't be in the way. */
static int filesystem_place(struct filesystem *fs, const struct path *at, const char *source, uint32_t flags)
{
    struct path top;
    int error = place_find(at, &top);

    if (error != 0)
        return error;
    struct mount *mount = is_dir(&top) ? mount_create(fs, fs->root_dentry, source, flags) : NULL;
    if (mount != NULL)
        mount_attach(mount, &top);
    else
        error = is_dir(&top) ? -ENOMEM : -ENOTDIR;
    path_put(&top);
    return error;
}

int mount_new(const struct path *at, const char *type_name, const char *source, const char *options, uint32_t flags)
{
    const struct fs_type *type = fs_type_find(type_name);
    bool read_only = flags & MS_RDONLY;
    struct filesystem *fs;

    if (type == NULL)
        return -ENODEV;
    int error = type->needs_device ? disk_filesystem(type, source, options, read_only, &fs)
                                   : filesystem_make(type, NULL, options, &fs);
    if (error != 0)
        return error;
    if (!type->needs_device)
        fs->read_only |= read_only;
    error = filesystem_place(fs, at, source != NULL ? source : "none", flags);
    if (error != 0 && fs->mounts == 0)
        (void)filesystem_end(fs);
    return error;
}

/* ---- bind ---- */

static struct mount *copy_of(const struct mount *mount, struct dentry *root)
{
    return mount_create(mount->fs, root, mount->source, mount->flags);
}

/* Copies what is mounted in `from`, each onto the copy of what it is mounted on: `top` is that of from->mount, and the
 * first of `copied`. */
static int submounts_copy(const struct path *from, struct mount *top, struct list *copied)
{
    struct mount *mount = from->mount;

    mount->copy = top;
    while ((mount = mount_tree_next(from->mount, mount)) != NULL) {
        struct path at = {mount->parent->copy, mount->point};
        bool is_below = mount->parent != from->mount || dentry_is_within(mount->point, from->dentry);
        mount->copy = NULL;
        if (!is_below || at.mount == NULL)
            continue;
        mount->copy = copy_of(mount, mount->root);
        if (mount->copy == NULL)
            return -ENOMEM;
        list_insert(copied, &mount->copy->all);
        mount_attach(mount->copy, &at);
    }
    return 0;
}

static void copies_drop(struct list *copied)
{
    while (!list_is_empty(copied)) {
        struct mount *last = container_of(copied->prev, struct mount, all);
        if (last->parent != NULL)
            mount_detach(last);
        mount_forget(last);
        mount_put(last);
    }
}

int mount_bind(const struct path *at, const struct path *from, bool recursive)
{
    struct list copied;
    struct path place;
    int error = place_find(at, &place);

    if (error != 0)
        return error;
    struct mount *copy = mount_is_known(from->mount) ? copy_of(from->mount, from->dentry) : NULL;
    list_init(&copied);
    if (copy != NULL) {
        list_insert(&copied, &copy->all);
        error = recursive ? submounts_copy(from, copy, &copied) : 0;
    } else {
        error = mount_is_known(from->mount) ? -ENOMEM : -EINVAL;
    }
    if (error == 0 && is_dir(&place) != is_dir(from))
        error = -ENOTDIR;
    if (error == 0 && is_removed(from->dentry))
        error = -ENOENT;
    if (error == 0) {
        mounts_add(&copied);
        mount_attach(copy, &place);
    }
    copies_drop(&copied);
    path_put(&place);
    return error;
}

/* ---- others ---- */

static bool is_root(const struct path *path)
{
    return path->dentry == path->mount->root;
}

/* Whether `mount` is `ancestor`, or is mounted in it. */
static bool is_in(const struct mount *mount, const struct mount *ancestor)
{
    while (mount != NULL && mount != ancestor)
        mount = mount->parent;
    return mount == ancestor;
}

int mount_move(const struct path *at, const struct path *from)
{
    struct path place;
    int error = place_find(at, &place);

    if (error != 0)
        return error;
    if (!is_root(from) || !mount_has_parent(from->mount) || is_dir(&place) != is_dir(from))
        error = -EINVAL;
    else if (is_in(place.mount, from->mount))
        error = -ELOOP;
    if (error == 0) {
        mount_detach(from->mount);
        mount_attach(from->mount, &place);
        mounts_reorder(from->mount);
    }
    path_put(&place);
    return error;
}

int mount_remount(const struct path *at, uint32_t flags, const char *options, bool only_mount)
{
    struct filesystem *fs = at->mount->fs;

    if (!is_root(at) || !mount_is_known(at->mount))
        return -EINVAL;
    if (!only_mount && fs->device_read_only && !(flags & MS_RDONLY))
        return -EACCES;
    if (!only_mount && (flags & MS_RDONLY) && !fs->read_only) {
        int error = fs->writers != 0 ? -EBUSY : fs->ops->sync != NULL ? fs->ops->sync(fs, true) : 0;
        if (error == 0 && fs->writers != 0) /* since; that may have waited */
            error = -EBUSY;
        if (error != 0)
            return error;
    }
    if (only_mount && (flags & MS_RDONLY) && !(at->mount->flags & MS_RDONLY) && at->mount->writers != 0)
        return -EBUSY;
    if (!only_mount && fs->ops->reconfigure != NULL) {
        int error = fs->ops->reconfigure(fs, options);
        if (error != 0)
            return error;
    }
    if (!only_mount)
        fs->read_only = (flags & MS_RDONLY) != 0;
    at->mount->flags = flags & MOUNT_FLAGS;
    return 0;
}

/* All of a tree of mounts, the innermost first. What that frees may wait for a disk, so it comes last. */
static void mounts_remove(struct mount *top)
{
    struct mount *mount = top, *parent;
    struct list gone;

    list_init(&gone);
    do {
        while (!list_is_empty(&mount->children))
            mount = container_of(mount->children.next, struct mount, of_parent);
        bool is_last = mount == top;
        parent = is_last ? NULL : mount->parent; /* which the tree has still got */
        mount_detach(mount);
        mount_forget(mount);
        list_insert(&gone, &mount->of_parent);
        mount = parent;
    } while (mount != NULL);
    while (!list_is_empty(&gone)) {
        mount = container_of(gone.next, struct mount, of_parent);
        list_remove(&mount->of_parent);
        mount_put(mount);
    }
}

/* Whether somebody uses the mount, or its files, which the last mount of their file system can't leave behind. */
static bool is_busy(const struct mount *mount)
{
    return !list_is_empty(&mount->children) || mount->refs > REFS_UNUSED ||
           (mount->fs->mounts == 1 && mount->fs->mapped != 0);
}

int mount_remove(const struct path *at, bool lazy)
{
    struct mount *mount = at->mount;

    if (!is_root(at) || !mount_is_known(mount))
        return -EINVAL;
    if (!mount_has_parent(mount))
        return lazy ? -EINVAL : -EBUSY;
    if (!lazy && is_busy(mount))
        return -EBUSY;
    mounts_remove(mount);
    return 0;
}

int mount_expire(const struct path *at)
{
    struct mount *mount = at->mount;

    if (!is_root(at) || !mount_is_known(mount) || path_root()->mount == mount)
        return -EINVAL;
    if (mount->refs > REFS_UNUSED)
        return -EBUSY;
    return mount->expires ? mount_remove(at, false) : -EAGAIN;
}

static int pivot(const struct path *new_root, const struct path *put_old)
{
    const struct path *root = path_root();
    struct mount *old = root->mount;

    if (new_root->mount == old || put_old->mount == old)
        return -EBUSY; /* one of them is on the current root */
    if (!is_root(new_root) || !is_root(root) || !mount_has_parent(new_root->mount))
        return -EINVAL;
    if (!mount_is_known(old) || !is_in(put_old->mount, new_root->mount) || !is_in(new_root->mount, old))
        return -EINVAL;
    mount_swap_root(old, new_root->mount, put_old);
    return 0;
}

int mount_pivot(const struct path *new_root, const struct path *put_old)
{
    struct path place;

    if (!is_dir(new_root) || !is_dir(put_old))
        return -ENOTDIR;
    int error = place_find(put_old, &place);
    if (error != 0)
        return error;
    error = pivot(new_root, &place);
    path_put(&place);
    return error;
}
