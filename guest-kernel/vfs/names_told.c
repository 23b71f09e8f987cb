/* SPDX-License-Identifier: Apache-2.0 */
/* names_told.c - see names_told.h. */
#include "vfs/names_told.h"

/* The directory as it can be found, or as others have found it: a dentry that has lost its place may be in use still.
 * Without a reference; NULL: none. */
static struct dentry *place_of(const struct inode *dir)
{
    for (const struct list *at = dir->dentries.next; at != &dir->dentries; at = at->next) {
        struct dentry *dentry = container_of((struct list *)(uintptr_t)at, struct dentry, of_inode);
        if (dentry->hashed || dentry_is_root(dentry))
            return dentry;
    }
    return NULL;
}

/* A directory isn't in itself, wherever others move it. */
static bool is_above(const struct dentry *place, const struct inode *inode)
{
    while (place->inode != inode && !dentry_is_root(place))
        place = place->parent;
    return place->inode == inode;
}

void names_learn(struct inode *dir, const char *name, size_t length, struct inode *inode, uint64_t vouched)
{
    struct dentry *place = place_of(dir);
    struct dentry *dentry = place != NULL ? dentry_find(place, name, length) : NULL;

    if (place == NULL || (dentry == NULL && S_ISDIR(inode->mode) && is_above(place, inode))) {
        inode_put(inode);
        return;
    }
    if (dentry == NULL) {
        if (dentry_add(place, name, length, inode, &dentry) != 0)
            return;
        dentry->vouched = vouched;
    } else {
        if (dentry->inode == inode)
            dentry->vouched = vouched;
        inode_put(inode);
    }
    dentry_put(dentry);
}

void names_doubt(struct inode *dir, const char *name, size_t length)
{
    for (struct list *at = dir->dentries.next, *next; at != &dir->dentries; at = next) {
        struct dentry *dentry = dentry_find(container_of(at, struct dentry, of_inode), name, length);
        next = at->next;
        if (dentry == NULL)
            continue;
        dentry->vouched = 0;
        dentry_put(dentry); /* nobody else has it: then it goes */
    }
}

struct inode *names_known(const struct inode *dir, const char *name, size_t length)
{
    for (const struct list *at = dir->dentries.next; at != &dir->dentries; at = at->next) {
        const struct dentry *place = container_of((struct list *)(uintptr_t)at, struct dentry, of_inode);
        const struct dentry *dentry = dentry_look(place, name, length);
        if (dentry == NULL || dentry->inode == NULL)
            continue;
        inode_get(dentry->inode);
        return dentry->inode;
    }
    return NULL;
}

bool names_hold(const struct inode *inode,
                bool (*holds)(const struct inode *dir, uint64_t vouched, const struct inode *inode))
{
    for (const struct list *at = inode->dentries.next; at != &inode->dentries; at = at->next) {
        const struct dentry *dentry = container_of((struct list *)(uintptr_t)at, struct dentry, of_inode);
        if (dentry->hashed && dentry->vouched != 0 && !dentry_is_root(dentry) &&
            holds(dentry->parent->inode, dentry->vouched, inode))
            return true;
    }
    return false;
}
