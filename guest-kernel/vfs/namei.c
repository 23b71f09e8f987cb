/* SPDX-License-Identifier: Apache-2.0 */
/* namei.c - open(2): finds a file or makes it, and opens it. */
#include "abi/errno.h"
#include "abi/fsflags.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "vfs/device.h"
#include "vfs/entry.h"
#include "vfs/notify.h"
#include "vfs/open_file.h"
#include "vfs/pagecache.h"
#include "vfs/permission.h"
#include "vfs/pipe.h"

#define MAKE_TRIES 64u /* of a name that others make and take away all the time, with two answers each */
#define KEPT_FLAGS (~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC))

/* ---- finding ---- */

static int create(struct walk *walk, struct path *path, uint32_t mode)
{
    struct entry entry = {*walk, walk->at.dentry, path->dentry};
    struct inode *dir = entry.dir->inode, *inode;
    int error = entry_may_create(&entry);

    if (error != 0)
        return error;
    if (dir->ops->create == NULL)
        return -EACCES;
    error = dir->ops->create(dir, walk->name, walk->length, S_IFREG | (entry_mode(dir, mode) & 07777), 0, &inode);
    if (error != 0)
        return error;
    entry_made(&entry, inode);
    if (dir->ops->vouches != NULL)
        path->dentry->vouched = dir->ops->vouches(dir);
    return 0;
}

static bool is_made_unseen(const struct walk *walk, uint32_t flags)
{
    const struct inode *dir = path_inode(&walk->at);

    return dir->ops->makes_unseen != NULL && ((flags & O_EXCL) || dir->ops->makes_unseen(dir)) && !mount_boot_waits &&
           walk->length <= NAME_MAX && !(walk->resolve & RESOLVE_CACHED);
}

/* Makes the last component without a look at what is there. True: that was it; else the name is looked for, and all
 * errors are those of that way. */
static bool make_unseen(struct walk *walk, uint32_t mode, struct path *out)
{
    struct dentry *dir = walk->at.dentry;
    bool made = false;

    mutex_lock(&dir->inode->lock);
    if (dentry_look(dir, walk->name, walk->length) == NULL &&
        dentry_add(dir, walk->name, walk->length, NULL, &out->dentry) == 0) {
        out->mount = walk->at.mount;
        mount_get(out->mount);
        made = create(walk, out, mode) == 0;
        if (!made) {
            dentry_unhash(out->dentry);
            path_put(out);
        }
    }
    mutex_unlock(&dir->inode->lock);
    return made;
}

/* The last component: found, or made if it isn't there. The directory is locked. */
static int find_or_make(struct walk *walk, uint32_t mode, struct path *out, bool *created)
{
    int error = walk_last(walk, true, out);

    if (error != 0 || path_inode(out) != NULL)
        return error;
    error = create(walk, out, mode);
    *created = error == 0;
    if (error != 0)
        path_put(out);
    return error;
}

/* The last component was not there a moment ago: looks again while nobody can make it, and makes it. */
static int find_or_create(struct walk *walk, uint32_t mode, struct path *out, bool *created)
{
    struct inode *dir = path_inode(&walk->at);

    path_put(out);
    mutex_lock(&dir->lock);
    int error = find_or_make(walk, mode, out, created);
    /* Others have made it just now, who don't ask here: the host, in a shared folder. It may be gone again, too. */
    for (unsigned tries = 0; error == -EEXIST && dir->fs->names_change && tries < MAKE_TRIES; tries++)
        error = find_or_make(walk, mode, out, created);
    mutex_unlock(&dir->lock);
    if (error == 0)
        mount_cross(out);
    return error;
}

/* The last component, made if that is wanted. */
static int find_last(struct walk *walk, uint32_t flags, uint32_t mode, struct path *out, bool *created)
{
    bool is_name = walk_is_name(walk);

    if ((flags & O_CREAT) && is_name && walk->must_be_dir)
        return -EISDIR;
    if ((flags & O_CREAT) && is_name && is_made_unseen(walk, flags) && make_unseen(walk, mode, out)) {
        *created = true;
        return 0;
    }
    int error = walk_last(walk, false, out);
    if (error == 0 && (flags & O_CREAT) && !is_name) {
        path_put(out);
        return flags & O_EXCL ? -EEXIST : -EISDIR;
    }
    if (error != 0 || path_inode(out) != NULL)
        return error;
    if (flags & O_CREAT)
        return find_or_create(walk, mode, out, created);
    path_put(out);
    return -ENOENT;
}

