/* SPDX-License-Identifier: Apache-2.0 */
/* i386_stat.c - stat and statfs of 32-bit programs on x86: with positions of 64 bits, and as they were before that, and
 * before that. */
#include "abi/i386.h"

#include "abi/stat.h"
#include "sys/stat_collect.h"
#include "sys/syscall.h"
#include "sys/user.h"

/* ---- struct stat64 ---- */

static int64_t stat64_put(struct inode *inode, uaddr_t address)
{
    struct stat_user stat;
    int error = stat_collect(inode, &stat);

    if (error != 0)
        return error;
    const struct i386_stat64 out = {
        .st_dev = stat.st_dev,
        .st_ino_low = (uint32_t)stat.st_ino,
        .st_mode = stat.st_mode,
        .st_nlink = (uint32_t)stat.st_nlink,
        .st_uid = stat.st_uid,
        .st_gid = stat.st_gid,
        .st_rdev = stat.st_rdev,
        .st_size = stat.st_size,
        .st_blksize = (uint32_t)stat.st_blksize,
        .st_blocks = (uint64_t)stat.st_blocks,
        .st_atime_sec = (uint32_t)stat.st_atime_sec,
        .st_atime_nsec = (uint32_t)stat.st_atime_nsec,
        .st_mtime_sec = (uint32_t)stat.st_mtime_sec,
        .st_mtime_nsec = (uint32_t)stat.st_mtime_nsec,
        .st_ctime_sec = (uint32_t)stat.st_ctime_sec,
        .st_ctime_nsec = (uint32_t)stat.st_ctime_nsec,
        .st_ino = stat.st_ino,
    };
    return user_put(address, out);
}

int64_t sys_i386_stat64(const uint64_t arg[6])
{
    return stat_at(AT_FDCWD, arg[0], arg[1], 0, stat64_put);
}

int64_t sys_i386_lstat64(const uint64_t arg[6])
{
    return stat_at(AT_FDCWD, arg[0], arg[1], AT_SYMLINK_NOFOLLOW, stat64_put);
}

int64_t sys_i386_fstatat64(const uint64_t arg[6])
{
    return stat_at((int)arg[0], arg[1], arg[2], (unsigned)arg[3], stat64_put);
}

int64_t sys_i386_fstat64(const uint64_t arg[6])
{
    return stat_of_fd(arg[0], arg[1], stat64_put);
}

/* ---- struct stat ---- */

static int64_t stat_put(struct inode *inode, uaddr_t address)
{
    struct stat_user stat;
    int error = stat_collect(inode, &stat);

    if (error != 0)
        return error;
    if (stat.st_ino > UINT32_MAX || stat.st_nlink > UINT16_MAX || stat.st_size > INT32_MAX)
        return -EOVERFLOW;
    const struct i386_stat out = {
        .st_dev = (uint32_t)stat.st_dev,
        .st_ino = (uint32_t)stat.st_ino,
        .st_mode = (uint16_t)stat.st_mode,
        .st_nlink = (uint16_t)stat.st_nlink,
        .st_uid = i386_id16(stat.st_uid),
        .st_gid = i386_id16(stat.st_gid),
        .st_rdev = (uint32_t)stat.st_rdev,
        .st_size = (uint32_t)stat.st_size,
        .st_blksize = (uint32_t)stat.st_blksize,
        .st_blocks = (uint32_t)stat.st_blocks,
        .st_atime_sec = (uint32_t)stat.st_atime_sec,
        .st_atime_nsec = (uint32_t)stat.st_atime_nsec,
        .st_mtime_sec = (uint32_t)stat.st_mtime_sec,
        .st_mtime_nsec = (uint32_t)stat.st_mtime_nsec,
        .st_ctime_sec = (uint32_t)stat.st_ctime_sec,
        .st_ctime_nsec = (uint32_t)stat.st_ctime_nsec,
    };
    return user_put(address, out);
}

int64_t sys_i386_stat(const uint64_t arg[6])
{
    return stat_at(AT_FDCWD, arg[0], arg[1], 0, stat_put);
}

int64_t sys_i386_lstat(const uint64_t arg[6])
{
    return stat_at(AT_FDCWD, arg[0], arg[1], AT_SYMLINK_NOFOLLOW, stat_put);
}

int64_t sys_i386_fstat(const uint64_t arg[6])
{
    return stat_of_fd(arg[0], arg[1], stat_put);
}

/* ---- struct __old_kernel_stat ---- */

/* There is no room for more than eight bits of each number, which Linux doesn't mind. */
static uint16_t old_device(uint64_t dev)
{
    return (uint16_t)(dev_major(dev) << 8 | dev_minor(dev));
}

