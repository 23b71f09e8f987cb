/* SPDX-License-Identifier: Apache-2.0 */
/* mount_part.c - see mount_part.h. */
#include "vfs/mount_part.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "vfs/fstype.h"
#include "vfs/mount.h"
#include "vfs/mount_tree.h"

int mount_source_get(const char *type, const char *source, struct filesystem **out)
{
    const struct fs_type *found = fs_type_find(type);

    return found != NULL ? filesystem_get(found, source, NULL, false, out) : -ENODEV;
}

void mount_source_put(struct filesystem *fs)
{
    filesystem_put(fs);
}

/* What is called so in the root, with a reference. */
static int part_find(const struct filesystem *fs, const char *name, struct dentry **out)
{
    struct dentry *root = fs->root_dentry;
    struct inode *dir = root->inode, *inode;
    size_t length = strlen(name);
    int error = 0;

    mutex_lock(&dir->lock);
    *out = dentry_find(root, name, length);
    if (*out != NULL && (*out)->inode == NULL) {
        dentry_unhash(*out);
        dentry_put(*out);
        *out = NULL;
    }
    if (*out == NULL)
        error = dir->ops->lookup(dir, name, length, &inode);
    if (*out == NULL && error == 0)
        error = dentry_add(root, name, length, inode, out);
    mutex_unlock(&dir->lock);
    return error;
}

int mount_part_is_dir(struct filesystem *fs, const char *name, bool *out)
{
    struct dentry *part;
    int error = part_find(fs, name, &part);

    if (error != 0)
        return error;
    *out = S_ISDIR(part->inode->mode);
    dentry_put(part);
    return 0;
}

int mount_part(struct filesystem *fs, const char *name, const struct path *at, const char *source, uint32_t flags)
{
    struct dentry *part;
    int error = part_find(fs, name, &part);

    if (error != 0)
        return error;
    if (at != NULL)
        error = filesystem_place(fs, part, at, source, flags);
    else
        error = S_ISDIR(part->inode->mode) ? mount_root_set(fs, part, source, flags) : -ENOTDIR;
    dentry_put(part);
    return error;
}
