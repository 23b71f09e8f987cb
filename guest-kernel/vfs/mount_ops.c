/* SPDX-License-Identifier: Apache-2.0 */
/* mount_ops.c - mount(2), umount2(2) and pivot_root(2): what they do to the tree of mounts. */
#include "abi/errno.h"
#include "lib/string.h"
#include "vfs/fstype.h"
#include "vfs/mount_tree.h"

/* The tree has one reference to a mount, and who asks for something has another. */
#define REFS_UNUSED 2u

static bool is_dir(const struct path *path)
{
    return S_ISDIR(path_inode(path)->mode);
}

static int may_attach(const struct path *at)
{
    return !dentry_is_root(at->dentry) && !at->dentry->hashed ? -ENOENT : 0; /* it was removed while in use */
}

int mount_new(const struct path *at, const char *type_name, const char *source, const char *options, uint32_t flags)
{
    const struct fs_type *type = fs_type_find(type_name);
    struct filesystem *fs;

    if (type == NULL)
        return -ENODEV;
    if (type->needs_device)
        return -ENOTBLK; /* there are no nodes of disks yet */
    if (!is_dir(at))
        return -ENOTDIR;
    int error = may_attach(at);
    if (error == 0)
        error = filesystem_make(type, NULL, options, &fs);
    if (error != 0)
        return error;
    struct mount *mount = mount_create(fs, fs->root_dentry, source, flags);
    if (mount == NULL) {
        dentry_put(fs->root_dentry);
        inode_put(fs->root);
        fs->ops->unmount(fs);
        return -ENOMEM;
    }
    mount_attach(mount, at);
    return 0;
}

/* ---- bind ---- */

static struct mount *copy_of(const struct mount *mount, struct dentry *root)
{
    return mount_create(mount->fs, root, mount->source, mount->flags);
}

/* The mount of `copied` (a list of copies) that stands for `original`. */
static struct mount *copy_find(struct list *copied, const struct mount *original)
{
    for (struct list *at = copied->next; at != copied; at = at->next) {
        struct mount *copy = container_of(at, struct mount, all);
        if (copy->original == original)
            return copy;
    }
    return NULL;
}

/* Whether `mount` lies below the dentry `from` of its parent, or deeper. */
static bool is_below(const struct mount *mount, const struct path *from)
{
    while (mount->parent != NULL && mount->parent != from->mount)
        mount = mount->parent;
    return mount->parent == from->mount && dentry_is_within(mount->point, from->dentry);
}

/* Copies what is mounted in `from`, each onto the copy of what it is mounted on. Mounts stand in the list of all after
 * those that they are mounted on. */
static int submounts_copy(const struct path *from, struct list *copied)
{
    for (struct mount *mount = mount_next(NULL); mount != NULL; mount = mount_next(mount)) {
        if (mount == from->mount || !is_below(mount, from))
            continue;
        struct mount *in = copy_find(copied, mount->parent);
        struct mount *copy = in != NULL ? copy_of(mount, mount->root) : NULL;
        if (in == NULL)
            continue;
        if (copy == NULL)
            return -ENOMEM;
        copy->original = mount;
        list_insert(copied, &copy->all);
        struct path at = {in, mount->point};
        mount_attach(copy, &at);
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
    int error = is_dir(at) != is_dir(from) ? -ENOTDIR : may_attach(at);

    if (error != 0)
        return error;
    struct mount *top = copy_of(from->mount, from->dentry);
    if (top == NULL)
        return -ENOMEM;
    top->original = from->mount;
    list_init(&copied);
    list_insert(&copied, &top->all);
    error = recursive ? submounts_copy(from, &copied) : 0;
    if (error != 0) {
        copies_drop(&copied);
        return error;
    }
    mounts_add(&copied);
    mount_attach(top, at);
    return 0;
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
    if (!is_root(from) || !mount_has_parent(from->mount))
        return -EINVAL;
    if (is_dir(at) != is_dir(from))
        return -EINVAL;
    if (is_in(at->mount, from->mount))
        return -ELOOP;
    int error = may_attach(at);
    if (error != 0)
        return error;
    mount_detach(from->mount);
    mount_attach(from->mount, at);
    mounts_reorder(from->mount);
    return 0;
}

int mount_remount(const struct path *at, uint32_t flags, const char *options, bool only_mount)
{
    struct filesystem *fs = at->mount->fs;

    (void)options;
    if (!is_root(at))
        return -EINVAL;
    if (!only_mount && fs->device_read_only && !(flags & MS_RDONLY))
        return -EACCES;
    if (!only_mount && (flags & MS_RDONLY) && !fs->read_only) {
        int error = filesystem_has_writers(fs) ? -EBUSY : fs->ops->sync != NULL ? fs->ops->sync(fs, true) : 0;
        if (error != 0)
            return error;
    }
    if (only_mount && (flags & MS_RDONLY) && !(at->mount->flags & MS_RDONLY) && at->mount->writers != 0)
        return -EBUSY;
    if (!only_mount)
        fs->read_only = (flags & MS_RDONLY) != 0;
    at->mount->flags = flags & MOUNT_FLAGS;
    return 0;
}

/* All of a tree of mounts, the innermost first. */
static void tree_remove(struct mount *top)
{
    while (!list_is_empty(&top->children)) {
        struct mount *inner = container_of(top->children.next, struct mount, of_parent);
        while (!list_is_empty(&inner->children))
            inner = container_of(inner->children.next, struct mount, of_parent);
        mount_detach(inner);
        mount_forget(inner);
        mount_put(inner);
    }
    mount_detach(top);
    mount_forget(top);
    mount_put(top);
}

int mount_remove(const struct path *at, bool lazy)
{
    struct mount *mount = at->mount;

    if (!is_root(at))
        return -EINVAL;
    if (!mount_has_parent(mount))
        return lazy ? -EINVAL : -EBUSY;
    if (!lazy && (!list_is_empty(&mount->children) || mount->refs > REFS_UNUSED))
        return -EBUSY;
    tree_remove(mount);
    return 0;
}

int mount_pivot(const struct path *new_root, const struct path *put_old)
{
    const struct path *root = path_root();
    struct mount *old = root->mount;

    if (!is_dir(new_root) || !is_dir(put_old))
        return -ENOTDIR;
    if (new_root->mount == old || put_old->mount == old)
        return -EBUSY; /* one of them is on the current root */
    if (!is_root(new_root) || !is_root(root) || !mount_has_parent(new_root->mount))
        return -EINVAL;
    if (put_old->mount != new_root->mount && !is_in(put_old->mount, new_root->mount))
        return -EINVAL;
    mount_swap_root(old, new_root->mount, put_old);
    return 0;
}
