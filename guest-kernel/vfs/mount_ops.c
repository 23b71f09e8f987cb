/* SPDX-License-Identifier: Apache-2.0 */
/* mount_ops.c - mount(2), umount2(2) and pivot_root(2): what they do to the tree of mounts. */
#include "abi/errno.h"
#include "core/thread.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/blk.h"
#include "vfs/fs_context.h"
#include "vfs/fstype.h"
#include "vfs/mount_peers.h"
#include "vfs/mount_tree.h"
#include "vfs/pagecache.h"
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
        error = mount_is_somewhere(top->mount) ? -EINVAL : -ENOENT;
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

/* A new file system on the disk: "ro" comes first among its options. */
static int disk_make(const struct fs_type *type, struct blk_device *dev, const char *options, bool read_only,
                     struct filesystem **out)
{
    if (!read_only || options == NULL || *options == 0)
        return filesystem_make(type, dev, read_only ? "ro" : options, out);
    size_t size = strlen(options) + sizeof("ro,");
    char *all = kmalloc(size);
    if (all == NULL)
        return -ENOMEM;
    snprintf(all, size, "ro,%s", options);
    int error = filesystem_make(type, dev, all, out);
    kfree(all);
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
    if (dev->writers != 0 || dev->mounting)
        return -EBUSY;
    dev->mounting = true; /* nobody else begins the same, nor writes, until it is known: that may wait */
    error = disk_make(type, dev, options, read_only, out);
    dev->mounting = false;
    return error;
}

struct mount *mount_create_now(struct filesystem *fs, struct dentry *top, const char *source, uint32_t flags)
{
    current_thread()->wants_no_wait++;
    struct mount *mount = mount_create(fs, top, source, flags);
    current_thread()->wants_no_wait--;
    return mount;
}

/* Mounts it there, and in the peers and slaves of what is there. Takes over the mount; NULL: there was no memory. */
static int place_new(struct mount *mount, const struct path *at)
{
    struct list copied;
    int error = mount != NULL ? 0 : -ENOMEM;

    list_init(&copied);
    if (error == 0)
        error = mount_propagate(mount, at, &copied);
    if (error == 0) {
        mount_attach(mount, at);
        mount_copies_attach(&copied, at->dentry);
    } else if (mount != NULL) {
        mount_copies_drop(&copied);
        mount_put(mount);
    }
    return error;
}

/* Nothing waits from here on: who drops a file system that nothing is mounted of can't be in the way. */
int filesystem_place(struct filesystem *fs, struct dentry *part, const struct path *at, const char *source,
                     uint32_t flags)
{
    struct path top;
    int error = place_find(at, &top);

    if (error != 0)
        return error;
    if (is_dir(&top) != S_ISDIR(part->inode->mode))
        error = -ENOTDIR;
    if (error == 0)
        error = place_new(mount_create_now(fs, part, source, flags), &top);
    path_put(&top);
    return error;
}

/* The one that is from there, mounted already or new. */
static int filesystem_from(const struct fs_type *type, const char *source, const char *options, struct filesystem **out)
{
    struct filesystem *fs;
    int error = 0;

    *out = source != NULL ? type->mounted(source) : NULL;
    if (source == NULL || (type->check_options != NULL && type->check_options(options) != 0))
        return -EINVAL;
    if (*out == NULL)
        error = type->mount_from(source, options, &fs);
    return error != 0 || *out != NULL ? error : filesystem_add(type, NULL, fs, out);
}

int filesystem_get(const struct fs_type *type, const char *source, const char *options, bool read_only,
                   struct filesystem **out)
{
    int error = type->needs_device         ? disk_filesystem(type, source, options, read_only, out)
                : type->mount_from != NULL ? filesystem_from(type, source, options, out)
                : type->get != NULL        ? type->get(options, out)
                                           : filesystem_make(type, NULL, options, out);
    if (error != 0)
        return error;
    if (!type->needs_device && type->get == NULL && (type->mount_from == NULL || (*out)->mounts == 0))
        (*out)->read_only |= read_only;
    (*out)->mounts++; /* so that it ends with who asked, if it does: a mount that can't spread goes before */
    return 0;
}

