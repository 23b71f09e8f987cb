/* SPDX-License-Identifier: Apache-2.0 */
/* open.c - calls that open files, make, move and remove names, and walk directories. */
#include "sys/syscall.h"

#include "core/cred.h"
#include "lib/string.h"
#include "sys/flock.h"
#include "sys/user.h"
#include "vfs/lock.h"

#define MODE_BITS 07777u

static uint32_t new_mode(uint64_t mode)
{
    return (uint32_t)mode & MODE_BITS & ~current_thread()->fs->umask;
}

/* ---- open ---- */

/* What is there by that name, if anything, may have a lease. */
static int leases_break(struct inode *base, const char *path, uint32_t flags)
{
    struct inode *inode;
    int error = vfs_lookup(base, path, 0, &inode);

    if (error != 0 || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
        if (error == 0)
            inode_put(inode);
        return 0; /* open will say so */
    }
    error = lease_break(inode, flags);
    inode_put(inode);
    return error;
}

#define O_TMPFILE_BIT (O_TMPFILE & ~O_DIRECTORY)

/* What Linux's build_open_flags refuses, whatever the file is. */
static int flags_check(uint32_t flags)
{
    if (!(flags & O_TMPFILE)) /* of neither of its two bits: nothing below holds */
        return 0;
    if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
        return -EINVAL;
    if ((flags & O_TMPFILE_BIT) && (!(flags & O_DIRECTORY) || (flags & O_ACCMODE) == O_RDONLY))
        return -EINVAL;
    return 0;
}

static int open_name(int dirfd, const char *name, uint32_t flags, uint64_t mode, struct file **out)
{
    bool leases = lock_lease_is_there();
    struct inode *base;
    int error = user_base(dirfd, name, &base);

    if (error != 0)
        return error;
    if (leases) {
        inode_get(base); /* it may wait, and another thread close the directory */
        error = leases_break(base, name, flags);
    }
    if (error == 0)
        error = vfs_open(base, name, flags, new_mode(mode), out);
    if (leases)
        inode_put(base);
    return error;
}

/* table: where the file will be installed: it needs a free descriptor before anything is done. NULL: nowhere. */
static int open_user(int dirfd, uaddr_t address, uint32_t flags, uint64_t mode, struct fdtable *table,
                     struct file **out)
{
    struct user_path path;
    int error;

    if (flags & O_PATH) /* Linux ignores all but these with it */
        flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    else
        flags |= O_LARGEFILE; /* what F_GETFL shows a 64-bit program */
    error = flags_check(flags);
    if (error == 0)
        error = user_path_get(&path, address);
    if (error != 0)
        return error;
    if (table != NULL && fd_lowest(table) < 0)
        error = -EMFILE;
    else
        error = open_name(dirfd, path.name, flags, mode, out);
    user_path_put(&path);
    return error;
}

static int64_t open_at(int dirfd, uaddr_t address, uint32_t flags, uint64_t mode)
{
    struct fdtable *table = current_thread()->files;
    struct file *file;
    int error = open_user(dirfd, address, flags, mode, table, &file);

    return error != 0 ? error : fd_install(table, file, 0, flags & O_CLOEXEC);
}

int64_t sys_open(const uint64_t arg[6])
{
    return open_at(AT_FDCWD, arg[0], ISA_OPEN_FLAGS((uint32_t)arg[1]), arg[2]);
}

int64_t sys_openat(const uint64_t arg[6])
{
    return open_at((int)arg[0], arg[1], ISA_OPEN_FLAGS((uint32_t)arg[2]), arg[3]);
}

int64_t sys_creat(const uint64_t arg[6])
{
    return open_at(AT_FDCWD, arg[0], O_CREAT | O_WRONLY | O_TRUNC, arg[1]);
}

/* ---- names ---- */

