/* SPDX-License-Identifier: Apache-2.0 */
/* rename.c - renameat2(2). */
#include "abi/errno.h"
#include "core/clock.h"
#include "vfs/entry.h"
#include "vfs/notify.h"
#include "vfs/pagecache.h"
#include "vfs/permission.h"

struct renaming {
    struct walk from, to;
    struct dentry *source, *target; /* with references */
    unsigned flags;
};

/* Between directories: the tree keeps its shape while it is looked at. */
static struct mutex moving;

/* ---- locks: a directory before those in it ---- */

static void pair_lock(struct inode *first, struct inode *second)
{
    mutex_lock(&first->lock);
    if (second != first)
        mutex_lock(&second->lock);
}

static void pair_unlock(struct inode *first, struct inode *second)
{
    if (second != first)
        mutex_unlock(&second->lock);
    mutex_unlock(&first->lock);
}

static void moving_lock(void)
{
    mutex_set_rank(&moving, RANK_MOVING);
    mutex_lock(&moving);
}

/* Where neither is in the other, by address, as moved_lock does, which can have the same two. */
static void dirs_lock(const struct renaming *renaming)
{
    struct dentry *from = renaming->from.at.dentry, *to = renaming->to.at.dentry;

    if (from->inode != to->inode)
        moving_lock();
    bool to_first = from->inode != to->inode &&
                    (dentry_is_within(from, to) || (!dentry_is_within(to, from) && to->inode < from->inode));
    if (to_first)
        pair_lock(to->inode, from->inode);
    else
        pair_lock(from->inode, to->inode);
}

static void dirs_unlock(const struct renaming *renaming)
{
    struct inode *from = renaming->from.at.dentry->inode, *to = renaming->to.at.dentry->inode;

    pair_unlock(from, to);
    if (from != to)
        mutex_unlock(&moving);
}

static struct inode *locked_dir(struct dentry *dentry)
{
    return dentry->inode != NULL && S_ISDIR(dentry->inode->mode) ? dentry->inode : NULL;
}

/* Directories that move, or are replaced: nobody may add to them. */
static void moved_lock(struct inode *a, struct inode *b)
{
    struct inode *first = a < b ? a : b, *second = a < b ? b : a;

    if (first != NULL)
        mutex_lock(&first->lock);
    if (second != NULL && second != first)
        mutex_lock(&second->lock);
}

static void moved_unlock(struct inode *a, struct inode *b)
{
    if (a != NULL)
        mutex_unlock(&a->lock);
    if (b != NULL && b != a)
        mutex_unlock(&b->lock);
}

/* ---- checks, in Linux's order ---- */

static int check_slashes(const struct renaming *renaming)
{
    bool exchange = renaming->flags & RENAME_EXCHANGE;

    if (exchange && renaming->to.must_be_dir && !S_ISDIR(renaming->target->inode->mode))
        return -ENOTDIR;
    if (S_ISDIR(renaming->source->inode->mode))
        return 0;
    return renaming->from.must_be_dir || (!exchange && renaming->to.must_be_dir) ? -ENOTDIR : 0;
}

/* Whether the directory is that one, or below it. By inodes, as one that others move has several places (vfs/path.c),
 * and the same would be locked twice. */
static bool is_below(const struct dentry *dir, const struct inode *inode)
{
    while (dir->inode != inode && !dentry_is_root(dir))
        dir = dir->parent;
    return dir->inode == inode;
}

static int check_names(const struct renaming *renaming)
{
    const struct inode *target = renaming->target->inode;
    bool exchange = renaming->flags & RENAME_EXCHANGE;

    if (renaming->source->inode == NULL)
        return -ENOENT;
    if ((renaming->flags & RENAME_NOREPLACE) && target != NULL)
        return -EEXIST;
    if (exchange && target == NULL)
        return -ENOENT;
    int error = check_slashes(renaming);
    if (error != 0)
        return error;
    if (is_below(renaming->to.at.dentry, renaming->source->inode))
        return -EINVAL;
    if (target != NULL && is_below(renaming->from.at.dentry, target))
        return exchange ? -EINVAL : -ENOTEMPTY;
    return 0;
}

/* A directory that gets another one above it is written to. */
static int check_moved(const struct dentry *dentry, const struct dentry *to)
{
    bool moves = S_ISDIR(dentry->inode->mode) && dentry->parent->inode != to->inode;

    return moves ? permission(dentry->inode, MAY_WRITE) : 0;
}

static int check_rights(const struct renaming *renaming)
{
    const struct dentry *from = renaming->from.at.dentry, *to = renaming->to.at.dentry;
    const struct dentry *source = renaming->source, *target = renaming->target;
    bool exchange = renaming->flags & RENAME_EXCHANGE;
    int error = entry_may_delete(from, source, S_ISDIR(source->inode->mode));

    if (error != 0)
        return error;
    if (target->inode == NULL)
        error = to->inode->links != 0 ? permission(to->inode, MAY_WRITE | MAY_EXEC) : -ENOENT;
    else
        error = entry_may_delete(to, target, S_ISDIR((exchange ? target : source)->inode->mode));
    if (error != 0)
        return error;
    /* A directory that is only here, for a mount (vfs/mount.c), isn't one of the file system's. */
    if (from->inode->ops->rename == NULL || to->inode->ops->rename != from->inode->ops->rename)
        return -EPERM;
    error = check_moved(source, to);
    if (error == 0 && exchange)
        error = check_moved(target, from);
    if (error != 0)
        return error;
    return source->mounted != NULL || target->mounted != NULL ? -EBUSY : 0;
}

