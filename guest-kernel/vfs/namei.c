/* SPDX-License-Identifier: Apache-2.0 */
/* namei.c - system calls that take paths: open, mkdir, unlink, rename, truncate. */
#include "abi/errno.h"
#include "core/clock.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/device.h"
#include "vfs/names.h"
#include "vfs/pagecache.h"
#include "vfs/path.h"
#include "vfs/pipe.h"

#define KEPT_FLAGS (~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC))

/* Whether an entry can be added to, or taken from, the directory. */
static int may_change(const struct inode *dir)
{
    if (dir->fs->read_only)
        return -EROFS;
    return dir->links != 0 ? 0 : -ENOENT; /* links 0: it was removed while in use */
}

static int create(const struct walk *walk, uint32_t mode, struct inode **out)
{
    int error = may_change(walk->dir);

    if (error != 0)
        return error;
    if (walk->dir->ops->create == NULL)
        return -EPERM;
    error = walk->dir->ops->create(walk->dir, walk->name, walk->length, mode, 0, out);
    names_forget_absent(walk->dir);
    if (error == 0)
        walk->dir->mtime = walk->dir->ctime = (int64_t)clock_realtime_ns();
    return error;
}

/* Whether what open found may be opened in this way. */
static int may_open(const struct inode *inode, uint32_t flags, bool created)
{
    bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);

    if (S_ISLNK(inode->mode) && !(flags & O_PATH))
        return -ELOOP;
    if ((flags & O_CREAT) && !created && (flags & O_EXCL))
        return -EEXIST;
    if (S_ISDIR(inode->mode) && (writes || (flags & O_CREAT)))
        return -EISDIR;
    if ((flags & O_DIRECTORY) && !S_ISDIR(inode->mode))
        return -ENOTDIR;
    if ((flags & O_DIRECT) && !S_ISREG(inode->mode) && !S_ISBLK(inode->mode))
        return -EINVAL;
    if (writes && inode->fs->read_only && S_ISREG(inode->mode))
        return -EROFS;
    return 0;
}

/* Finds the file, or makes it. */
static int find_or_create(const struct walk *walk, uint32_t flags, uint32_t mode, struct inode **out, bool *created)
{
    int error = path_last(walk, out);

    *created = false;
    if (error != -ENOENT || !(flags & O_CREAT))
        return error;
    if (walk->must_be_dir)
        return -EISDIR;
    *created = true;
    return create(walk, S_IFREG | (mode & 07777), out);
}

static const struct file_ops file_ops_path; /* O_PATH: neither read nor write */

static int open_inode(struct inode *inode, uint32_t flags, struct file **out)
{
    const struct file_ops *ops = NULL;
    struct file *file;

    if (flags & O_PATH)
        ops = &file_ops_path;
    else if (S_ISREG(inode->mode))
        ops = &file_ops_regular;
    else if (S_ISDIR(inode->mode))
        ops = &file_ops_directory;
    else if (!S_ISFIFO(inode->mode) && !S_ISCHR(inode->mode) && !S_ISBLK(inode->mode))
        return -ENXIO;
    int error = file_new(inode, ops, flags & KEPT_FLAGS, NULL, &file);
    if (error != 0)
        return error;
    if (ops == &file_ops_regular && file_is_writable(file)) {
        error = inode_write_get(inode);
        if (error != 0) {
            file_put(file);
            return error;
        }
        file->counted = true;
    }
    if (ops == NULL) {
        file->flags |= flags & O_NOCTTY; /* for device_open */
        error = S_ISFIFO(inode->mode) ? fifo_open(inode, file) : device_open(inode, file);
        if (error != 0) {
            file->ops = NULL; /* nothing to release */
            file_put(file);
            return error;
        }
    }
    *out = file;
    return 0;
}

int vfs_open(struct inode *base, const char *path, uint32_t flags, uint32_t mode, struct file **out)
{
    struct walk walk;
    struct inode *inode;
    bool created;

    if ((flags & O_TMPFILE) == O_TMPFILE)
        return -EOPNOTSUPP;
    if (flags & O_PATH)
        flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int error = path_walk(base, path, &walk);
    if (error != 0)
        return error;
    error = find_or_create(&walk, flags, mode, &inode, &created);
    inode_put(walk.dir);
    if (error != 0)
        return error;
    error = may_open(inode, flags, created);
    if (error == 0)
        error = open_inode(inode, flags, out);
    if (error == 0 && (flags & O_TRUNC) && !created && S_ISREG(inode->mode)) {
        error = vfs_truncate(inode, 0);
        if (error != 0)
            file_put(*out);
    }
    inode_put(inode);
    return error;
}

int vfs_open_memory(uint32_t mode, struct file **out)
{
    struct inode *dir = mount_memory(), *inode;

    if (dir == NULL)
        return -ENODEV;
    int error = dir->ops->create_nameless(dir, S_IFREG | mode, &inode);
    if (error != 0)
        return error;
    error = open_inode(inode, O_RDWR | O_LARGEFILE, out);
    inode_put(inode);
    return error;
}

/* Something new by that name, a directory or a node. */
static int make(const struct walk *walk, uint32_t mode)
{
    struct inode *inode;
    int error = path_last(walk, &inode);
    bool exists = error == 0;

    if (error == -ENOENT && (S_ISDIR(mode) || !walk->must_be_dir))
        error = create(walk, mode, &inode);
    if (error == 0)
        inode_put(inode);
    return exists ? -EEXIST : error;
}

int vfs_mkdir(struct inode *base, const char *path, uint32_t mode)
{
    struct walk walk;
    int error = path_walk(base, path, &walk);

    if (error != 0)
        return error;
    walk.must_be_dir = false;
    error = make(&walk, S_IFDIR | (mode & 01777));
    inode_put(walk.dir);
    return error;
}

