/* SPDX-License-Identifier: Apache-2.0 */
/* mount.c - the tree of mounts: how they get there, and which of them is seen. mount_ops.c: mount(2)'s ways. */
#include "vfs/mount.h"

#include "abi/errno.h"
#include "core/log.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/blk.h"
#include "vfs/device.h"
#include "vfs/flusher.h"
#include "vfs/fstype.h"
#include "vfs/icache.h"
#include "vfs/mount_tree.h"
#include "vfs/pagecache.h"
#include "vfs/watch.h"

static struct list mounts = {&mounts, &mounts}, filesystems = {&filesystems, &filesystems};
static struct path root_path;
static struct filesystem *memory_fs; /* the one on /dev/shm */
static uint32_t last_device, last_id, mount_count;
static uint64_t last_unique_id = MOUNT_UNIQUE_FIRST;
struct tree mount_ids;
bool mount_boot_waits;
static size_t boot_done; /* of what mount_boot mounts */

const struct path *vfs_root(void)
{
    return &root_path;
}

struct mount *mount_next(const struct mount *after)
{
    const struct list *next = after != NULL ? after->all.next : mounts.next;

    return next != &mounts ? container_of(next, struct mount, all) : NULL;
}

int mount_may_write(const struct mount *mount)
{
    return (mount->flags & MS_RDONLY) || mount->fs->read_only || mount->fs->stops_writing ? -EROFS : 0;
}

bool mount_has_parent(const struct mount *mount)
{
    return mount->parent != NULL;
}

struct mount *mount_above(const struct path *path)
{
    struct mount *mount = path->dentry->mounted;

    while (mount != NULL && mount->parent != path->mount)
        mount = mount->below;
    return mount;
}

bool mount_cross(struct path *path)
{
    struct mount *mount;
    bool any = false;

    while ((mount = mount_above(path)) != NULL) {
        struct path next = {mount, mount->root};
        path_get(&next);
        path_put(path);
        *path = next;
        any = true;
    }
    return any;
}

/* ---- life of file systems and mounts ---- */

/* st_dev of what is on no disk: a number that none has. They stand in order, so that a pass leads over all in a row. */
static uint32_t device_choose(void)
{
    static bool search; /* last_device has begun anew, after a million */

    search = search || last_device == DEVICE_MINOR_MAX;
    last_device = last_device % DEVICE_MINOR_MAX + 1;
    for (uint32_t before = 0; search && before != last_device;) {
        before = last_device;
        for (const struct list *at = filesystems.next; at != &filesystems; at = at->next)
            if (container_of(at, struct filesystem, all)->device == DEVICE_RDEV(0, last_device))
                last_device = last_device % DEVICE_MINOR_MAX + 1;
    }
    return (uint32_t)DEVICE_RDEV(0, last_device);
}

int filesystem_add(const struct fs_type *type, struct blk_device *dev, struct filesystem *fs, struct filesystem **out)
{
    fs->type = fs->type != NULL ? fs->type : type;
    fs->device = dev != NULL && dev->rdev != 0 ? dev->rdev : device_choose();
    fs->dev = dev;
    list_insert(&filesystems, &fs->all);
    inode_get(fs->root); /* the file system's own, and the dentry's */
    fs->root_dentry = dentry_root(fs->root);
    if (fs->root_dentry == NULL) {
        (void)filesystem_end(fs);
        return -ENOMEM;
    }
    if (dev != NULL)
        dev->fs = fs;
    *out = fs;
    return 0;
}

int filesystem_make(const struct fs_type *type, struct blk_device *dev, const char *options, struct filesystem **out)
{
    struct filesystem *fs;
    int error = type->mount(dev, options, &fs);

    return error != 0 ? error : filesystem_add(type, dev, fs, out);
}

static void filesystem_free(struct filesystem *fs)
{
    struct blk_device *dev = fs->dev;

    list_remove(&fs->all);
    if (fs->root_dentry != NULL)
        dentry_put(fs->root_dentry);
    inode_put(fs->root);
    icache_drop_idle(fs);
    if (dev != NULL) {
        dev->fs = NULL;
        dev->mounting = true; /* nobody has what is on it before all is stored: that may wait */
    }
    filesystem_forget_dirty(fs);
    fs->ops->unmount(fs);
    if (dev != NULL)
        dev->mounting = false;
}

/* The last of its inodes that was in use is gone. */
static void filesystem_end_late(struct filesystem *fs)
{
    if (flusher_is_current()) /* it is at work in this very file system, which then stays until the machine's end */
        return;
    if (fs->storing == 0) /* else who stores it ends it */
        (void)filesystem_end(fs);
}