/* ---- the deed ---- */

static int rename_entry(const struct renaming *renaming, struct inode *victim)
{
    const struct walk *from = &renaming->from, *to = &renaming->to;
    struct inode *old_dir = from->at.dentry->inode, *new_dir = to->at.dentry->inode;
    struct inode *moved = locked_dir(renaming->source),
                 *replaced = victim != NULL ? locked_dir(renaming->target) : NULL;

    moved_lock(moved, replaced);
    int error =
        old_dir->ops->rename(old_dir, from->name, from->length, new_dir, to->name, to->length, victim, renaming->flags);
    moved_unlock(moved, replaced);
    return error;
}

/* An exchange is two moves. */
static void rename_tell(const struct renaming *renaming, struct inode *victim)
{
    const struct walk *from = &renaming->from, *to = &renaming->to;
    struct inode *old_dir = from->at.dentry->inode, *new_dir = to->at.dentry->inode, *moved = renaming->source->inode;
    bool exchange = renaming->flags & RENAME_EXCHANGE;

    notify_move(&(struct notify_move){old_dir, new_dir, moved, exchange ? NULL : victim, from->name, to->name,
                                      from->length, to->length});
    if (exchange)
        notify_move(
            &(struct notify_move){new_dir, old_dir, victim, NULL, to->name, from->name, to->length, from->length});
}

static void times_set(struct inode *from, struct inode *to, struct inode *source, struct inode *victim)
{
    if (to->fs->stores_names)
        return;
    entry_touch(from);
    entry_touch(to);
    source->ctime = to->ctime;
    inode_mark_dirty(source);
    if (victim != NULL)
        victim->ctime = source->ctime;
}

static void rename_done(const struct renaming *renaming, struct inode *victim)
{
    struct dentry *from = renaming->from.at.dentry, *to = renaming->to.at.dentry;
    struct inode *source = renaming->source->inode;

    if (from->inode->fs->names_fold) {
        dentry_forget_aliases(from, source, renaming->source);
        dentry_forget_absent(to, NULL);
        if (victim != NULL)
            dentry_forget_aliases(to, victim, renaming->target);
    }
    if (victim != NULL && S_ISDIR(victim->mode) && !(renaming->flags & RENAME_EXCHANGE))
        dentry_forget_absent(renaming->target, NULL);
    dentry_move(renaming->source, renaming->target, renaming->flags & RENAME_EXCHANGE);
    times_set(from->inode, to->inode, source, victim);
    if (watch_count != 0)
        rename_tell(renaming, victim);
}

/* Two names of one file: there is nothing to do, but where the names are the same one, written otherwise. */
static bool is_only_respelt(const struct renaming *renaming)
{
    return renaming->source != renaming->target && renaming->source->parent == renaming->target->parent &&
           renaming->source->inode->fs->names_fold && renaming->source->inode->links == 1;
}

static int rename_locked(const struct renaming *renaming)
{
    struct inode *victim = renaming->target->inode;
    int error = check_names(renaming);

    if (error != 0)
        return error;
    if (victim == renaming->source->inode) {
        if (!is_only_respelt(renaming))
            return 0;
        victim = NULL;
    }
    error = check_rights(renaming);
    if (error == 0)
        error = rename_entry(renaming, victim);
    if (error == 0)
        rename_done(renaming, victim);
    return error;
}

static int dentries_find(struct renaming *renaming)
{
    struct path source, target;
    int error = walk_last(&renaming->from, true, &source);

    if (error != 0)
        return error;
    error = walk_last(&renaming->to, true, &target);
    if (error != 0) {
        path_put(&source);
        return error;
    }
    mount_put(source.mount);
    mount_put(target.mount);
    renaming->source = source.dentry;
    renaming->target = target.dentry;
    return 0;
}

static int rename_walked(struct renaming *renaming)
{
    struct inode *victim;

    if (renaming->from.at.mount != renaming->to.at.mount)
        return -EXDEV;
    if (!walk_is_name(&renaming->from))
        return -EBUSY;
    if (!walk_is_name(&renaming->to))
        return renaming->flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
    if (mount_may_write(renaming->from.at.mount) != 0)
        return -EROFS;
    dirs_lock(renaming);
    int error = dentries_find(renaming);
    if (error == 0)
        error = rename_locked(renaming);
    else
        renaming->source = NULL;
    dirs_unlock(renaming);
    if (renaming->source != NULL) {
        victim = renaming->target->inode;
        if (victim != NULL)
            inode_get(victim);
        dentry_put(renaming->source);
        dentry_put(renaming->target);
        inode_put_in_turns(victim);
    }
    return error;
}

int vfs_rename(const struct path *old_base, const char *old_name, const struct path *new_base, const char *new_name,
               unsigned flags)
{
    struct renaming renaming;
    int error = walk_begin(&renaming.from, old_base, old_name, 0);

    if (error != 0)
        return error;
    error = walk_begin(&renaming.to, new_base, new_name, 0);
    if (error == 0) {
        renaming.flags = flags;
        error = walk_parent(&renaming.from);
        if (error == 0)
            error = walk_parent(&renaming.to);
        if (error == 0)
            error = rename_walked(&renaming);
        walk_end(&renaming.to);
    }
    walk_end(&renaming.from);
    return error;
}
