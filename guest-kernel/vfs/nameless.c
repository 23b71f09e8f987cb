/* SPDX-License-Identifier: Apache-2.0 */
/* nameless.c - see nameless.h. */
#include "vfs/nameless.h"

#include "abi/errno.h"
#include "vfs/pidfile.h"

#define LOOKS 64u /* at names, of which an inode may have very many */

static struct filesystem nameless_fs;
static struct mount nameless_mount = {.fs = &nameless_fs, .source = "none"};

int nameless_path(struct inode *inode, const char *name, size_t length, struct path *out)
{
    struct dentry *dentry;

    if (nameless_mount.refs == 0) {
        nameless_mount.refs = 1; /* which stays */
        list_init(&nameless_mount.of_parent);
        list_init(&nameless_mount.children);
        list_init(&nameless_mount.all);
    }
    inode_get(inode);
    dentry = dentry_alone(inode, name, length);
    if (dentry == NULL)
        return -ENOMEM;
    *out = (struct path){&nameless_mount, dentry};
    mount_get(out->mount);
    return 0;
}

uint64_t nameless_mount_id(const struct inode *inode, bool unique)
{
    uint64_t kind = inode->fs != NULL ? 0 : pidfd_inode_is(inode) ? 1 + 16 : 1 + (inode->mode >> 12 & 15);

    return (unique ? INT64_MAX : INT32_MAX) - kind; /* others are counted from below */
}

/* Of the mounts of the inode's file system that are in their places the one that forbids most: by which of them the
 * inode was reached isn't known. */
static struct mount *mount_of(const struct inode *inode)
{
    const uint32_t forbids = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
    struct mount *found = NULL;

    for (struct mount *mount = mount_next(NULL); mount != NULL; mount = mount_next(mount)) {
        if (mount->fs == inode->fs &&
            (found == NULL || __builtin_popcount(mount->flags & forbids) > __builtin_popcount(found->flags & forbids)))
            found = mount;
    }
    return found;
}

bool inode_place(const struct inode *inode, struct path *out)
{
    struct dentry *found = NULL;

    unsigned looks = 0;
    for (const struct list *at = inode->dentries.prev; at != &inode->dentries && looks < LOOKS;
         at = at->prev, looks++) {
        struct dentry *dentry = container_of((struct list *)(uintptr_t)at, struct dentry, of_inode);

        if (found == NULL || dentry->hashed)
            found = dentry;
        if (dentry->hashed)
            break;
    }
    if (found == NULL)
        return false;
    *out = (struct path){inode->fs != NULL ? mount_of(inode) : NULL, found};
    if (out->mount == NULL || (dentry_is_root(found) && found->length != 0))
        out->mount = &nameless_mount;
    if (out->mount->refs == 0)
        return false;
    path_get(out);
    return true;
}