static int64_t make_directory(int dirfd, uaddr_t address, uint64_t mode)
{
    struct user_path path;
    struct inode *base;
    int error = user_path_at(&path, dirfd, address, &base);

    if (error != 0)
        return error;
    error = vfs_mkdir(base, path.name, new_mode(mode));
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
    struct inode *base;
    int error = user_path_at(&path, dirfd, address, &base);

    if (error != 0)
        return error;
    error = vfs_unlink(base, path.name, directory);
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
    struct inode *old_base, *new_base;

    if (flags & ~(unsigned)RENAME_NOREPLACE) /* no file system here can exchange or white out */
        return -EINVAL;
    int error = user_path_at(&old_path, old_dirfd, old_address, &old_base);
    if (error != 0)
        return error;
    error = user_path_at(&new_path, new_dirfd, new_address, &new_base);
    if (error == 0) {
        error = vfs_rename(old_base, old_path.name, new_base, new_path.name, flags & RENAME_NOREPLACE);
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

/* ---- links and nodes: FAT32 keeps none of these (Linux's vfat: EPERM), files in memory hard links and FIFOs ---- */

/* Making something new at a name: EEXIST where there is one already, else refused. */
static int64_t refuse_new(int dirfd, uaddr_t address)
{
    struct inode *inode;
    int error = user_lookup(dirfd, address, AT_SYMLINK_NOFOLLOW, &inode);

    if (error == 0)
        inode_put(inode);
    return error == 0 ? -EEXIST : error == -ENOENT ? -EPERM : error;
}

static int64_t link_at(int old_dirfd, uaddr_t old_address, int new_dirfd, uaddr_t new_address, unsigned at_flags)
{
    struct user_path path;
    struct inode *inode, *base;
    int error = user_lookup(old_dirfd, old_address, at_flags, &inode);

    if (error != 0)
        return error;
    error = user_path_at(&path, new_dirfd, new_address, &base);
    if (error == 0) {
        error = inode != NULL ? vfs_link(inode, base, path.name) : -EXDEV; /* NULL: a stream */
        user_path_put(&path);
    }
    if (inode != NULL)
        inode_put(inode);
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
    if ((flags & AT_EMPTY_PATH) && !cred_has(&current_thread()->cred, CAP_DAC_READ_SEARCH))
        return -ENOENT;
    if (!(flags & AT_SYMLINK_FOLLOW))
        at_flags |= AT_SYMLINK_NOFOLLOW;
    return link_at((int)arg[0], arg[1], (int)arg[2], arg[3], at_flags);
}

/* What it would point to is looked at first. */
static int64_t symlink_at(uaddr_t target, int dirfd, uaddr_t address)
{
    struct user_path path;
    int error = user_path_get(&path, target);

    if (error != 0)
        return error;
    user_path_put(&path);
    return refuse_new(dirfd, address);
}

int64_t sys_symlink(const uint64_t arg[6])
{
    return symlink_at(arg[0], AT_FDCWD, arg[1]);
}

int64_t sys_symlinkat(const uint64_t arg[6])
{
    return symlink_at(arg[0], (int)arg[1], arg[2]);
}

static int64_t make_special(int dirfd, uaddr_t address, uint32_t mode)
{
    struct user_path path;
    struct inode *base;
    int error = user_path_at(&path, dirfd, address, &base);

    if (error != 0)
        return error;
    error = vfs_mknod(base, path.name, mode);
    user_path_put(&path);
    return error;
}

static int64_t make_file(int dirfd, uaddr_t address, uint64_t mode)
{
    struct file *file;
    int error = open_user(dirfd, address, O_CREAT | O_EXCL | O_WRONLY, mode, NULL, &file);

    if (error == 0)
        file_put(file);
    return error;
}

static int64_t make_node(int dirfd, uaddr_t address, uint64_t mode)
{
    switch (mode & S_IFMT) {
    case 0:
    case S_IFREG:
        return make_file(dirfd, address, mode);
    case S_IFIFO:
    case S_IFSOCK:
        return make_special(dirfd, address, (mode & S_IFMT) | new_mode(mode));
    case S_IFDIR:
    case S_IFCHR:
    case S_IFBLK:
        return refuse_new(dirfd, address);
    default:
        return -EINVAL;
    }
}

int64_t sys_mknod(const uint64_t arg[6])
{
    return make_node(AT_FDCWD, arg[0], arg[1]);
}

int64_t sys_mknodat(const uint64_t arg[6])
{
    return make_node((int)arg[0], arg[1], arg[2]);
}

static int64_t read_link(int dirfd, uaddr_t address, uint64_t size)
{
    struct inode *inode;

    if ((int)size <= 0)
        return -EINVAL;
    int error = user_lookup(dirfd, address, AT_SYMLINK_NOFOLLOW, &inode);
    if (error != 0)
        return error;
    inode_put(inode);
    return -EINVAL; /* not a link */
}

int64_t sys_readlink(const uint64_t arg[6])
{
    return read_link(AT_FDCWD, arg[0], arg[2]);
}

int64_t sys_readlinkat(const uint64_t arg[6])
{
    return read_link((int)arg[0], arg[1], arg[3]);
}

/* ---- the working directory ---- */

/* Takes over the reference to `dir`. */
static void set_cwd(struct inode *dir)
{
    struct fs_context *fs = current_thread()->fs;
    struct inode *old = fs->cwd;

    fs->cwd = dir;
    inode_put(old);
}

int64_t sys_chdir(const uint64_t arg[6])
{
    struct user_path path;
    struct inode *dir;
    int error = user_path_get(&path, arg[0]);

    if (error != 0)
        return error;
    error = vfs_lookup(current_thread()->fs->cwd, path.name, LOOKUP_DIRECTORY, &dir);
    user_path_put(&path);
    if (error == 0)
        set_cwd(dir);
    return error;
}

int64_t sys_fchdir(const uint64_t arg[6])
{
    const struct file *file = user_file(arg[0]);

    if (file == NULL)
        return -EBADF;
    if (file->inode == NULL || !S_ISDIR(file->inode->mode))
        return -ENOTDIR;
    inode_get(file->inode);
    set_cwd(file->inode);
    return 0;
}

int64_t sys_getcwd(const uint64_t arg[6])
{
    uint64_t size = arg[1];
    struct page *page = page_alloc_dirty();

    if (page == NULL)
        return -ENOMEM;
    char *path = page_data(page);
    int64_t length = vfs_path_of(current_thread()->fs->cwd, path, PATH_MAX);
    if (length == -ERANGE)
        length = -ENAMETOOLONG; /* longer than any buffer would help */
    if (length >= 0) {
        length++; /* the NUL counts */
        if ((uint64_t)length > size)
            length = -ERANGE;
        else if (copy_to_user(arg[0], path, (size_t)length) != 0)
            length = -EFAULT;
    }
    page_put(page);
    return length;
}
