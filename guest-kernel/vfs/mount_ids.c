/* SPDX-License-Identifier: Apache-2.0 */
/* mount_ids.c - mounts by their unique numbers, as statmount(2) and listmount(2) know them. */
#include "vfs/mount.h"
#include "vfs/mount_tree.h"

static struct mount *mount_of(struct tree_node *node)
{
    return node != NULL ? container_of(node, struct mount, by_id) : NULL;
}

/* The nearest, whether or not it has a place. */
static struct mount *nearest(uint64_t from, bool downwards)
{
    struct tree_node *node = mount_ids.root;
    struct mount *found = NULL;

    while (node != NULL) {
        struct mount *mount = mount_of(node);
        bool fits = downwards ? mount->unique_id <= from : mount->unique_id >= from;

        if (fits)
            found = mount;
        node = node->child[fits == downwards];
    }
    return found;
}

struct mount *mount_from_id(uint64_t from, bool downwards)
{
    struct mount *mount = nearest(from, downwards);

    while (mount != NULL && (!mount_is_known(mount) || mount->is_new))
        mount = mount_of(downwards ? tree_previous(&mount->by_id) : tree_next(&mount->by_id));
    return mount;
}

bool mount_is_within(const struct mount *mount, const struct path *top, unsigned *steps)
{
    const struct dentry *at = mount->root;

    for (++*steps; mount != top->mount && mount->parent != NULL; mount = mount->parent, ++*steps)
        at = mount->point;
    return mount == top->mount && dentry_is_within(at, top->dentry);
}
