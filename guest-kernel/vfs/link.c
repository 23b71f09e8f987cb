/* SPDX-License-Identifier: Apache-2.0 */
/* link.c - more names for a file (link(2)), where the file system has them. */
#include "abi/errno.h"
#include "core/clock.h"
#include "vfs/names.h"
#include "vfs/path.h"
#include "vfs/vfs.h"

static int link_entry(const struct walk *walk, struct inode *inode)
{
    struct inode *dir = walk->dir;
    int error;

    if (walk->must_be_dir)
        return -ENOENT;
    if (inode->fs != dir->fs)
        return -EXDEV;
    if (dir->fs->read_only)
        return -EROFS;
    if (dir->ops->link == NULL || S_ISDIR(inode->mode))
        return -EPERM;
    if (dir->links == 0 || inode->links == 0)
        return -ENOENT;
    error = dir->ops->link(dir, walk->name, walk->length, inode);
    if (error != 0)
        return error;
    inode->links++;
    names_forget_absent(dir);
    inode->ctime = dir->mtime = dir->ctime = (int64_t)clock_realtime_ns();
    return 0;
}

int vfs_link(struct inode *inode, struct inode *base, const char *path)
{
    struct inode *there;
    struct walk walk;
    int error = path_walk(base, path, &walk);

    if (error != 0)
        return error;
    error = path_last(&walk, &there);
    if (error == 0) {
        inode_put(there);
        error = -EEXIST;
    } else if (error == -ENOENT) {
        error = link_entry(&walk, inode);
    }
    inode_put(walk.dir);
    return error;
}
