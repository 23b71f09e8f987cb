/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_dir.c - what system calls do to directories in memory. */
#include "abi/errno.h"
#include "fs/tmpfs.h"
#include "lib/string.h"
#include "mm/page.h"

#define WHITEOUT_MODE S_IFCHR /* what stands for "nothing there" in an overlay: device 0:0 */

/* ---- symbolic links and nodes ---- */

static int64_t link_read(struct inode *inode, char *buf)
{
    memcpy(buf, tmpfs_inode_of(inode)->text, inode->size + 1);
    return (int64_t)inode->size;
}

static const struct inode_ops link_ops = {
    .read_link = link_read,
    .get_xattr = tmpfs_get_xattr,
    .set_xattr = tmpfs_set_xattr,
    .list_xattr = tmpfs_list_xattr,
    .blocks = tmpfs_blocks,
    .release = tmpfs_release,
};
static const struct inode_ops node_ops = {
    .set_acl = tmpfs_set_acl,
    .get_xattr = tmpfs_get_xattr,
    .set_xattr = tmpfs_set_xattr,
    .list_xattr = tmpfs_list_xattr,
    .blocks = tmpfs_blocks,
    .release = tmpfs_release,
};

static const struct inode_ops *ops_for(uint32_t mode)
{
    if (S_ISREG(mode))
        return &tmpfs_file_ops;
    return S_ISDIR(mode) ? &tmpfs_dir_ops : &node_ops;
}

/* ---- lookup ---- */

static int dir_lookup(struct inode *dir, const char *name, size_t length, struct inode **out)
{
    struct tmpfs_entry *entry = tmpfs_name_find(dir, name, length);

    if (entry == NULL)
        return -ENOENT;
    *out = entry->inode;
    inode_get(*out);
    return 0;
}

static int dir_read(struct inode *dir, uint64_t pos, dir_emit *emit, void *arg)
{
    struct tmpfs_entry *entry = tmpfs_name_after(dir, pos);

    while (entry != NULL) {
        unsigned type = (entry->inode->mode & S_IFMT) >> 12; /* DT_* is S_IF* without the permissions */
        if (!emit(arg, entry->name, entry->length, entry->inode->number, type, entry->position))
            break;
        struct tree_node *next = tree_next(&entry->by_position);
        entry = next != NULL ? container_of(next, struct tmpfs_entry, by_position) : NULL;
    }
    return 0;
}

/* ---- new entries ---- */

/* Names a new inode, or drops it. */
static int name_new(struct inode *dir, const char *name, size_t length, struct tmpfs_inode *ti, struct inode **out)
{
    int error = tmpfs_name_add(dir, name, length, &ti->inode);

    if (error != 0) {
        inode_put(&ti->inode);
        return error;
    }
    dir->links += S_ISDIR(ti->inode.mode); /* its ".." */
    *out = &ti->inode;
    inode_get(*out);
    return 0;
}

static int dir_create(struct inode *dir, const char *name, size_t length, uint32_t mode, uint64_t rdev,
                      struct inode **out)
{
    struct tmpfs_inode *ti;
    int error = tmpfs_inode_create(dir->fs, dir, ops_for(mode), mode, 0, &ti);

    if (error != 0)
        return error;
    ti->inode.rdev = rdev;
    return name_new(dir, name, length, ti, out);
}

static int dir_symlink(struct inode *dir, const char *name, size_t length, const char *target, struct inode **out)
{
    struct tmpfs_inode *ti;
    size_t size = strlen(target) + 1;
    int error = tmpfs_inode_create(dir->fs, dir, &link_ops, S_IFLNK | 0777, size, &ti);

    if (error != 0)
        return error;
    memcpy(ti->text, target, size);
    ti->inode.size = size - 1;
    error = size > TMPFS_SHORT_LINK ? tmpfs_count_page(&ti->inode, true) : 0;
    if (error != 0) {
        inode_put(&ti->inode);
        return error;
    }
    return name_new(dir, name, length, ti, out);
}

static int dir_create_nameless(struct inode *dir, uint32_t mode, struct inode **out)
{
    struct tmpfs_inode *ti;
    int error = tmpfs_inode_create(dir->fs, dir, ops_for(mode), mode, 0, &ti);

    if (error != 0)
        return error;
    ti->inode.links = 0;
    *out = &ti->inode;
    return 0;
}

/* A further name counts as much as an inode does, but the first one of what had none. */
static uint64_t link_cost(const struct inode *inode, uint32_t others)
{
    return others != 0 && !S_ISDIR(inode->mode) ? TMPFS_INODE_SIZE : 0;
}

