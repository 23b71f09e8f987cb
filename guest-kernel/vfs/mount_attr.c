/* SPDX-License-Identifier: Apache-2.0 */
/* mount_attr.c - see mount_attr.h. */
#include "vfs/mount_attr.h"

#include "abi/errno.h"
#include "vfs/mount_tree.h"

static bool is_refused(const struct mount *mount, const struct mount_change *change)
{
    return (change->set & MS_RDONLY) && !(mount->flags & MS_RDONLY) && mount->writers != 0;
}

static struct mount *next_of(const struct mount *top, struct mount *mount, bool recursive)
{
    return recursive ? mount_tree_next(top, mount) : NULL;
}

int mount_change(const struct path *at, const struct mount_change *change, bool recursive)
{
    struct mount *top = at->mount, *mount;

    if (at->dentry != top->root || (!top->is_detached && !mount_is_known(top)))
        return -EINVAL;
    for (mount = top; mount != NULL; mount = next_of(top, mount, recursive))
        if (is_refused(mount, change))
            return -EBUSY;
    for (mount = top; mount != NULL; mount = next_of(top, mount, recursive)) {
        mount->flags = (mount->flags & ~change->clear) | change->set;
        if (change->propagation != 0)
            mount_group_set_type(mount, change->propagation);
    }
    return 0;
}
