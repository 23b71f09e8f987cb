/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_compare.c - whether what is mounted is the same as a folder of the host. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ext4_folder.h"
#include "files.h"
#include "vfs/path.h"

static char fault[1500];

static __attribute__((format(printf, 1, 2))) bool differs(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(fault, sizeof(fault), fmt, ap);
    va_end(ap);
    return true;
}

static bool data_differ(const char *path, const char *host_path, struct inode *inode)
{
    static char ours[300000], theirs[300000];
    int64_t count;

    for (uint64_t pos = 0; (count = host_read(host_path, pos, theirs, sizeof(theirs))) > 0; pos += (uint64_t)count) {
        int64_t got = inode_read(inode, pos, ours, (size_t)count);
        if (got != count || memcmp(ours, theirs, (size_t)count) != 0)
            return differs("%s: data at %llu, result %lld", path, (unsigned long long)pos, (long long)got);
    }
    return false;
}

static bool link_differs(const char *path, const char *host_path, struct inode *inode)
{
    char ours[PATH_MAX], theirs[PATH_MAX];
    int64_t count = host_read_link(host_path, theirs, sizeof(theirs));
    int64_t got = inode->ops->read_link(inode, ours);

    return (got != count || memcmp(ours, theirs, (size_t)count) != 0) &&
           differs("%s: text of %lld", path, (long long)got);
}

static bool inode_differs(const char *path, const struct inode *inode, const struct host_stat *st)
{
    bool has_size = S_ISREG(st->mode) || S_ISLNK(st->mode);

    if (inode->mode != st->mode || inode->uid != st->uid || inode->gid != st->gid)
        return differs("%s: mode %o and not %o, owner %u:%u", path, inode->mode, st->mode, inode->uid, inode->gid);
    if (has_size && inode->size != st->size)
        return differs("%s: size %llu", path, (unsigned long long)inode->size);
    if (!S_ISDIR(st->mode) && inode->links != st->links)
        return differs("%s: %u links", path, inode->links);
    if (inode->mtime / 1000000000 != st->mtime_s)
        return differs("%s: time %lld", path, (long long)inode->mtime);
    return false;
}

struct counted {
    const char *path, *host_path;
    unsigned count;
    bool differs;
};

static bool count_name(void *arg, const char *name, size_t length, uint64_t ino, unsigned type, uint64_t next_pos)
{
    struct counted *counted = arg;
    struct host_stat st;
    char path[2048];

    (void)ino, (void)next_pos;
    if ((length == 1 && name[0] == '.') || (length == 2 && memcmp(name, "..", 2) == 0))
        return true;
    snprintf(path, sizeof(path), "%s/%.*s", counted->host_path, (int)length, name);
    if (host_lstat(path, &st) != 0) {
        if (strcmp(counted->path, "") != 0 ||
            (strncmp(name, "lost+found", length) != 0 && strncmp(name, "dev", length) != 0))
            counted->differs = differs("%s: there is %.*s", counted->path, (int)length, name);
        return true;
    }
    if (type != DT_UNKNOWN && type != (st.mode >> 12 & 15))
        counted->differs = differs("%s/%.*s: type %u", counted->path, (int)length, name, type);
    counted->count++;
    return true;
}

static bool names_differ(const char *path, const char *host_path, unsigned want)
{
    struct counted counted = {path, host_path, 0, false};
    struct file *file;
    int error = open_path(*path != 0 ? path : "/", O_RDONLY | O_DIRECTORY, &file);

    if (error != 0)
        return differs("%s: error %d", path, error);
    error = file_read_dir(file, count_name, &counted);
    file_put(file);
    if (counted.differs)
        return true;
    return (error != 0 || counted.count != want) &&
           differs("%s: %u names and not %u, error %d", path, counted.count, want, error);
}

struct folder_walk {
    const char *path, *host_path;
    unsigned count;
    bool found;
};

static bool tree_differs(const char *path, const char *host_path);

static void compare_name(void *arg, const char *name)
{
    struct folder_walk *walk = arg;
    char below[2048], host_below[2048];
    struct host_stat st;
    struct inode *inode;

    walk->count++;
    if (walk->found)
        return;
    snprintf(below, sizeof(below), "%s/%s", walk->path, name);
    snprintf(host_below, sizeof(host_below), "%s/%s", walk->host_path, name);
    if (host_lstat(host_below, &st) != 0)
        return;
    int error = vfs_lookup(vfs_root(), below, LOOKUP_NOFOLLOW, &inode);
    if (error != 0) {
        walk->found = differs("%s: error %d", below, error);
        return;
    }
    walk->found = inode_differs(below, inode, &st) || (S_ISREG(st.mode) && data_differ(below, host_below, inode)) ||
                  (S_ISLNK(st.mode) && link_differs(below, host_below, inode)) ||
                  (S_ISDIR(st.mode) && tree_differs(below, host_below));
    inode_put(inode);
}

static bool tree_differs(const char *path, const char *host_path)
{
    struct folder_walk walk = {path, host_path, 0, false};

    host_each(host_path, compare_name, &walk);
    return walk.found || names_differ(path, host_path, walk.count);
}

const char *ext4_folder_compare(void)
{
    return tree_differs("", ext4_folder_tree()) ? fault : NULL;
}
