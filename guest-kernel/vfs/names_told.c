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

/* NULL: there is another inode by this name, no place for it, or no memory. Takes over the reference to `inode`. */
static struct dentry *learn_in(struct dentry *place, const char *name, size_t length, struct inode *inode)
{
    struct dentry *dentry = dentry_find(place, name, length);

    if (dentry == NULL && !(S_ISDIR(inode->mode) && is_above(place, inode)))
        return dentry_add(place, name, length, inode, &dentry) == 0 ? dentry : NULL;
    if (dentry != NULL && dentry->inode != inode) {
        dentry_put(dentry);
        dentry = NULL;
    }
    inode_put(inode);
    return dentry;
}

struct dentry *names_learn(const struct inode *dir, const char *name, size_t length, struct inode *inode)
{
    struct dentry *place = place_of(dir), *dentry;

    if (place == NULL) {
        inode_put(inode);
        return NULL;
    }
    dentry_get(place); /* or it might go while there is no memory for the name */
    dentry = learn_in(place, name, length, inode);
    dentry_put(place);
    return dentry;
}

/* The next name, without a reference, that somebody vouches for; NULL: there is none. */
static struct dentry *vouched_next(const struct inode *dir, const char *name, size_t length)
{
    for (const struct list *at = dir->dentries.next; at != &dir->dentries; at = at->next) {
        const struct dentry *place = container_of((struct list *)(uintptr_t)at, struct dentry, of_inode);
        struct dentry *dentry = dentry_look(place, name, length);
        if (dentry != NULL && dentry->vouched != 0)
            return dentry;
    }
    return NULL;
}

/* From the beginning each time: a name that goes may take places along. */
void names_doubt(const struct inode *dir, const char *name, size_t length)
{
    struct dentry *dentry;

    while ((dentry = vouched_next(dir, name, length)) != NULL) {
        dentry_get(dentry);
        dentry->vouched = 0;
        dentry_put(dentry); /* nobody else has it: then it goes */
    }
}

bool names_known(const struct inode *dir, const char *name, size_t length,
                 bool (*holds)(const struct inode *dir, uint64_t vouched),
                 void (*take)(struct inode *inode, uint32_t arg), uint32_t arg)
{
    bool any = false;

    for (const struct list *at = dir->dentries.next; at != &dir->dentries; at = at->next) {
        const struct dentry *place = container_of((struct list *)(uintptr_t)at, struct dentry, of_inode);
        const struct dentry *dentry = dentry_look(place, name, length);
        if (dentry == NULL || dentry->inode == NULL)
            continue;
        any = any || (dentry->vouched != 0 && holds(dir, dentry->vouched));
        take(dentry->inode, arg);
    }
    return any;
}

struct inode *names_inode(const struct inode *dir, const char *name, size_t length, bool *vouched)
{
    *vouched = false;
    for (const struct list *at = dir->dentries.next; at != &dir->dentries; at = at->next) {
        const struct dentry *place = container_of((struct list *)(uintptr_t)at, struct dentry, of_inode);
        const struct dentry *dentry = dentry_look(place, name, length);
        if (dentry != NULL && dentry->inode != NULL) {
            *vouched = dentry->vouched != 0;
            inode_get(dentry->inode);
            return dentry->inode;
        }
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