static bool filesystem_let_go(struct filesystem *fs)
{
    fs->let_go_of = NULL;
    if (fs->mounts == 0)
        watch_fs_gone(fs);
    if (fs->ops->sync != NULL)
        (void)fs->ops->sync(fs, true);
    dentry_shrink(fs, UINT64_MAX);
    if (fs->ops->let_go != NULL && fs->mounts == 0)
        fs->ops->let_go(fs);
    icache_drop_idle(fs);
    if (--fs->storing != 0 || fs->mounts != 0) /* by somebody else, who ends it then; or it was mounted anew */
        return false;
    if (fs->inodes > 1) {
        fs->let_go_of = filesystem_end_late;
        return false;
    }
    if (fs->root->refs > 2 || (fs->root_dentry != NULL && fs->root_dentry->refs > 1))
        return false;
    filesystem_free(fs);
    return true;
}

/* Nothing is mounted of it any more. False: something of it is in use all the same, and it stays. */
bool filesystem_end(struct filesystem *fs)
{
    fs->storing++;   /* or another might free it meanwhile */
    flusher_pause(); /* it may be about to take the volume */
    bool is_gone = filesystem_let_go(fs);
    flusher_resume();
    return is_gone;
}

struct mount *mount_create(struct filesystem *fs, struct dentry *root, const char *source, uint32_t flags)
{
    struct mount *mount = mount_count < MOUNTS_MAX ? kmalloc(sizeof(*mount)) : NULL;

    if (mount == NULL)
        return NULL;
    mount->fs = fs;
    mount->root = root;
    mount->refs = 1;
    mount->flags = flags & MOUNT_FLAGS;
    mount->id = ++last_id;
    mount->unique_id = ++last_unique_id;
    tree_insert(&mount_ids, tree_last(&mount_ids), 1, &mount->by_id, tree_no_bound);
    memcpy(mount->source, source, strnlen(source, MOUNT_SOURCE_MAX - 1));
    list_init(&mount->of_parent);
    list_init(&mount->children);
    list_init(&mount->all);
    mount_group_init(mount);
    dentry_get(root);
    fs->let_go_of = NULL; /* it may have been about to go */
    fs->mounts++;
    mount_count++;
    return mount;
}

/* False: its file system stays, as something of it is in use. */
static bool let_go(struct mount *mount)
{
    struct filesystem *fs = mount->fs;

    mount_group_leave(mount);
    tree_remove(&mount_ids, &mount->by_id, tree_no_bound);
    dentry_put(mount->root);
    kfree(mount);
    mount_count--;
    return --fs->mounts != 0 || filesystem_end(fs);
}

void mount_free(struct mount *mount)
{
    if (mount->fs->mounts == 1)
        writeback_store_atimes(mount->fs);
    (void)let_go(mount);
}

/* ---- the tree ---- */

void mount_attach(struct mount *mount, const struct path *at)
{
    path_get(at);
    mount->parent = at->mount;
    mount->point = at->dentry;
    mount->below = at->dentry->mounted;
    at->dentry->mounted = mount;
    list_insert(&at->mount->children, &mount->of_parent);
    if (list_is_empty(&mount->all))
        list_insert(&mounts, &mount->all);
}

void mount_detach(struct mount *mount)
{
    struct path at = {mount->parent, mount->point};
    struct mount **link = &at.dentry->mounted;

    while (*link != mount)
        link = &(*link)->below;
    *link = mount->below;
    mount->below = mount->parent = NULL;
    mount->point = NULL;
    list_remove(&mount->of_parent);
    if (at.dentry->stays && at.dentry->mounted == NULL)
        dentry_unhash(at.dentry); /* it was only there for this */
    path_put(&at);
}

void mount_forget(struct mount *mount)
{
    list_remove(&mount->all);
}

bool mount_is_known(const struct mount *mount)
{
    return !list_is_empty(&mount->all);
}

void mount_publish(struct mount *mount)
{
    list_insert(&mounts, &mount->all);
}

struct mount *mount_tree_next(const struct mount *top, struct mount *mount)
{
    if (!list_is_empty(&mount->children))
        return container_of(mount->children.next, struct mount, of_parent);
    while (mount != top && mount->of_parent.next == &mount->parent->children)
        mount = mount->parent;
    return mount != top ? container_of(mount->of_parent.next, struct mount, of_parent) : NULL;
}

void mounts_reorder(struct mount *top)
{
    for (struct mount *mount = top; mount != NULL; mount = mount_tree_next(top, mount)) {
        list_remove(&mount->all);
        list_insert(&mounts, &mount->all);
    }
}

void mount_swap_root(struct mount *old, struct mount *new, const struct path *put_old)
{
    struct path place = {old->parent, old->point};

    mount_detach(new);
    if (place.mount != NULL) {
        path_get(&place);
        mount_detach(old);
        mount_attach(new, &place);
        path_put(&place);
    } else {
        root_path = (struct path){new, new->root};
    }
    mount_attach(old, put_old);
    mounts_reorder(old);
}

