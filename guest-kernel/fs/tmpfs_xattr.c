/* SPDX-License-Identifier: Apache-2.0 */
/* tmpfs_xattr.c - extended attributes (xattr(7)) in memory: a tree by name. Who may do what is vfs/inode_xattr.c's. */
#include "abi/errno.h"
#include "abi/xattr.h"
#include "fs/tmpfs.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/permission.h"

#define XATTR_OVERHEAD 32u /* what one counts beside its bytes, as on Linux: sizeof(struct simple_xattr) */

struct xattr {
    struct tree_node node;
    size_t size;
    char *value;
    char name[];
};

static struct xattr *xattr_of(struct tree_node *node)
{
    return container_of(node, struct xattr, node);
}

/* Whether this is a kind of attribute that is kept here: 0; -EOPNOTSUPP; -EINVAL: a kind without a name. */
static int name_check(const char *name)
{
    static const char *const kinds[] = {XATTR_USER, XATTR_TRUSTED, XATTR_SECURITY};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        size_t length = strlen(kinds[i]);
        if (strncmp(name, kinds[i], length) == 0)
            return name[length] != 0 ? 0 : -EINVAL;
    }
    return -EOPNOTSUPP;
}

/* The attribute, or NULL and where it would be: child[*side] of *parent. */
static struct xattr *xattr_find(const struct inode *inode, const char *name, struct tree_node **parent, unsigned *side)
{
    struct tree_node *node = tmpfs_inode_of(inode)->xattrs.root;

    *parent = NULL;
    *side = 0;
    while (node != NULL) {
        int order = strcmp(name, xattr_of(node)->name);
        if (order == 0)
            return xattr_of(node);
        *parent = node;
        *side = order > 0;
        node = node->child[*side];
    }
    return NULL;
}

static uint64_t xattr_room(const struct xattr *xattr)
{
    return XATTR_OVERHEAD + xattr->size + strlen(xattr->name) + 1;
}

static void xattr_free(struct xattr *xattr)
{
    kfree(xattr->value);
    kfree(xattr);
}

static int xattr_create(const char *name, const void *value, size_t size, struct xattr **out)
{
    size_t length = strlen(name);
    struct xattr *xattr = kmalloc(sizeof(*xattr) + length + 1);

    if (xattr == NULL)
        return -ENOMEM;
    memcpy(xattr->name, name, length);
    xattr->size = size;
    xattr->value = size != 0 ? kmalloc(size) : NULL;
    if (size != 0 && xattr->value == NULL) {
        kfree(xattr);
        return -ENOMEM;
    }
    if (size != 0)
        memcpy(xattr->value, value, size);
    *out = xattr;
    return 0;
}

int64_t tmpfs_get_xattr(struct inode *inode, const char *name, void *value, size_t size)
{
    struct tree_node *parent;
    unsigned side;
    int error = name_check(name);

    if (error != 0)
        return error;
    const struct xattr *xattr = xattr_find(inode, name, &parent, &side);
    if (xattr == NULL)
        return -ENODATA;
    if (size != 0 && size < xattr->size)
        return -ERANGE;
    if (size != 0 && xattr->size != 0)
        memcpy(value, xattr->value, xattr->size);
    return (int64_t)xattr->size;
}

static void xattr_remove(struct inode *inode, struct xattr *xattr)
{
    tree_remove(&tmpfs_inode_of(inode)->xattrs, &xattr->node, tree_no_bound);
    tmpfs_room_give(tmpfs_of(inode->fs), xattr_room(xattr));
    xattr_free(xattr);
}

/* The new one takes the place of the old one. Room for both is wanted for a moment, as on Linux. */
static int xattr_put(struct inode *inode, const char *name, const void *value, size_t size)
{
    struct tree *tree = &tmpfs_inode_of(inode)->xattrs;
    struct xattr *xattr, *old;
    struct tree_node *parent;
    unsigned side;
    int error = xattr_create(name, value, size, &xattr);

    if (error != 0)
        return error;
    error = tmpfs_room_take(tmpfs_of(inode->fs), xattr_room(xattr));
    if (error != 0) {
        xattr_free(xattr);
        return error;
    }
    old = xattr_find(inode, name, &parent, &side);
    if (old != NULL) {
        xattr_remove(inode, old);
        xattr_find(inode, name, &parent, &side);
    }
    tree_insert(tree, parent, side, &xattr->node, tree_no_bound);
    return 0;
}

int tmpfs_set_xattr(struct inode *inode, const char *name, const void *value, size_t size, unsigned flags)
{
    struct tree_node *parent;
    unsigned side;
    int error = name_check(name);

    if (error != 0)
        return error;
    struct xattr *old = xattr_find(inode, name, &parent, &side);
    if (old != NULL && (flags & XATTR_CREATE))
        return -EEXIST;
    if (old == NULL && ((flags & XATTR_REPLACE) || value == NULL))
        return -ENODATA;
    if (value != NULL)
        return xattr_put(inode, name, value, size);
    xattr_remove(inode, old);
    return 0;
}

int64_t tmpfs_list_xattr(struct inode *inode, char *list, size_t size)
{
    bool sees_trusted = permission_has(CAP_SYS_ADMIN);
    struct tree_node *node = tree_first(&tmpfs_inode_of(inode)->xattrs);
    size_t done = 0;

    for (; node != NULL; node = tree_next(node)) {
        const char *name = xattr_of(node)->name;
        size_t length = strlen(name) + 1;
        if (!sees_trusted && strncmp(name, XATTR_TRUSTED, strlen(XATTR_TRUSTED)) == 0)
            continue;
        if (size != 0 && size - done < length)
            return -ERANGE;
        if (size != 0)
            memcpy(list + done, name, length);
        done += length;
    }
    return (int64_t)done;
}

void tmpfs_xattrs_free(struct tmpfs_inode *ti)
{
    while (ti->xattrs.root != NULL)
        xattr_remove(&ti->inode, xattr_of(ti->xattrs.root));
}
