/* SPDX-License-Identifier: Apache-2.0 */
/* entry.c - names that are made and removed: mkdir, mknod, symlink, link, unlink, rmdir. */
#include "vfs/entry.h"

#include "abi/errno.h"
#include "core/clock.h"
#include "core/thread.h"
#include "vfs/acl.h"
#include "vfs/fs_context.h"
#include "vfs/inode_flags.h"
#include "vfs/notify.h"
#include "vfs/pagecache.h"
#include "vfs/permission.h"

bool walk_is_name(const struct walk *walk)
{
    return walk->length != 0 && !name_is_dot(walk->name, walk->length) && !name_is_dotdot(walk->name, walk->length);
}

int entry_begin(struct entry *entry, const struct path *base, const char *name)
{
    struct path last;
    int error = walk_begin(&entry->walk, base, name, 0);

    if (error != 0)
        return error;
    error = walk_parent(&entry->walk);
    if (error == 0) {
        entry->dir = entry->walk.at.dentry;
        entry->dentry = NULL;
        mutex_lock(&entry->dir->inode->lock);
        if (walk_is_name(&entry->walk)) {
            error = walk_last(&entry->walk, true, &last);
            if (error == 0) {
                entry->dentry = last.dentry;
                mount_put(last.mount);
            }
        }
        if (error != 0)
            mutex_unlock(&entry->dir->inode->lock);
    }
    if (error != 0)
        walk_end(&entry->walk);
    return error;
}

void entry_end(struct entry *entry)
{
    mutex_unlock(&entry->dir->inode->lock);
    if (entry->dentry != NULL)
        dentry_put(entry->dentry);
    walk_end(&entry->walk);
}

int entry_may_create(const struct entry *entry)
{
    const struct inode *dir = entry->dir->inode;

    if (mount_may_write(entry->walk.at.mount) != 0)
        return -EROFS;
    return dir->links != 0 ? permission(dir, MAY_WRITE | MAY_EXEC) : -ENOENT;
}

int entry_may_delete(const struct dentry *dir, const struct dentry *dentry, bool directory)
{
    const struct inode *victim = dentry->inode;
    int error = permission_delete(dir->inode, victim);

    if (error != 0)
        return error;
    if (directory != S_ISDIR(victim->mode))
        return directory ? -ENOTDIR : -EISDIR;
    return dir->inode->links != 0 ? 0 : -ENOENT;
}

void entry_touch(struct inode *dir)
{
    if (dir->fs->stores_names)
        return;
    dir->mtime = dir->ctime = (int64_t)clock_realtime_ns();
}

void entry_made(struct entry *entry, struct inode *inode)
{
    if (entry->dir->inode->fs->names_fold)
        dentry_forget_absent(entry->dir, entry->dentry); /* it has other names, too */
    dentry_fill(entry->dentry, inode);
    entry_touch(entry->dir->inode);
    notify_name(entry->dir->inode, entry->walk.name, entry->walk.length, inode, IN_CREATE);
}

/* ---- something new ---- */

uint32_t entry_mode(const struct inode *dir, uint32_t mode)
{
    const struct thread *thread = arch_current();
    bool keeps_all = inode_acl(dir, true) != NULL || thread == NULL || thread->fs == NULL;

    return keeps_all ? mode : mode & ~thread->fs->umask;
}

/* Begins with a name that isn't there yet. */
static int make_begin(struct entry *entry, const struct path *base, const char *name, bool directory)
{
    int error = entry_begin(entry, base, name);

    if (error != 0)
        return error;
    if (entry->dentry == NULL || entry->dentry->inode != NULL)
        error = -EEXIST;
    else if (entry->walk.must_be_dir && !directory)
        error = -ENOENT;
    else
        error = entry_may_create(entry);
    if (error != 0)
        entry_end(entry);
    return error;
}

static int make_node(struct entry *entry, uint32_t mode, uint64_t rdev)
{
    const struct walk *walk = &entry->walk;
    struct inode *dir = entry->dir->inode, *inode;

    if (dir->ops->create == NULL)
        return -EPERM;
    int error = dir->ops->create(dir, walk->name, walk->length, entry_mode(dir, mode), rdev, &inode);
    if (error == 0)
        entry_made(entry, inode);
    return error;
}

static int make(const struct path *base, const char *name, uint32_t mode, uint64_t rdev)
{
    struct entry entry;
    int error = make_begin(&entry, base, name, S_ISDIR(mode));

    if (error != 0)
        return error;
    bool is_whiteout = S_ISCHR(mode) && rdev == 0; /* which anybody may make */
    if ((S_ISCHR(mode) || S_ISBLK(mode)) && !is_whiteout && !permission_has(CAP_MKNOD))
        error = -EPERM;
    else
        error = make_node(&entry, mode, rdev);
    entry_end(&entry);
    return error;
}