static int dir_link(struct inode *dir, const char *name, size_t length, struct inode *inode)
{
    uint64_t cost = link_cost(inode, inode->links);
    int error = tmpfs_room_take(tmpfs_of(dir->fs), cost);

    if (error != 0)
        return error;
    error = tmpfs_name_add(dir, name, length, inode);
    if (error != 0) {
        tmpfs_room_give(tmpfs_of(dir->fs), cost);
        return error;
    }
    inode_get(inode);
    return 0;
}

/* ---- entries that go ---- */

/* A name of the inode in `dir` is gone, or another inode's. Puts the reference that it had. */
static void name_gone(struct inode *dir, struct inode *inode)
{
    if (S_ISDIR(inode->mode)) {
        inode->links = 0;
        dir->links--;
    } else {
        inode->links--;
        tmpfs_room_give(tmpfs_of(dir->fs), link_cost(inode, inode->links));
    }
    inode_put(inode);
}

static int may_go(const struct inode *inode)
{
    return S_ISDIR(inode->mode) && tmpfs_has_names(inode) ? -ENOTEMPTY : 0;
}

static int dir_unlink(struct inode *dir, const char *name, size_t length, struct inode *victim)
{
    int error = may_go(victim);

    if (error != 0)
        return error;
    tmpfs_name_remove(dir, tmpfs_name_find(dir, name, length));
    name_gone(dir, victim);
    return 0;
}

/* ---- rename ---- */

/* A directory, if it is one, has moved: ".." is counted where it leads to. */
static void count_move(const struct inode *inode, struct inode *from, struct inode *to)
{
    from->links -= S_ISDIR(inode->mode);
    to->links += S_ISDIR(inode->mode);
}

static void exchange(struct inode *old_dir, struct tmpfs_entry *old, struct inode *new_dir, struct tmpfs_entry *new)
{
    struct inode *inode = old->inode;

    count_move(old->inode, old_dir, new_dir);
    count_move(new->inode, new_dir, old_dir);
    old->inode = new->inode;
    new->inode = inode;
}

/* What had the entry has another name now: the entry goes, or leads to the whiteout. */
static void leave_old(struct inode *dir, struct tmpfs_entry *old, struct tmpfs_inode *whiteout)
{
    if (whiteout != NULL)
        old->inode = &whiteout->inode;
    else
        tmpfs_name_remove(dir, old);
}

struct new_place {
    struct inode *dir;
    const char *name;
    size_t length;
};

static int move(struct inode *old_dir, struct tmpfs_entry *old, const struct new_place *to, struct inode *victim,
                struct tmpfs_inode *whiteout)
{
    struct inode *moved = old->inode;
    int error = victim != NULL ? may_go(victim) : tmpfs_name_add(to->dir, to->name, to->length, moved);

    if (error != 0)
        return error;
    leave_old(old_dir, old, whiteout);
    count_move(moved, old_dir, to->dir);
    if (victim != NULL) {
        tmpfs_name_find(to->dir, to->name, to->length)->inode = moved;
        name_gone(to->dir, victim);
    }
    return 0;
}

static int dir_rename(struct inode *old_dir, const char *old_name, size_t old_length, struct inode *new_dir,
                      const char *new_name, size_t new_length, struct inode *victim, unsigned flags)
{
    const struct new_place to = {new_dir, new_name, new_length};
    struct tmpfs_entry *old = tmpfs_name_find(old_dir, old_name, old_length);
    struct tmpfs_inode *whiteout = NULL;
    int error = 0;

    if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT))
        return -EINVAL;
    if (flags & RENAME_EXCHANGE) {
        exchange(old_dir, old, new_dir, tmpfs_name_find(new_dir, new_name, new_length));
        return 0;
    }
    if (flags & RENAME_WHITEOUT)
        error = tmpfs_inode_create(old_dir->fs, old_dir, &node_ops, WHITEOUT_MODE, 0, &whiteout);
    if (error == 0)
        error = move(old_dir, old, &to, victim, whiteout);
    if (error != 0 && whiteout != NULL)
        inode_put(&whiteout->inode);
    return error;
}

const struct inode_ops tmpfs_dir_ops = {
    .lookup = dir_lookup,
    .create = dir_create,
    .symlink = dir_symlink,
    .create_nameless = dir_create_nameless,
    .link = dir_link,
    .unlink = dir_unlink,
    .rename = dir_rename,
    .read_dir = dir_read,
    .set_flags = tmpfs_set_flags,
    .set_acl = tmpfs_set_acl,
    .get_xattr = tmpfs_get_xattr,
    .set_xattr = tmpfs_set_xattr,
    .list_xattr = tmpfs_list_xattr,
    .blocks = tmpfs_blocks,
    .release = tmpfs_release,
};