void filesystem_put(struct filesystem *fs)
{
    if (--fs->mounts == 0)
        (void)filesystem_end(fs);
}

int mount_new(const struct path *at, const char *type_name, const char *source, const char *options, uint32_t flags)
{
    const struct fs_type *type = fs_type_find(type_name);
    struct filesystem *fs;

    if (type == NULL)
        return -ENODEV;
    int error = filesystem_get(type, source, options, flags & MS_RDONLY, &fs);
    if (error != 0)
        return error;
    error = filesystem_place(fs, fs->root_dentry, at, source != NULL ? source : "none", flags);
    filesystem_put(fs);
    return error;
}

/* ---- bind ---- */

/* What may be bound: of a mount that is in its place and doesn't refuse. */
static int bind_check(const struct path *from)
{
    return from->mount->unbindable || !mount_is_known(from->mount) ? -EINVAL : 0;
}

int mount_bind(const struct path *at, const struct path *from, bool recursive)
{
    struct list copied, spread;
    struct path place;
    int error = place_find(at, &place);

    if (error != 0)
        return error;
    list_init(&copied);
    list_init(&spread);
    error = bind_check(from);
    if (error == 0)
        error = mount_copy_tree(from, recursive, COPY_ALIKE, &copied);
    if (error == 0 && is_dir(&place) != is_dir(from))
        error = -ENOTDIR;
    if (error == 0 && is_removed(from->dentry))
        error = -ENOENT;
    struct mount *copy = error == 0 ? container_of(copied.next, struct mount, all) : NULL;
    if (error == 0)
        error = mount_propagate(copy, &place, &spread);
    if (error == 0) {
        copy->target = place.mount;
        mount_copies_attach(&copied, place.dentry);
        mount_copies_attach(&spread, place.dentry);
    }
    mount_copies_drop(&spread);
    mount_copies_drop(&copied);
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

static bool has_unbindable(struct mount *top)
{
    struct mount *mount = top;

    while (mount != NULL && !mount->unbindable)
        mount = mount_tree_next(top, mount);
    return mount != NULL;
}

/* What is shared isn't moved away, nor what can't be copied to where there are others. What a descriptor alone has
 * isn't in anybody's way; nothing else is moved that isn't in its place. */
static bool may_move(const struct path *from, const struct path *to)
{
    const struct mount *parent = from->mount->parent;
    bool is_free = parent != NULL ? mount_is_known(from->mount) && !mount_is_shared(parent) : from->mount->is_detached;

    return is_root(from) && is_free && is_dir(to) == is_dir(from) &&
           !(mount_is_shared(to->mount) && has_unbindable(from->mount));
}

/* Those of a descriptor are in their place, as others. */
static void tree_settle(struct mount *top)
{
    top->is_detached = false;
    for (struct mount *mount = top; mount != NULL; mount = mount_tree_next(top, mount))
        mount->is_new = false;
}

/* In *copied: with what is mounted at `place` on top, as the copies of it elsewhere. */
static void move_beneath(struct mount *mount, const struct path *place, struct list *copied)
{
    list_remove(&mount->all);
    list_insert(copied, &mount->all);
    mount->target = place->mount;
    mount_copies_attach(copied, place->dentry);
    tree_settle(mount);
    mounts_reorder(mount);
}

static void move_on_top(struct mount *mount, const struct path *place, struct list *copied)
{
    mount_attach(mount, place);
    tree_settle(mount);
    mounts_reorder(mount);
    mount_copies_attach(copied, place->dentry);
}

/* Takes over the reference to `place`. */
static int move_to(const struct path *from, struct path *place,
                   void (*attach)(struct mount *, const struct path *, struct list *))
{
    struct list copied;
    int error = 0;

    list_init(&copied);
    if (!may_move(from, place))
        error = -EINVAL;
    else if (is_in(place->mount, from->mount))
        error = -ELOOP;
    if (error == 0)
        error = mount_propagate(from->mount, place, &copied);
    if (error == 0) {
        if (from->mount->parent != NULL)
            mount_detach(from->mount);
        attach(from->mount, place, &copied);
    }
    mount_copies_drop(&copied);
    path_put(place);
    return error;
}

int mount_move(const struct path *at, const struct path *from)
{
    struct path place;
    int error = place_find(at, &place);

    return error == 0 ? move_to(from, &place, move_on_top) : error;
}

/* Whether what is mounted at `place` spreads to `mount`, and covers it there. */
static bool spreads_onto(const struct path *place, const struct mount *mount)
{
    bool does = false;

    if (!mount_is_shared(place->mount) || mount->root != place->dentry)
        return false;
    for (; mount != NULL && !does; mount = mount->master)
        does = mount->group == place->mount->group;
    return does;
}

/* Whether it may be at `place` with `over` on top: nothing is between them, and nothing spreads to there. */
static bool may_be_beneath(const struct path *from, const struct path *place, const struct mount *over)
{
    const struct path top = {from->mount, from->mount->root};

    return mount_above(&top) == NULL && over != path_root()->mount && mount_has_parent(place->mount) &&
           !is_in(from->mount, over) && !spreads_onto(place, over) &&
           !(mount_is_known(from->mount) && spreads_onto(place, from->mount));
}

int mount_move_beneath(const struct path *at, const struct path *from)
{
    struct path over = *at, place;
    int error = 0;

    if (!is_root(at))
        return -EINVAL;
    path_get(&over);
    (void)mount_cross(&over);
    place = (struct path){over.mount->parent, over.mount->point};
    if (!mount_is_somewhere(over.mount))
        error = -ENOENT;
    else if (place.mount == NULL || !mount_is_known(place.mount) || !may_be_beneath(from, &place, over.mount))
        error = -EINVAL;
    if (error == 0) {
        path_get(&place);
        error = move_to(from, &place, move_beneath);
    }
    path_put(&over);
    return error;
}

bool mount_is_somewhere(const struct mount *mount)
{
    bool is_known = mount_is_known(mount);

    while (!is_known && !mount->is_detached && mount->parent != NULL)
        mount = mount->parent;
    return is_known || mount->is_detached;
}

int mount_set_propagation(const struct path *at, uint32_t type, bool recursive)
{
    struct mount *top = at->mount;

    if (!is_root(at) || !mount_is_somewhere(top))
        return -EINVAL;
    for (struct mount *mount = top; mount != NULL; mount = recursive ? mount_tree_next(top, mount) : NULL)
        mount_group_set_type(mount, type);
    return 0;
}

static bool is_private(const struct mount *mount)
{
    return mount->group == 0 && mount->master == NULL;
}

/* Whether `dentry` is `top`, or below it. */
static bool is_below(const struct dentry *dentry, const struct dentry *top)
{
    while (dentry != top && !dentry_is_root(dentry))
        dentry = dentry->parent;
    return dentry == top;
}

int mount_set_group(const struct path *at, const struct path *from)
{
    struct mount *to = at->mount, *model = from->mount;

    if (!is_root(from) || !mount_is_somewhere(model) || !is_root(at) || !mount_is_somewhere(to) ||
        to->fs != model->fs || !is_below(to->root, model->root) || !is_private(to) || is_private(model))
        return -EINVAL;
    mount_group_join(to, model);
    return 0;
}

/* It is about to be read-only: all is stored, and nobody can write. */
static int stop_writing(struct filesystem *fs)
{
    writeback_store_atimes(fs);
    int error = fs->writers != 0 ? -EBUSY : fs->ops->sync != NULL ? fs->ops->sync(fs, true) : 0;

    return error == 0 && fs->writers != 0 ? -EBUSY : error; /* since; that may have waited */
}

static int reconfigure(struct filesystem *fs, bool read_only, const char *options)
{
    if (fs->device_read_only && !read_only)
        return -EACCES;
    if (fs->failed && read_only) /* it is told as writable, and stays so; options may change */
        return -EROFS;
    read_only |= fs->failed;
    int error = read_only && !fs->read_only ? stop_writing(fs) : 0;
    if (error == 0 && fs->ops->reconfigure != NULL)
        error = fs->ops->reconfigure(fs, options);
    if (error == 0 && fs->ops->set_read_only != NULL && fs->read_only != read_only)
        error = fs->ops->set_read_only(fs, read_only);
    if (error == 0)
        fs->read_only = read_only;
    return error;
}

int filesystem_reconfigure(struct filesystem *fs, bool read_only, const char *options)
{
    mutex_set_rank(&fs->remount, RANK_REMOUNT);
    mutex_lock(&fs->remount); /* or another would let writers in while this one waits for what is to be stored */
    fs->stops_writing = read_only && !fs->read_only; /* before the sync, which stores the rest */
    int error = reconfigure(fs, read_only, options);
    fs->stops_writing = false;
    mutex_unlock(&fs->remount);
    return error;
}

int mount_remount(const struct path *at, uint32_t flags, const char *options, bool only_mount)
{
    int error = 0;

    if (!is_root(at) || !mount_is_known(at->mount))
        return -EINVAL;
    if (!only_mount)
        error = filesystem_reconfigure(at->mount->fs, flags & MS_RDONLY, options);
    else if ((flags & MS_RDONLY) && !(at->mount->flags & MS_RDONLY) && at->mount->writers != 0)
        error = -EBUSY;
    if (error == 0)
        at->mount->flags = flags & MOUNT_FLAGS;
    return error;
}

/* It is in its place no more, and is put by who has the list. */
static void take_out(struct mount *mount, void *gone)
{
    if (mount->parent != NULL)
        mount_detach(mount);
    mount_forget(mount);
    mount_group_leave(mount);
    list_insert(gone, &mount->of_parent);
}

/* The innermost first. What that frees may wait for a disk, so it comes last. */
void mounts_remove(struct mount *top, bool with_twins)
{
    struct mount *mount = top, *parent;
    struct list gone;

    list_init(&gone);
    do {
        while (!list_is_empty(&mount->children))
            mount = container_of(mount->children.next, struct mount, of_parent);
        bool is_last = mount == top;
        parent = is_last ? NULL : mount->parent; /* which the tree has still got */
        if (with_twins)
            mount_twins_visit(mount, take_out, &gone);
        take_out(mount, &gone);
        mount = parent;
    } while (mount != NULL);
    while (!list_is_empty(&gone)) {
        mount = container_of(gone.next, struct mount, of_parent);
        list_remove(&mount->of_parent);
        mount_put(mount);
    }
}

static void busy_note(struct mount *twin, void *is_busy)
{
    *(bool *)is_busy |= twin->refs > REFS_UNUSED - 1;
}

/* Whether somebody uses what would go with it. */
static bool twins_are_busy(const struct mount *mount)
{
    bool is_busy = false;

    mount_twins_visit(mount, busy_note, &is_busy);
    return is_busy;
}

/* Whether somebody uses the mount, or its files, which the last mount of their file system can't leave behind. */
static bool is_busy(const struct mount *mount)
{
    return !list_is_empty(&mount->children) || mount->refs > REFS_UNUSED ||
           (mount->fs->mounts == 1 && mount->fs->mapped != 0) || twins_are_busy(mount);
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
    mounts_remove(mount, true);
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
    if (mount_is_shared(put_old->mount) || mount_is_shared(new_root->mount->parent) ||
        (mount_has_parent(old) && mount_is_shared(old->parent)))
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
