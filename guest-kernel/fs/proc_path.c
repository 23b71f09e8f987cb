/* SPDX-License-Identifier: Apache-2.0 */
/* proc_path.c - the paths of files that processes have, as they are shown under /proc. */
#include "abi/errno.h"
#include "fs/proc.h"
#include "lib/string.h"
#include "vfs/nameless.h"

static int64_t named(char *buf, const char *kind, uint64_t number)
{
    return snprintf(buf, PATH_MAX, "%s:[%lu]", kind, (unsigned long)number);
}

/* What isn't in a directory and never was. */
static int64_t stream_path(const struct inode *inode, char *buf)
{
    if (S_ISFIFO(inode->mode))
        return named(buf, "pipe", inode->number);
    if ((inode->mode & S_IFMT) == S_IFSOCK)
        return named(buf, "socket", inode->number);
    return snprintf(buf, PATH_MAX, "anon_inode:[unknown]");
}

/* With " (deleted)" if it has no name any more. */
static int64_t mark_deleted(char *buf, int64_t length, bool deleted)
{
    static const char mark[] = " (deleted)";

    if (length < 0 || !deleted)
        return length;
    if ((uint64_t)length + sizeof(mark) > PATH_MAX)
        return -ENAMETOOLONG;
    memcpy(buf + length, mark, sizeof(mark));
    return length + (int64_t)sizeof(mark) - 1;
}

int64_t proc_path_print(const struct path *path, char *buf)
{
    const struct dentry *dentry = path->dentry;
    bool deleted, outside;
    int64_t length;

    if (path_inode(path) != NULL && path_inode(path)->fs == NULL)
        return stream_path(path_inode(path), buf);
    if (dentry_is_root(dentry) && dentry->length != 0) { /* it never was in a directory */
        length = snprintf(buf, PATH_MAX, "/%.*s", (int)dentry->length, dentry->name);
        return mark_deleted(buf, length, true);
    }
    length = path_print(path, path_root(), buf, PATH_MAX, &deleted, &outside);
    return mark_deleted(buf, length, deleted);
}

int64_t proc_path(struct inode *inode, char *buf)
{
    struct path path;
    int64_t length;

    if (inode->fs == NULL)
        return stream_path(inode, buf);
    if (!inode_place(inode, &path))
        return snprintf(buf, PATH_MAX, "%s", inode->links == 0 || inode->fs->in_memory ? "/memfd: (deleted)" : "/");
    length = proc_path_print(&path, buf);
    path_put(&path);
    return length;
}

int64_t proc_path_of_file(const struct file *file, char *buf)
{
    if (file->ops != NULL && file->ops->name != NULL)
        return snprintf(buf, PATH_MAX, "%s", file->ops->name);
    if (file->path.mount != NULL)
        return proc_path_print(&file->path, buf);
    return file->inode != NULL ? proc_path(file->inode, buf) : snprintf(buf, PATH_MAX, "anon_inode:[unknown]");
}
