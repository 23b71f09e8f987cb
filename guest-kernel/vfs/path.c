/* SPDX-License-Identifier: Apache-2.0 */
/* path.c - resolves paths (path_resolution(7)). There are no symbolic links yet: one on a disk gives ELOOP. */
#include "vfs/path.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/names.h"

bool name_is_dot(const char *name, size_t length)
{
    return length == 1 && name[0] == '.';
}

bool name_is_dotdot(const char *name, size_t length)
{
    return length == 2 && name[0] == '.' && name[1] == '.';
}

static struct inode *parent_of(struct inode *dir)
{
    while (dir == dir->fs->root && dir->fs->covered != NULL)
        dir = dir->fs->covered;
    return dir->parent != NULL ? dir->parent : dir;
}

/* A directory remembers its place, for ".." and getcwd. */
static int remember_place(struct inode *inode, struct inode *dir, const char *name, size_t length)
{
    if (!S_ISDIR(inode->mode) || inode->name != NULL)
        return 0;
    inode->name = kmalloc(length + 1);
    if (inode->name == NULL)
        return -ENOMEM;
    memcpy(inode->name, name, length);
    if (inode->parent == NULL) {
        inode->parent = dir;
        inode_get(dir);
    }
    return 0;
}

static int child_look_up(struct inode *dir, const char *name, size_t length, struct inode **out)
{
    struct filesystem *mounted = mount_find(dir, name, length);

    if (mounted != NULL) {
        *out = mounted->root;
        inode_get(*out);
        return 0;
    }
    if (dir->ops->lookup == NULL)
        return -ENOENT;
    int error = dir->ops->lookup(dir, name, length, out);
    if (error != 0)
        return error;
    error = remember_place(*out, dir, name, length);
    if (error != 0)
        inode_put(*out);
    return error;
}

static int child_of(struct inode *dir, const char *name, size_t length, struct inode **out)
{
    int error = names_find(dir, name, length, out);

    if (error == 0)
        inode_get(*out);
    if (error <= 0)
        return error;
    error = child_look_up(dir, name, length, out);
    if ((error == 0 || error == -ENOENT) && !dir->fs->names_change)
        names_add(dir, name, length, error != 0 ? NULL : *out);
    return error;
}

static int step(struct inode *dir, const char *name, size_t length, struct inode **out)
{
    if (!S_ISDIR(dir->mode))
        return -ENOTDIR;
    if (length > NAME_MAX)
        return -ENAMETOOLONG;
    if (name_is_dot(name, length))
        *out = dir;
    else if (name_is_dotdot(name, length))
        *out = parent_of(dir);
    else
        return child_of(dir, name, length, out);
    inode_get(*out);
    return 0;
}

int path_walk(struct inode *base, const char *path, struct walk *walk)
{
    if (*path == 0)
        return -ENOENT;
    struct inode *at = *path == '/' ? vfs_root() : base;
    inode_get(at);
    while (*path == '/')
        path++;
    for (;;) {
        const char *end = path;
        while (*end != 0 && *end != '/')
            end++;
        *walk = (struct walk){at, path, (size_t)(end - path), *end == '/'};
        while (*end == '/')
            end++;
        if (*end == 0)
            break;
        struct inode *next;
        int error = step(at, walk->name, walk->length, &next);
        inode_put(at);
        if (error != 0)
            return error;
        at = next;
        path = end;
    }
    if (S_ISDIR(at->mode))
        return 0;
    int error = S_ISLNK(at->mode) ? -ELOOP : -ENOTDIR;

    inode_put(at);
    return error;
}

int path_last(const struct walk *walk, struct inode **out)
{
    int error = 0;

    if (walk->length != 0) {
        error = step(walk->dir, walk->name, walk->length, out);
    } else {
        *out = walk->dir;
        inode_get(*out);
    }
    if (error == 0 && walk->must_be_dir && !S_ISDIR((*out)->mode)) {
        inode_put(*out);
        error = -ENOTDIR;
    }
    if (error != 0)
        *out = NULL; /* not what was put: callers put what they have */
    return error;
}

int vfs_lookup(struct inode *base, const char *path, unsigned flags, struct inode **out)
{
    struct walk walk;
    int error = path_walk(base, path, &walk);

    if (error != 0)
        return error;
    walk.must_be_dir |= (flags & LOOKUP_DIRECTORY) != 0;
    error = path_last(&walk, out);
    inode_put(walk.dir);
    if (error == 0 && S_ISLNK((*out)->mode) && !(flags & LOOKUP_NOFOLLOW)) {
        inode_put(*out);
        error = -ELOOP;
    }
    return error;
}

/* Puts "/name" before what buf holds from *at on. */
static int prepend(char *buf, size_t *at, const char *name)
{
    size_t length = strlen(name);

    if (*at < length + 1)
        return -ERANGE;
    *at -= length + 1;
    buf[*at] = '/';
    memcpy(buf + *at + 1, name, length);
    return 0;
}

int64_t vfs_path_of(struct inode *dir, char *buf, size_t size)
{
    size_t at = size - 1;
    int error = 0;

    if (size < 2)
        return -ERANGE;
    buf[at] = '\0';
    while (error == 0 && dir != vfs_root()) {
        if (dir->links == 0)
            return -ENOENT;
        if (dir == dir->fs->root && dir->fs->covered != NULL)
            dir = dir->fs->covered;
        if (dir->name == NULL || dir->parent == NULL)
            return -ENOENT;
        error = prepend(buf, &at, dir->name);
        dir = dir->parent;
    }
    if (error == 0 && at == size - 1)
        error = prepend(buf, &at, "");
    if (error != 0)
        return error;
    memmove(buf, buf + at, size - at);
    return (int64_t)(size - at - 1);
}
