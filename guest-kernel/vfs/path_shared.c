/* SPDX-License-Identifier: Apache-2.0 */
/* path_shared.c - see path_shared.h. */
#include "vfs/path_shared.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "vfs/mount_tree.h"
#include "vfs/permission.h"

/* Through what is mounted there. */
static void cross(struct path *at)
{
    struct mount *mount;

    while (at->dentry->mounted != NULL && (mount = mount_above(at)) != NULL)
        *at = (struct path){mount, mount->root};
}

/* One component further. False: not by looking alone. */
static bool step(struct path *at, const char *name, size_t length, int *error)
{
    const struct inode *dir = path_inode(at);
    struct dentry *next;

    *error = !S_ISDIR(dir->mode) ? -ENOTDIR : permission_search(dir);
    if (*error != 0 || name_is_dot(name, length))
        return true;
    if (length > NAME_MAX || name_is_dotdot(name, length) || dir->fs->names_change)
        return false;
    next = dentry_look(at->dentry, name, length);
    if (next == NULL || (next->inode != NULL && S_ISLNK(next->inode->mode)))
        return false;
    at->dentry = next;
    cross(at);
    *error = path_inode(at) != NULL ? 0 : -ENOENT;
    return true;
}

bool path_look_shared(const struct path *base, const char *name, struct path *out, int *error)
{
    *out = *name == '/' ? *path_root() : *base;
    *error = 0;
    while (*error == 0) {
        const char *end;
        while (*name == '/')
            name++;
        if (*name == 0)
            return true;
        for (end = name; *end != 0 && *end != '/';)
            end++;
        if ((*end == '/' && end[1] == 0) || !step(out, name, (size_t)(end - name), error))
            return false;
        name = end;
    }
    return true;
}
