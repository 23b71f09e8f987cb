/* SPDX-License-Identifier: Apache-2.0 */
/* inotify.c - inotify(7)'s calls; vfs/watch_file.c has the files, vfs/watch.c what is watched. */
#include "vfs/watch_file.h"

#include "abi/inotify.h"
#include "sys/syscall.h"
#include "sys/user.h"
#include "vfs/permission.h"
#include "vfs/watch.h"

#define MASK_ALL                                                                                        \
    (IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ISDIR | IN_ONLYDIR | IN_DONT_FOLLOW | \
     IN_EXCL_UNLINK | IN_MASK_CREATE | IN_MASK_ADD | IN_ONESHOT)

static int64_t make(uint32_t flags)
{
    struct fdtable *files = current_thread()->files;
    struct file *file;
    int error;

    if (flags & ~(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    error = inotify_create(current_thread()->cred.user.effective, flags & O_NONBLOCK, &file);
    return error != 0 ? error : fd_install(files, file, 0, flags & O_CLOEXEC);
}

int64_t sys_inotify_init(const uint64_t arg[6])
{
    (void)arg;
    return make(0);
}

int64_t sys_inotify_init1(const uint64_t arg[6])
{
    return make((uint32_t)arg[0]);
}

/* What is to be watched: who watches it must be able to read it. *out: with references. */
static int target_find(uaddr_t address, uint32_t mask, struct path *out)
{
    int error = user_lookup_path(AT_FDCWD, address, mask & IN_DONT_FOLLOW ? AT_SYMLINK_NOFOLLOW : 0, out);

    if (error != 0)
        return error;
    if ((mask & IN_ONLYDIR) && !S_ISDIR(path_inode(out)->mode))
        error = -ENOTDIR;
    else
        error = permission(path_inode(out), MAY_READ);
    if (error != 0)
        path_put(out);
    return error;
}

/* Others than this machine may change it: they do so by the directory's names. */
static void others_tell(const struct path *path)
{
    struct inode *inode = path_inode(path);

    if (!S_ISDIR(inode->mode) && (path->dentry == NULL || dentry_is_root(path->dentry)))
        return;
    watch_others(S_ISDIR(inode->mode) ? inode : path->dentry->parent->inode);
}

static int64_t add(struct watch_group *group, uaddr_t address, uint32_t mask)
{
    struct path path;
    int64_t result = target_find(address, mask, &path);

    if (result != 0)
        return result;
    result = watch_add(group, path_inode(&path), mask);
    if (result >= 0)
        others_tell(&path);
    path_put(&path);
    return result;
}

int64_t sys_inotify_add_watch(const uint64_t arg[6])
{
    struct file *file = user_file(arg[0]);
    uint32_t mask = (uint32_t)arg[2];

    if (mask == 0 || (mask & ~MASK_ALL))
        return -EINVAL;
    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    if ((mask & IN_MASK_ADD) && (mask & IN_MASK_CREATE))
        return -EINVAL;
    struct watch_group *group = inotify_group(file);
    if (group == NULL)
        return -EINVAL;
    file_get(file); /* to look for the path may be to wait */
    int64_t result = add(group, arg[1], mask);
    file_put(file);
    return result;
}

int64_t sys_inotify_rm_watch(const uint64_t arg[6])
{
    const struct file *file = user_file(arg[0]);

    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    struct watch_group *group = inotify_group(file);
    return group != NULL ? watch_remove(group, (int32_t)arg[1]) : -EINVAL;
}
