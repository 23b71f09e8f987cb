/* SPDX-License-Identifier: Apache-2.0 */
/* proc_path.c - the paths of files that processes have, as they are shown under /proc. */
#include "abi/errno.h"
#include "fs/proc.h"
#include "lib/string.h"
#include "vfs/names.h"

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

/* What leads there by a name: the directory's path, and that. */
static int64_t path_below(struct inode *dir, const char *name, size_t length, char *buf)
{
    int64_t at = vfs_path_of(dir, buf, PATH_MAX);

    if (at < 0)
        return at;
    if (at == 1) /* the root */
        at = 0;
    if ((uint64_t)at + 1 + length >= PATH_MAX)
        return -ENAMETOOLONG;
    buf[at++] = '/';
    memcpy(buf + at, name, length);
    at += (int64_t)length;
    buf[at] = 0;
    return at;
}

int64_t proc_path(struct inode *inode, char *buf)
{
    struct inode *dir;
    const char *name;
    size_t length;

    if (inode->fs == NULL)
        return stream_path(inode, buf);
    if (S_ISDIR(inode->mode))
        return vfs_path_of(inode, buf, PATH_MAX);
    if (names_place(inode, &dir, &name, &length))
        return path_below(dir, name, length, buf);
    return snprintf(buf, PATH_MAX, inode->links == 0 ? "/memfd: (deleted)" : "(unreachable)");
}

int64_t proc_path_of_file(const struct file *file, char *buf)
{
    if (file->ops != NULL && file->ops->name != NULL)
        return snprintf(buf, PATH_MAX, "%s", file->ops->name);
    return file->inode != NULL ? proc_path(file->inode, buf) : snprintf(buf, PATH_MAX, "anon_inode:[unknown]");
}