int vfs_mkdir(const struct path *base, const char *name, uint32_t mode)
{
    return make(base, name, S_IFDIR | (mode & 01777), 0);
}

int vfs_mknod(const struct path *base, const char *name, uint32_t mode, uint64_t rdev)
{
    return make(base, name, mode, rdev);
}

int vfs_symlink(const struct path *base, const char *name, const char *target)
{
    struct entry entry;
    struct inode *inode;
    int error = make_begin(&entry, base, name, false);

    if (error != 0)
        return error;
    struct inode *dir = entry.dir->inode;
    if (dir->ops->symlink == NULL)
        error = -EPERM;
    else
        error = dir->ops->symlink(dir, entry.walk.name, entry.walk.length, target, &inode);
    if (error == 0)
        entry_made(&entry, inode);
    entry_end(&entry);
    return error;
}

static int link_entry(struct entry *entry, struct inode *inode)
{
    struct inode *dir = entry->dir->inode;

    if (inode_is_kept(inode) || dir->ops->link == NULL || S_ISDIR(inode->mode))
        return -EPERM;
    if (inode->links == 0 && !inode->may_link)
        return -ENOENT;
    int error = dir->ops->link(dir, entry->walk.name, entry->walk.length, inode);
    if (error != 0)
        return error;
    inode->may_link = false;
    inode_get(inode);
    if (!dir->fs->stores_names)
        inode->links++;
    notify_inode(inode, IN_ATTRIB); /* it has a link more */
    entry_made(entry, inode);
    if (!dir->fs->stores_names) {
        inode->ctime = dir->ctime;
        inode_mark_dirty(inode);
    }
    return 0;
}

int vfs_link(const struct path *from, const struct path *base, const char *name)
{
    struct entry entry;
    int error = entry_begin(&entry, base, name);

    if (error != 0)
        return error;
    if (entry.dentry == NULL || entry.dentry->inode != NULL)
        error = -EEXIST;
    else if (entry.walk.must_be_dir)
        error = -ENOENT;
    else if (mount_may_write(entry.walk.at.mount) != 0)
        error = -EROFS;
    else if (from->mount != entry.walk.at.mount)
        error = -EXDEV;
    else
        error = entry_may_create(&entry);
    if (error == 0)
        error = link_entry(&entry, path_inode(from));
    entry_end(&entry);
    return error;
}

/* ---- something goes ---- */

static int special_is_kept(const struct walk *walk, bool directory)
{
    if (!directory)
        return -EISDIR;
    if (walk->length == 0)
        return -EBUSY;
    return name_is_dot(walk->name, walk->length) ? -EINVAL : -ENOTEMPTY;
}

static int may_unlink(const struct entry *entry, bool directory)
{
    const struct dentry *dentry = entry->dentry;
    const struct inode *dir = entry->dir->inode;

    if (dentry == NULL)
        return special_is_kept(&entry->walk, directory);
    if (mount_may_write(entry->walk.at.mount) != 0)
        return -EROFS;
    if (dentry->inode == NULL)
        return -ENOENT;
    if (entry->walk.must_be_dir && !directory)
        return S_ISDIR(dentry->inode->mode) ? -EISDIR : -ENOTDIR;
    int error = entry_may_delete(entry->dir, dentry, directory);
    if (error != 0)
        return error;
    if (dir->ops->unlink == NULL)
        return -EPERM;
    return dentry->mounted != NULL ? -EBUSY : 0;
}

/* *out: the inode without that name, with a reference. */
static int unlink_entry(struct entry *entry, bool directory, struct inode **out)
{
    struct inode *dir = entry->dir->inode, *victim = entry->dentry->inode;

    *out = victim;
    inode_get(victim);
    if (directory)
        mutex_lock(&victim->lock); /* nobody adds to it meanwhile */
    int error = dir->ops->unlink(dir, entry->walk.name, entry->walk.length, victim);
    if (directory)
        mutex_unlock(&victim->lock);
    if (error == 0) {
        entry_touch(dir);
        victim->ctime = dir->ctime;
        if (directory)
            dentry_forget_absent(entry->dentry, NULL);
        else
            notify_inode(victim, IN_ATTRIB); /* it has a link less */
        if (dir->fs->names_fold)
            dentry_forget_aliases(entry->dir, victim, entry->dentry);
        dentry_delete(entry->dentry);
        notify_name(dir, entry->walk.name, entry->walk.length, victim, IN_DELETE);
    }
    return error;
}

int vfs_unlink(const struct path *base, const char *name, bool directory)
{
    struct inode *victim = NULL;
    struct entry entry;
    int error = entry_begin(&entry, base, name);

    if (error != 0)
        return error;
    error = may_unlink(&entry, directory);
    if (error == 0)
        error = unlink_entry(&entry, directory, &victim);
    struct mount *mount = entry.walk.at.mount;
    mount_get(mount);
    entry_end(&entry);
    inode_put_in_turns(victim);
    mount_put(mount);
    return error;
}