/* Linux looks for what doesn't fit among some of the numbers only. */
static int64_t old_stat_put(struct inode *inode, uaddr_t address)
{
    struct stat_user stat;
    int error = stat_collect(inode, &stat);

    if (error != 0)
        return error;
    if (stat.st_ino > UINT16_MAX || stat.st_nlink > UINT16_MAX)
        return -EOVERFLOW;
    const struct i386_old_stat out = {
        .st_dev = old_device(stat.st_dev),
        .st_ino = (uint16_t)stat.st_ino,
        .st_mode = (uint16_t)stat.st_mode,
        .st_nlink = (uint16_t)stat.st_nlink,
        .st_uid = i386_id16(stat.st_uid),
        .st_gid = i386_id16(stat.st_gid),
        .st_rdev = old_device(stat.st_rdev),
        .st_size = (uint32_t)stat.st_size,
        .st_atime_sec = (uint32_t)stat.st_atime_sec,
        .st_mtime_sec = (uint32_t)stat.st_mtime_sec,
        .st_ctime_sec = (uint32_t)stat.st_ctime_sec,
    };
    return user_put(address, out);
}

int64_t sys_i386_oldstat(const uint64_t arg[6])
{
    return stat_at(AT_FDCWD, arg[0], arg[1], 0, old_stat_put);
}

int64_t sys_i386_oldlstat(const uint64_t arg[6])
{
    return stat_at(AT_FDCWD, arg[0], arg[1], AT_SYMLINK_NOFOLLOW, old_stat_put);
}

int64_t sys_i386_oldfstat(const uint64_t arg[6])
{
    return stat_of_fd(arg[0], arg[1], old_stat_put);
}

/* ---- struct statfs64 ---- */

static int64_t statfs64_put(uaddr_t address, const struct statfs_user *stat)
{
    const struct i386_statfs64 out = {
        .type = (uint32_t)stat->type,
        .bsize = (uint32_t)stat->bsize,
        .blocks = stat->blocks,
        .bfree = stat->bfree,
        .bavail = stat->bavail,
        .files = stat->files,
        .ffree = stat->ffree,
        .fsid = {stat->fsid[0], stat->fsid[1]},
        .namelen = (uint32_t)stat->namelen,
        .frsize = (uint32_t)stat->frsize,
        .flags = (uint32_t)stat->flags,
    };

    return user_put(address, out);
}

int64_t sys_i386_statfs64(const uint64_t arg[6])
{
    return arg[1] != sizeof(struct i386_statfs64) ? -EINVAL : statfs_of_path(arg[0], arg[2], statfs64_put);
}

int64_t sys_i386_fstatfs64(const uint64_t arg[6])
{
    return arg[1] != sizeof(struct i386_statfs64) ? -EINVAL : statfs_of_fd(arg[0], arg[2], statfs64_put);
}

/* ---- struct statfs ---- */

/* UINT64_MAX, for a number of files that nobody knows, stays that. */
static bool files_fit(uint64_t files)
{
    return files <= UINT32_MAX || files == UINT64_MAX;
}

static int64_t statfs_put(uaddr_t address, const struct statfs_user *stat)
{
    uint64_t sizes = (uint64_t)stat->blocks | (uint64_t)stat->bfree | (uint64_t)stat->bavail | (uint64_t)stat->bsize |
                     (uint64_t)stat->frsize;

    if (sizes > UINT32_MAX || !files_fit((uint64_t)stat->files) || !files_fit((uint64_t)stat->ffree))
        return -EOVERFLOW;
    const struct i386_statfs out = {
        .type = (uint32_t)stat->type,
        .bsize = (uint32_t)stat->bsize,
        .blocks = (uint32_t)stat->blocks,
        .bfree = (uint32_t)stat->bfree,
        .bavail = (uint32_t)stat->bavail,
        .files = (uint32_t)stat->files,
        .ffree = (uint32_t)stat->ffree,
        .fsid = {stat->fsid[0], stat->fsid[1]},
        .namelen = (uint32_t)stat->namelen,
        .frsize = (uint32_t)stat->frsize,
        .flags = (uint32_t)stat->flags,
    };
    return user_put(address, out);
}

int64_t sys_i386_statfs(const uint64_t arg[6])
{
    return statfs_of_path(arg[0], arg[1], statfs_put);
}

int64_t sys_i386_fstatfs(const uint64_t arg[6])
{
    return statfs_of_fd(arg[0], arg[1], statfs_put);
}
