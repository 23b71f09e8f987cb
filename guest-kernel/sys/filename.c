/* SPDX-License-Identifier: Apache-2.0 */
/* filename.c - calls that make, move, remove and read names: mkdir, rename, link, symlink, mknod, readlink. */
#include "sys/syscall.h"

#include "sys/user.h"
#include "vfs/atime.h"

#define MODE_BITS 07777u

static uint32_t new_mode(uint64_t mode)
{
    return (uint32_t)mode & MODE_BITS;
}

/* ---- names ---- */

static int64_t make_directory(int dirfd, uaddr_t address, uint64_t mode)
{
    struct user_path path;
    struct path base;
    int error = user_path_at(&path, dirfd, address, &base);

    if (error != 0)
        return error;
    error = vfs_mkdir(&base, path.name, new_mode(mode));
    user_path_put(&path);
    return error;
}

int64_t sys_mkdir(const uint64_t arg[6])
{
    return make_directory(AT_FDCWD, arg[0], arg[1]);
}

int64_t sys_mkdirat(const uint64_t arg[6])
{
    return make_directory((int)arg[0], arg[1], arg[2]);
}

static int64_t remove_name(int dirfd, uaddr_t address, bool directory)
{
    struct user_path path;
    struct path base;
    int error = user_path_at(&path, dirfd, address, &base);

    if (error != 0)
        return error;
    error = vfs_unlink(&base, path.name, directory);
    user_path_put(&path);
    return error;
}

int64_t sys_unlink(const uint64_t arg[6])
{
    return remove_name(AT_FDCWD, arg[0], false);
}

int64_t sys_rmdir(const uint64_t arg[6])
{
    return remove_name(AT_FDCWD, arg[0], true);
}

int64_t sys_unlinkat(const uint64_t arg[6])
{
    unsigned flags = (unsigned)arg[2];

    return flags & ~AT_REMOVEDIR ? -EINVAL : remove_name((int)arg[0], arg[1], flags & AT_REMOVEDIR);
}

static int64_t rename_at(int old_dirfd, uaddr_t old_address, int new_dirfd, uaddr_t new_address, unsigned flags)
{
    struct user_path old_path, new_path;
    struct path old_base, new_base;

    if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT))
        return -EINVAL;
    if ((flags & RENAME_EXCHANGE) && (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)))
        return -EINVAL;
    int error = user_path_get(&old_path, old_address);
    if (error != 0)
        return error;
    error = user_path_get(&new_path, new_address);
    if (error == 0) {
        error = user_base(old_dirfd, old_path.name, &old_base);
        if (error == 0)
            error = user_base(new_dirfd, new_path.name, &new_base);
        if (error == 0)
            error = vfs_rename(&old_base, old_path.name, &new_base, new_path.name, flags);
        user_path_put(&new_path);
    }
    user_path_put(&old_path);
    return error;
}

int64_t sys_rename(const uint64_t arg[6])
{
    return rename_at(AT_FDCWD, arg[0], AT_FDCWD, arg[1], 0);
}

int64_t sys_renameat(const uint64_t arg[6])
{
    return rename_at((int)arg[0], arg[1], (int)arg[2], arg[3], 0);
}

int64_t sys_renameat2(const uint64_t arg[6])
{
    return rename_at((int)arg[0], arg[1], (int)arg[2], arg[3], (unsigned)arg[4]);
}

/* ---- links and nodes ---- */

/* With AT_EMPTY_PATH a descriptor is a way to the file for who may go any way, and for who has opened it: nobody else
 * is to give a file a name that he was only handed. */
static bool may_start_at(int dirfd, const char *path)
{
    const struct cred *cred = &current_thread()->cred;
    const struct file *file = dirfd != AT_FDCWD && path[0] != '/' ? user_file((uint64_t)dirfd) : NULL;

    return file == NULL || file->opener == cred->serial || cred_has(cred, CAP_DAC_READ_SEARCH);
}

static int link_source(int dirfd, uaddr_t address, unsigned at_flags, struct path *out)
{
    struct user_path path;
    int error = at_flags & AT_EMPTY_PATH ? user_path_get_any(&path, address) : user_path_get(&path, address);

    if (error != 0)
        return error;
    if ((at_flags & AT_EMPTY_PATH) && !may_start_at(dirfd, path.name))
        error = -ENOENT;
    else
        error = user_lookup_path_name(dirfd, path.name, at_flags, out);
    user_path_put(&path);
    return error;
}

static int64_t link_at(int old_dirfd, uaddr_t old_address, int new_dirfd, uaddr_t new_address, unsigned at_flags)
{
    struct user_path path;
    struct path from, base;
    int error = link_source(old_dirfd, old_address, at_flags, &from);

    if (error != 0)
        return error;
    error = user_path_at(&path, new_dirfd, new_address, &base);
    if (error == 0) {
        error = from.mount != NULL ? vfs_link(&from, &base, path.name) : -EXDEV; /* a stream */
        user_path_put(&path);
    }
    if (from.mount != NULL)
        path_put(&from);
    return error;
}

