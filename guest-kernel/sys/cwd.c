/* SPDX-License-Identifier: Apache-2.0 */
/* cwd.c - where a program's paths start: chdir, chroot, getcwd. */
#include "sys/syscall.h"

#include "core/cred.h"
#include "lib/string.h"
#include "sys/user.h"
#include "vfs/permission.h"

static int dir_lookup(uaddr_t address, struct path *out)
{
    struct user_path path;
    int error = user_path_get(&path, address);

    if (error != 0)
        return error;
    struct path base = current_thread()->fs->cwd;
    error = path_lookup(&base, path.name, LOOKUP_DIRECTORY, out);
    user_path_put(&path);
    if (error != 0)
        return error;
    error = permission(path_inode(out), MAY_EXEC);
    if (error != 0)
        path_put(out);
    return error;
}

int64_t sys_chdir(const uint64_t arg[6])
{
    struct path dir;
    int error = dir_lookup(arg[0], &dir);

    if (error == 0)
        fs_context_set(&current_thread()->fs->cwd, &dir);
    return error;
}

int64_t sys_chroot(const uint64_t arg[6])
{
    struct path dir;
    int error = dir_lookup(arg[0], &dir);

    if (error != 0)
        return error;
    if (!cred_has(&current_thread()->cred, CAP_SYS_CHROOT)) {
        path_put(&dir);
        return -EPERM;
    }
    fs_context_set(&current_thread()->fs->root, &dir);
    return 0;
}

int64_t sys_fchdir(const uint64_t arg[6])
{
    const struct file *file = user_file(arg[0]);

    if (file == NULL)
        return -EBADF;
    if (file->path.mount == NULL || !S_ISDIR(file->inode->mode))
        return -ENOTDIR;
    struct path dir = file->path;
    int error = permission(file->inode, MAY_EXEC);
    if (error != 0)
        return error;
    path_get(&dir);
    fs_context_set(&current_thread()->fs->cwd, &dir);
    return 0;
}

#define UNREACHABLE "(unreachable)"

static int64_t cwd_print(char *buf)
{
    const struct fs_context *fs = current_thread()->fs;
    size_t prefix = sizeof(UNREACHABLE) - 1;
    bool deleted, outside;
    int64_t length = path_print(&fs->cwd, &fs->root, buf + prefix, PATH_MAX - prefix, &deleted, &outside);

    if (deleted)
        return -ENOENT;
    if (length < 0)
        return length;
    if (!outside) {
        memmove(buf, buf + prefix, (size_t)length + 1);
        return length;
    }
    memcpy(buf, UNREACHABLE, prefix);
    return length + (int64_t)prefix;
}

int64_t sys_getcwd(const uint64_t arg[6])
{
    uint64_t size = arg[1];
    struct page *page = page_alloc_dirty();

    if (page == NULL)
        return -ENOMEM;
    int64_t length = cwd_print(page_data(page));
    if (length >= 0) {
        length++; /* the NUL counts */
        if ((uint64_t)length > size)
            length = -ERANGE;
        else if (copy_to_user(arg[0], page_data(page), (size_t)length) != 0)
            length = -EFAULT;
    }
    page_put(page);
    return length;
}