/* ---- a directory to mount on, whether or not there is one on the disk ---- */

static void point_release(struct inode *inode)
{
    kfree(inode);
}

static const struct inode_ops point_ops = {.release = point_release};

/* One that is only here. On a disk it covers what may be there: to look would cost each start a search of the disk. */
static int point_inode_make(struct inode *dir, struct inode **out)
{
    *out = kmalloc(sizeof(**out));
    if (*out == NULL)
        return -ENOMEM;
    inode_init(*out, dir->fs, &point_ops, 0, S_IFDIR | 0755);
    return 0;
}

/* A file system in memory has the directory, or gets it. */
static int point_inode(struct inode *dir, const char *name, size_t length, struct inode **out)
{
    if (!dir->fs->in_memory)
        return point_inode_make(dir, out);
    int error = dir->ops->lookup(dir, name, length, out);
    if (error == -ENOENT)
        error = dir->ops->create(dir, name, length, S_IFDIR | 0755, 0, out);
    if (error == 0 && S_ISDIR((*out)->mode))
        return 0;
    if (error == 0)
        inode_put(*out);
    return point_inode_make(dir, out);
}

static int point_make(struct dentry *dir, const char *name, struct dentry **out)
{
    struct inode *inode;
    int error = point_inode(dir->inode, name, strlen(name), &inode);

    if (error != 0)
        return error;
    bool stays = inode->ops == &point_ops;
    *out = dentry_find(dir, name, strlen(name));
    if (*out != NULL) {
        dentry_unhash(*out);
        dentry_put(*out);
    }
    error = dentry_add(dir, name, strlen(name), inode, out);
    if (error == 0) {
        (*out)->stays = stays;
        dir->has_points |= stays;
    }
    return error;
}

const struct dentry *mount_point_in(const struct dentry *dir, unsigned n)
{
    if (!dir->has_points) /* or a listing would go through all names that are in memory, for each that it has */
        return NULL;
    for (const struct list *at = dir->children.next; at != &dir->children; at = at->next) {
        const struct dentry *child = container_of(at, const struct dentry, of_parent);
        if (child->stays && child->mounted != NULL && n-- == 0)
            return child;
    }
    return NULL;
}

/* ---- what is there from the start ---- */