/* Whether open goes on with where the link leads. One that it doesn't follow is an error later. */
static bool follows(const struct walk *walk, uint32_t flags)
{
    if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
        return false;
    return !(flags & O_NOFOLLOW) || walk->must_be_dir;
}

static int find(struct walk *walk, uint32_t flags, uint32_t mode, struct path *out, bool *created)
{
    int error = walk_parent(walk);

    *created = false;
    while (error == 0) {
        error = find_last(walk, flags, mode, out, created);
        if (error != 0 || !S_ISLNK(path_inode(out)->mode) || !follows(walk, flags))
            break;
        struct path link = *out;
        error = walk_follow(walk, &link, out);
        if (error == 1)
            return 0;
    }
    return error;
}

/* ---- opening ---- */

static unsigned wanted_rights(uint32_t flags)
{
    static const unsigned char of_mode[] = {MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE};

    return of_mode[flags & O_ACCMODE] | (flags & O_TRUNC ? MAY_WRITE : 0u);
}

/* Devices and FIFOs are written to whether or not the file system can be. */
static int may_write(const struct path *path, const struct inode *inode)
{
    return S_ISREG(inode->mode) ? mount_may_write(path->mount) : 0;
}

static int may_access(const struct path *path, const struct inode *inode, uint32_t flags)
{
    unsigned wanted = wanted_rights(flags);

    if (S_ISDIR(inode->mode) && (wanted & MAY_WRITE))
        return -EISDIR;
    if ((S_ISCHR(inode->mode) || S_ISBLK(inode->mode)) && (path->mount->flags & MS_NODEV))
        return -EACCES;
    int error = wanted & MAY_WRITE ? may_write(path, inode) : 0;
    if (error == 0)
        error = permission(inode, wanted);
    if (error == 0 && (wanted & MAY_WRITE) && (inode->flags & FS_APPEND_FL) &&
        (!(flags & O_APPEND) || (flags & O_TRUNC)))
        error = -EPERM;
    if (error == 0 && (flags & O_NOATIME) && !permission_owns(inode))
        error = -EPERM;
    return error;
}

/* Whether what open found may be opened in this way. */
static int may_open(const struct path *path, uint32_t flags, bool created)
{
    const struct inode *inode = path_inode(path);

    if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL) && !created)
        return -EEXIST;
    if ((flags & O_CREAT) && S_ISDIR(inode->mode))
        return -EISDIR;
    if ((flags & O_DIRECTORY) && !S_ISDIR(inode->mode))
        return -ENOTDIR;
    if (flags & O_PATH)
        return 0;
    if (S_ISLNK(inode->mode))
        return -ELOOP;
    if ((flags & O_DIRECT) && !S_ISREG(inode->mode) && !S_ISBLK(inode->mode))
        return -EINVAL;
    return created ? 0 : may_access(path, inode, flags);
}

static const struct file_ops file_ops_path; /* O_PATH: neither read nor write */

static const struct file_ops *ops_of(const struct inode *inode, uint32_t flags)
{
    if (flags & O_PATH)
        return &file_ops_path;
    if (S_ISREG(inode->mode) && inode->ops->open == NULL)
        return &file_ops_regular;
    return S_ISDIR(inode->mode) ? &file_ops_directory : NULL;
}

/* What has operations of its own: FIFOs, devices, files of procfs. */
static int open_special(struct inode *inode, uint32_t flags, struct file *file)
{
    int error;

    file->flags |= flags & O_NOCTTY; /* for device_open */
    if (inode->ops->open != NULL)
        error = inode->ops->open(inode, file);
    else if (S_ISFIFO(inode->mode))
        error = fifo_open(inode, file);
    else
        error = S_ISCHR(inode->mode) || S_ISBLK(inode->mode) ? device_open(inode, file) : -ENXIO;
    file->flags &= ~O_NOCTTY;
    if (error != 0)
        file->ops = NULL; /* nothing to release */
    return error;
}

static int count_writer(struct inode *inode, struct file *file)
{
    /* An open may have waited since it asked whether it may write: it or its mount may be read-only by now. */
    int error = file->path.mount != NULL ? mount_may_write(file->path.mount) : 0;

    if (error == 0)
        error = inode_write_get(inode);
    file->counted = error == 0;
    if (error == 0 && file->path.mount != NULL)
        file->path.mount->writers++;
    return error;
}