int64_t sys_link(const uint64_t arg[6])
{
    return link_at(AT_FDCWD, arg[0], AT_FDCWD, arg[1], AT_SYMLINK_NOFOLLOW);
}

int64_t sys_linkat(const uint64_t arg[6])
{
    unsigned flags = (unsigned)arg[4], at_flags = flags & AT_EMPTY_PATH;

    if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    if (!(flags & AT_SYMLINK_FOLLOW))
        at_flags |= AT_SYMLINK_NOFOLLOW;
    return link_at((int)arg[0], arg[1], (int)arg[2], arg[3], at_flags);
}

static int64_t symlink_at(uaddr_t target_address, int dirfd, uaddr_t address)
{
    struct user_path target, path;
    struct path base;
    int error = user_path_get(&target, target_address);

    if (error != 0)
        return error;
    error = user_path_at(&path, dirfd, address, &base);
    if (error == 0) {
        error = vfs_symlink(&base, path.name, target.name);
        user_path_put(&path);
    }
    user_path_put(&target);
    return error;
}

int64_t sys_symlink(const uint64_t arg[6])
{
    return symlink_at(arg[0], AT_FDCWD, arg[1]);
}

int64_t sys_symlinkat(const uint64_t arg[6])
{
    return symlink_at(arg[0], (int)arg[1], arg[2]);
}

static int64_t make_special(int dirfd, uaddr_t address, uint32_t mode, uint64_t rdev)
{
    struct user_path path;
    struct path base;
    int error = user_path_at(&path, dirfd, address, &base);

    if (error != 0)
        return error;
    error = vfs_mknod(&base, path.name, mode, rdev);
    user_path_put(&path);
    return error;
}

static int64_t make_node(int dirfd, uaddr_t address, uint64_t mode, uint64_t rdev)
{
    uint32_t bits = new_mode(mode);

    switch (mode & S_IFMT) {
    case 0:
        return make_special(dirfd, address, S_IFREG | bits, 0);
    case S_IFREG:
    case S_IFIFO:
    case S_IFSOCK:
        return make_special(dirfd, address, (mode & S_IFMT) | bits, 0);
    case S_IFCHR:
    case S_IFBLK:
        return make_special(dirfd, address, (mode & S_IFMT) | bits, (uint32_t)rdev);
    case S_IFDIR:
        return -EPERM;
    default:
        return -EINVAL;
    }
}

int64_t sys_mknod(const uint64_t arg[6])
{
    return make_node(AT_FDCWD, arg[0], arg[1], arg[2]);
}

int64_t sys_mknodat(const uint64_t arg[6])
{
    return make_node((int)arg[0], arg[1], arg[2], arg[3]);
}

static int64_t link_text_put(struct inode *inode, uaddr_t buffer, uint64_t size)
{
    if (!S_ISLNK(inode->mode))
        return -EINVAL;
    struct page *page = page_alloc_dirty();
    if (page == NULL)
        return -ENOMEM;
    int64_t length = inode->ops->read_link != NULL ? inode->ops->read_link(inode, page_data(page)) : -EINVAL;
    if (length > 0 && (uint64_t)length > size)
        length = (int64_t)size;
    if (length > 0 && copy_to_user(buffer, page_data(page), (size_t)length) != 0)
        length = -EFAULT;
    page_put(page);
    return length;
}

/* With an empty path the link that `dirfd` is open for (O_PATH). */
static int64_t read_link(int dirfd, uaddr_t address, uaddr_t buffer, uint64_t size)
{
    struct user_path path;
    struct path link;

    if ((int)size <= 0)
        return -EINVAL;
    int64_t result = user_path_get_any(&path, address);
    if (result != 0)
        return result;
    result = user_lookup_path_name(dirfd, path.name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, &link);
    if (result == 0 && link.mount == NULL) {
        result = -ENOENT;
    } else if (result == 0) {
        struct inode *inode = path_inode(&link);

        result =
            S_ISLNK(inode->mode) || path.name[0] != 0 ? link_text_put(inode, buffer, (uint64_t)(int)size) : -ENOENT;
        if (result >= 0)
            atime_touch(link.mount, inode);
        path_put(&link);
    }
    user_path_put(&path);
    return result;
}

int64_t sys_readlink(const uint64_t arg[6])
{
    return read_link(AT_FDCWD, arg[0], arg[1], arg[2]);
}

int64_t sys_readlinkat(const uint64_t arg[6])
{
    return read_link((int)arg[0], arg[1], arg[2], arg[3]);
}
