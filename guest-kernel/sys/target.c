/* SPDX-License-Identifier: Apache-2.0 */
/* target.c - the file that a system call on its attributes is about. */
#include "sys/target.h"

#include "sys/user.h"

static void take(struct target *target, const struct path *path, struct inode *inode)
{
    target->path = *path;
    if (path->mount != NULL)
        path_get(path);
    target->inode = inode;
    if (inode != NULL)
        inode_get(inode);
}

/* AT_EMPTY_PATH: the descriptor, which may be one opened with O_PATH, or the working directory. */
static int take_dirfd(struct target *target, int dirfd)
{
    const struct path *cwd = &current_thread()->fs->cwd;

    if (dirfd == AT_FDCWD) {
        take(target, cwd, path_inode(cwd));
        return 0;
    }
    const struct file *file = user_file((uint64_t)(unsigned)dirfd);
    if (file == NULL)
        return -EBADF;
    take(target, &file->path, file->inode);
    return 0;
}

int target_at(struct target *target, int dirfd, uaddr_t address, unsigned at_flags)
{
    struct user_path name;
    int error = user_path_get_any(&name, address);

    if (error != 0)
        return error;
    if (name.name[0] == 0 && (at_flags & AT_EMPTY_PATH)) {
        error = take_dirfd(target, dirfd);
    } else {
        error = user_lookup_path_name(dirfd, name.name, at_flags, &target->path);
        if (error == 0) {
            target->inode = path_inode(&target->path);
            inode_get(target->inode);
        }
    }
    user_path_put(&name);
    return error;
}

int target_of_fd(struct target *target, uint64_t fd)
{
    const struct file *file = user_file(fd);

    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    take(target, &file->path, file->inode);
    return 0;
}

void target_put(struct target *target)
{
    inode_put(target->inode);
    if (target->path.mount != NULL)
        path_put(&target->path);
}

int target_may_change(const struct target *target)
{
    return target->path.mount != NULL ? mount_may_write(target->path.mount) : 0;
}