/* path: NULL if it has none. */
static int open_inode(struct inode *inode, const struct path *path, uint32_t flags, struct file **out)
{
    const struct file_ops *ops = ops_of(inode, flags);
    struct file *file;
    int error = ops == &file_ops_regular && inode->ops->opens != NULL ? inode->ops->opens(inode, flags) : 0;

    if (error == 0)
        error = file_new(inode, ops, flags & KEPT_FLAGS, NULL, &file);
    if (error != 0)
        return error;
    if (path != NULL) {
        file->path = *path;
        path_get(path);
    }
    if (ops == &file_ops_regular && file_is_writable(file))
        error = count_writer(inode, file);
    else if (ops == NULL)
        error = open_special(inode, flags, file);
    if (error != 0) {
        file->flags |= O_PATH; /* it never was open: nobody is told that it closes */
        file_put(file);
        return error;
    }
    notify_file(file, IN_OPEN);
    *out = file;
    return 0;
}

int open_found(const struct path *path, uint32_t flags, bool created, struct file **out)
{
    struct inode *inode = path_inode(path);
    int error = may_open(path, flags, created);

    if (error == 0)
        error = open_inode(inode, path, flags, out);
    if (error == 0 && (flags & O_TRUNC) && !created && S_ISREG(inode->mode)) {
        /* Who isn't given a large file (sys/open.c) doesn't empty it, either. */
        error = !(flags & O_LARGEFILE) && inode->size > SMALL_FILE_MAX ? -EOVERFLOW : vfs_truncate(inode, 0);
        if (error == 0)
            notify_file(*out, IN_MODIFY);
        else
            file_put(*out);
    }
    return error;
}

int vfs_open_path(const struct path *path, uint32_t flags, struct file **out)
{
    return open_found(path, flags, false, out);
}

/* ---- files without a name ---- */

/* A dentry that nobody finds says where the file was made, by the name that it has on Linux. */
static int nameless_path(const struct path *dir, struct inode *inode, struct path *out)
{
    char name[22];
    int length = snprintf(name, sizeof(name), "#%lu", (unsigned long)inode->number);
    int error = dentry_add(dir->dentry, name, (size_t)length, inode, &out->dentry);

    if (error != 0)
        return error;
    dentry_unhash(out->dentry);
    out->mount = dir->mount;
    mount_get(out->mount);
    return 0;
}

static int make_nameless(const struct path *dir, uint32_t flags, uint32_t mode, struct inode **out)
{
    struct inode *inode = path_inode(dir);
    int error = mount_may_write(dir->mount);

    if (error == 0)
        error = permission(inode, MAY_WRITE | MAY_EXEC);
    if (error != 0)
        return error;
    if (inode->ops->create_nameless == NULL)
        return -EOPNOTSUPP;
    mutex_lock(&inode->lock);
    error = inode->ops->create_nameless(inode, S_IFREG | (entry_mode(inode, mode) & 07777), out);
    mutex_unlock(&inode->lock);
    if (error == 0)
        (*out)->may_link = !(flags & O_EXCL);
    return error;
}

static int open_nameless(const struct path *base, const char *name, uint32_t flags, uint32_t mode, unsigned resolve,
                         struct file **out)
{
    struct path dir, path;
    struct inode *inode;
    int error = path_lookup_resolve(base, name, LOOKUP_DIRECTORY, resolve, &dir);

    if (error != 0)
        return error;
    error = make_nameless(&dir, flags, mode, &inode);
    if (error == 0)
        error = nameless_path(&dir, inode, &path);
    if (error == 0) {
        error = open_inode(inode, &path, flags & ~(uint32_t)O_TMPFILE, out);
        path_put(&path);
    }
    path_put(&dir);
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
    error = open_inode(inode, NULL, O_RDWR | O_LARGEFILE, out);
    inode_put(inode);
    return error;
}

/* ---- open ---- */

int vfs_open_resolve(const struct path *base, const char *name, uint32_t flags, uint32_t mode, unsigned resolve,
                     struct file **out)
{
    struct walk walk;
    struct path path;
    bool created;

    if ((flags & O_TMPFILE) == O_TMPFILE && !(flags & O_PATH))
        return open_nameless(base, name, flags, mode, resolve, out);
    if (flags & O_PATH)
        flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int error = walk_begin(&walk, base, name, resolve);
    if (error != 0)
        return error;
    error = find(&walk, flags, mode, &path, &created);
    if (error == 0 && walk.must_be_dir && !S_ISDIR(path_inode(&path)->mode)) {
        path_put(&path);
        error = -ENOTDIR;
    }
    walk_end(&walk);
    if (error != 0)
        return error;
    error = open_found(&path, flags, created, out);
    path_put(&path);
    return error;
}

int vfs_open(const struct path *base, const char *name, uint32_t flags, uint32_t mode, struct file **out)
{
    return vfs_open_resolve(base, name, flags, mode, 0, out);
}