static const struct boot_mount {
    const char *type, *dir, *name; /* dir: the name of the mount that it lies in */
    uint32_t flags;
    const char *options;
} boot_mounts[] = {
    {"devtmpfs", "/", "dev", MS_NOSUID, NULL},
    {"proc", "/", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
    {"tmpfs", "dev", "shm", MS_NOSUID | MS_NODEV, NULL},
    {"devpts", "dev", "pts", MS_NOSUID | MS_NOEXEC, NULL},
    {"sysfs", "/", "sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL},
};

/* The mount of that name, of those that are there so far. */
static struct mount *boot_mount_find(const char *name)
{
    struct mount *mount = mount_next(NULL);

    while (mount != NULL && strcmp(name, "/") != 0 &&
           (mount->point == NULL || mount->point->length != strlen(name) ||
            memcmp(mount->point->name, name, strlen(name)) != 0))
        mount = mount_next(mount);
    return mount;
}

static int boot_mount(const struct boot_mount *want)
{
    const struct fs_type *type = fs_type_find(want->type);
    struct mount *in = boot_mount_find(want->dir), *mount;
    struct path at;
    struct filesystem *fs;

    if (type == NULL || in == NULL)
        return 0;
    int error = point_make(in->root, want->name, &at.dentry);
    if (error != 0)
        return error;
    at.mount = in;
    error = filesystem_make(type, NULL, want->options, &fs);
    if (error == 0) {
        mount = mount_create(fs, fs->root_dentry, type->name, want->flags | MS_RELATIME);
        if (mount != NULL)
            mount_attach(mount, &at);
        else
            error = -ENOMEM;
        if (error != 0)
            (void)filesystem_end(fs);
    }
    if (error != 0) /* who looks for the name again gets here again */
        dentry_unhash(at.dentry);
    dentry_put(at.dentry);
    if (error == 0 && strcmp(want->name, "shm") == 0) {
        memory_fs = fs;
        fs->mounts++; /* files without names are made in it, also when it isn't mounted any more */
    }
    return error;
}

int mount_boot(void)
{
    int error = 0;

    for (; error == 0 && boot_done < sizeof(boot_mounts) / sizeof(boot_mounts[0]); boot_done += error == 0)
        error = boot_mount(&boot_mounts[boot_done]);
    mount_boot_waits = error != 0;
    return error;
}

bool mount_boot_is(const struct dentry *dir, const char *name, size_t length)
{
    bool is = false;

    for (size_t n = 0; dir == root_path.dentry && n < sizeof(boot_mounts) / sizeof(boot_mounts[0]); n++)
        is = is || (strlen(boot_mounts[n].name) == length && memcmp(boot_mounts[n].name, name, length) == 0);
    return is;
}

struct inode *mount_memory(void)
{
    if (mount_boot_waits)
        (void)mount_boot();
    return memory_fs != NULL ? memory_fs->root : NULL;
}

static int root_find(struct blk_device *dev, struct filesystem **out)
{
    int error = -EINVAL;

    for (const struct fs_type *const *type = fs_types; *type != NULL && error == -EINVAL; type++) {
        if (!(*type)->needs_device)
            continue;
        error = filesystem_make(*type, dev, NULL, out);
        if (error == 0)
            log_info("root: %s on %s", (*out)->type->name, dev->name);
    }
    return error;
}

int mount_root_set(struct filesystem *fs, struct dentry *top, const char *source, uint32_t flags)
{
    root_path.mount = mount_create(fs, top, source, MS_RELATIME | flags);
    if (root_path.mount == NULL)
        return -ENOMEM;
    root_path.dentry = root_path.mount->root;
    list_insert(&mounts, &root_path.mount->all);
    page_set_reclaim(pagecache_reclaim);
    watch_init();
    mount_boot_waits = true;
    boot_done = 0;
    return 0;
}

int vfs_mount_root(struct blk_device *dev)
{
    char source[32];
    struct filesystem *fs;
    int error = dev != NULL ? root_find(dev, &fs) : filesystem_make(fs_type_find("tmpfs"), NULL, "mode=0755", &fs);

    if (error != 0)
        return error;
    snprintf(source, sizeof(source), "%s%s", dev != NULL ? "/dev/" : "none", dev != NULL ? dev->name : "");
    error = mount_root_set(fs, fs->root_dentry, source, 0);
    if (error != 0)
        (void)filesystem_end(fs);
    return error == 0 && dev == NULL ? mount_boot()
                                     : error; /* in memory what is unpacked later finds the directories */
}

static int store_fully(struct filesystem *fs)
{
    int error = fs->ops->sync != NULL ? fs->ops->sync(fs, true) : 0;

    if (error == 0)
        error = fs->write_error;
    fs->write_error = 0;
    return error;
}

/* The one after `fs` (NULL: the first), which isn't freed until storing_end. */
static struct filesystem *storing_next(const struct filesystem *fs)
{
    struct list *next = fs != NULL ? fs->all.next : filesystems.next;

    if (next == &filesystems)
        return NULL;
    container_of(next, struct filesystem, all)->storing++;
    return container_of(next, struct filesystem, all);
}

static void storing_end(struct filesystem *fs)
{
    if (--fs->storing == 0 && fs->mounts == 0)
        (void)filesystem_end(fs);
}

/* Each, also when one fails: the first error. */
static int all_store(int (*store)(struct filesystem *fs))
{
    struct filesystem *fs = storing_next(NULL), *next;
    int first_error = 0;

    for (; fs != NULL; fs = next) {
        int error = store(fs);
        if (error != 0 && first_error == 0)
            first_error = error;
        next = storing_next(fs);
        storing_end(fs);
    }
    return first_error;
}

static int store_as_asked(struct filesystem *fs)
{
    writeback_store_atimes(fs);
    return store_fully(fs);
}

int vfs_sync_all(void)
{
    return all_store(store_as_asked);
}

static int store_and_finish(struct filesystem *fs)
{
    int error = store_fully(fs);
    int finished = fs->ops->finish != NULL ? fs->ops->finish(fs) : 0;

    return error != 0 ? error : finished;
}

int vfs_finish_all(void)
{
    return all_store(store_and_finish);
}

int vfs_sync_fs(struct filesystem *fs)
{
    fs->storing++;
    int error = store_as_asked(fs);
    storing_end(fs);
    return error;
}

static bool memory_end(void)
{
    struct filesystem *fs = memory_fs;

    memory_fs = NULL;
    return fs == NULL || --fs->mounts != 0 || filesystem_end(fs);
}

int vfs_unmount_all(void)
{
    int error = all_store(store_fully);

    dentry_shrink(NULL, UINT64_MAX);
    if (!memory_end())
        return -EBUSY;
    while (!list_is_empty(&mounts)) { /* the last one first: it lies in an earlier one */
        struct mount *mount = container_of(mounts.prev, struct mount, all);
        if (mount->refs > 1)
            return -EBUSY;
        if (mount->parent != NULL)
            mount_detach(mount);
        mount_forget(mount);
        if (!let_go(mount))
            return -EBUSY;
    }
    root_path = (struct path){0};
    return error;
}