int vfs_mknod(struct inode *base, const char *path, uint32_t mode)
{
    struct walk walk;
    int error = path_walk(base, path, &walk);

    if (error != 0)
        return error;
    error = make(&walk, mode);
    inode_put(walk.dir);
    return error;
}

static bool is_mount(const struct inode *inode)
{
    return inode == inode->fs->root || inode->mounted != NULL;
}

/* Whether this entry may go away. */
static int may_remove(const struct walk *walk, const struct inode *inode, bool directory)
{
    if (directory && name_is_dot(walk->name, walk->length))
        return -EINVAL;
    if (directory && name_is_dotdot(walk->name, walk->length))
        return -ENOTEMPTY;
    if (directory != S_ISDIR(inode->mode))
        return directory ? -ENOTDIR : -EISDIR;
    if (is_mount(inode))
        return -EBUSY;
    return walk->dir->ops->unlink != NULL ? may_change(walk->dir) : -EPERM;
}

int vfs_unlink(struct inode *base, const char *path, bool directory)
{
    struct walk walk;
    struct inode *inode;
    int error = path_walk(base, path, &walk);

    if (error != 0)
        return error;
    error = path_last(&walk, &inode);
    if (error == 0) {
        error = may_remove(&walk, inode, directory);
        if (error == 0) {
            error = walk.dir->ops->unlink(walk.dir, walk.name, walk.length, inode);
            names_forget(inode);
        }
        if (error == 0)
            inode->ctime = walk.dir->mtime = walk.dir->ctime = (int64_t)clock_realtime_ns();
        inode_put(inode);
    }
    inode_put(walk.dir);
    return error;
}

/* ---- rename ---- */

static bool is_within(const struct inode *dir, const struct inode *ancestor)
{
    while (dir != ancestor) {
        if (dir->parent == NULL || dir->parent == dir)
            return false;
        dir = dir->parent;
    }
    return true;
}

static bool is_special(const struct walk *walk)
{
    return walk->length == 0 || name_is_dot(walk->name, walk->length) || name_is_dotdot(walk->name, walk->length);
}

static int may_replace(const struct inode *source, const struct inode *victim, bool no_replace)
{
    if (no_replace)
        return -EEXIST;
    if (is_mount(victim))
        return -EBUSY;
    if (S_ISDIR(source->mode) && !S_ISDIR(victim->mode))
        return -ENOTDIR;
    return !S_ISDIR(source->mode) && S_ISDIR(victim->mode) ? -EISDIR : 0;
}

/* What moved has another place now; `name` is a directory's new one. */
static void move_place(struct inode *source, struct inode *new_dir, char *name)
{
    if (name != NULL) {
        kfree(source->name);
        source->name = name;
    }
    if (source->parent != NULL && source->parent != new_dir) {
        inode_get(new_dir);
        inode_put(source->parent);
        source->parent = new_dir;
    }
}

static int rename_entry(const struct walk *from, const struct walk *to, struct inode *source, struct inode *victim)
{
    char *name = NULL;

    if (S_ISDIR(source->mode)) {
        name = kmalloc(to->length + 1);
        if (name == NULL)
            return -ENOMEM;
        memcpy(name, to->name, to->length);
    }
    int error = from->dir->ops->rename(from->dir, from->name, from->length, to->dir, to->name, to->length, victim, 0);
    names_forget(source);
    if (victim != NULL)
        names_forget(victim);
    names_forget_absent(to->dir);
    if (error != 0) {
        kfree(name);
        return error;
    }
    source->ctime = from->dir->mtime = to->dir->mtime = (int64_t)clock_realtime_ns();
    move_place(source, to->dir, name);
    return 0;
}

static int rename_found(const struct walk *from, const struct walk *to, struct inode *source, struct inode *victim)
{
    if (victim == source) { /* two names of one file: nothing to do, unless they differ in case only */
        bool same = from->dir == to->dir && from->length == to->length && memcmp(from->name, to->name, to->length) == 0;
        if (same || source->links > 1)
            return 0;
        victim = NULL;
    }
    int error = may_change(from->dir);
    if (error == 0)
        error = may_change(to->dir);
    if (error == 0 && from->dir->ops->rename == NULL)
        error = -EPERM;
    return error != 0 ? error : rename_entry(from, to, source, victim);
}

static int rename_walked(const struct walk *from, const struct walk *to, bool no_replace)
{
    struct inode *source, *victim = NULL;

    if (from->dir->fs != to->dir->fs)
        return -EXDEV;
    if (is_special(from) || is_special(to))
        return no_replace && is_special(to) ? -EEXIST : -EBUSY;
    int error = path_last(from, &source);
    if (error != 0)
        return error;
    if (is_mount(source))
        error = -EBUSY;
    else if (to->must_be_dir && !S_ISDIR(source->mode))
        error = -ENOTDIR;
    else if (S_ISDIR(source->mode) && is_within(to->dir, source))
        error = -EINVAL;
    if (error == 0) {
        error = path_last(to, &victim);
        if (error == 0 && victim != source)
            error = may_replace(source, victim, no_replace);
        else if (error == -ENOENT)
            error = 0;
    }
    if (error == 0)
        error = rename_found(from, to, source, victim);
    inode_put(victim);
    inode_put(source);
    return error;
}

int vfs_rename(struct inode *old_base, const char *old_path, struct inode *new_base, const char *new_path,
               bool no_replace)
{
    struct walk from, to;
    int error = path_walk(old_base, old_path, &from);

    if (error != 0)
        return error;
    error = path_walk(new_base, new_path, &to);
    if (error == 0) {
        error = rename_walked(&from, &to, no_replace);
        inode_put(to.dir);
    }
    inode_put(from.dir);
    return error;
}
