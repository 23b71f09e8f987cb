/* SPDX-License-Identifier: Apache-2.0 */
/* attr.c - access checks and what can be changed of a file beside its data: size, times, owner, mode. */
#include "sys/syscall.h"

#include "abi/time.h"
#include "core/clock.h"
#include "sys/limit.h"
#include "sys/lock.h"
#include "sys/user.h"
#include "vfs/lock.h"

/* ---- access: the program is root, for whom only execution and read-only file systems set limits ---- */

enum { MAY_EXEC = 1, MAY_WRITE = 2, MAY_READ = 4 };

static int access_check(const struct inode *inode, unsigned wanted)
{
    if ((wanted & MAY_WRITE) && inode->fs && inode->fs->read_only && (S_ISREG(inode->mode) || S_ISDIR(inode->mode)))
        return -EROFS;
    if ((wanted & MAY_EXEC) && !S_ISDIR(inode->mode) && !(inode->mode & 0111))
        return -EACCES;
    return 0;
}

static int64_t access_at(int dirfd, uaddr_t address, uint64_t mode, unsigned flags)
{
    struct inode *inode;

    if ((unsigned)mode & ~7u || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
        return -EINVAL;
    int err = user_lookup(dirfd, address, flags, &inode);
    if (err || !inode)
        return err;
    err = access_check(inode, (unsigned)mode);
    inode_put(inode);
    return err;
}

int64_t sys_access(const uint64_t arg[6])
{
    return access_at(AT_FDCWD, arg[0], arg[1], 0);
}

int64_t sys_faccessat(const uint64_t arg[6])
{
    return access_at((int)arg[0], arg[1], arg[2], 0);
}

int64_t sys_faccessat2(const uint64_t arg[6])
{
    return access_at((int)arg[0], arg[1], arg[2], (unsigned)arg[3]);
}

/* ---- size ---- */

static int size_change(struct inode *inode, uint64_t size)
{
    int error = limit_grow(inode, size);

    if (!error && lock_lease_is_there())
        error = lease_break(inode, O_WRONLY);
    return error ? error : vfs_truncate(inode, size);
}

int64_t sys_truncate(const uint64_t arg[6])
{
    struct inode *inode;

    if ((int64_t)arg[1] < 0)
        return -EINVAL;
    int err = user_lookup(AT_FDCWD, arg[0], 0, &inode);
    if (err)
        return err;
    if (S_ISDIR(inode->mode))
        err = -EISDIR;
    else if (!S_ISREG(inode->mode))
        err = -EINVAL;
    else if (inode->fs && inode->fs->read_only)
        err = -EROFS;
    else
        err = size_change(inode, arg[1]);
    inode_put(inode);
    return err;
}

int64_t sys_ftruncate(const uint64_t arg[6])
{
    struct file *file = user_file(arg[0]);

    if ((int64_t)arg[1] < 0)
        return -EINVAL;
    if (!file || (file->flags & O_PATH))
        return -EBADF;
    if (!file->inode || !S_ISREG(file->inode->mode) || (file->flags & O_ACCMODE) == O_RDONLY)
        return -EINVAL;
    file_get(file);
    int err = size_change(file->inode, arg[1]);
    file_put(file);
    return err;
}

#define FALLOC_FL_KEEP_SIZE 1u

/* Room for the bytes up to `end`, which a file that grows has. Beyond the file's end there can be none. */
static int room_make(struct inode *inode, uint64_t end, unsigned mode)
{
    if (end <= inode->size)
        return 0;
    return mode & FALLOC_FL_KEEP_SIZE ? -EOPNOTSUPP : size_change(inode, end);
}

static int fallocate(struct file *file, unsigned mode, uint64_t offset, uint64_t length)
{
    const struct inode *inode = file->inode;

    if (mode & ~FALLOC_FL_KEEP_SIZE)
        return -EOPNOTSUPP;
    if (!file_is_writable(file))
        return -EBADF;
    if (inode == NULL || S_ISFIFO(inode->mode))
        return -ESPIPE;
    if (S_ISDIR(inode->mode))
        return -EISDIR;
    if (!S_ISREG(inode->mode))
        return -ENODEV;
    if (offset + length > INT64_MAX)
        return -EFBIG;
    return room_make(file->inode, offset + length, mode);
}

int64_t sys_fallocate(const uint64_t arg[6])
{
    struct file *file = user_file(arg[0]);
    int error;

    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    if ((int64_t)arg[2] < 0 || (int64_t)arg[3] <= 0)
        return -EINVAL;
    file_get(file);
    error = fallocate(file, (unsigned)arg[1], arg[2], arg[3]);
    file_put(file);
    return error;
}

/* ---- mode and owner: FAT keeps neither (Linux's vfat with the option "quiet") ---- */

static int64_t chmod_at(int dirfd, uaddr_t address, unsigned flags)
{
    struct inode *inode;

    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    int err = user_lookup(dirfd, address, flags, &inode);
    if (!err && inode)
        inode_put(inode);
    return err;
}

int64_t sys_chmod(const uint64_t arg[6])
{
    return chmod_at(AT_FDCWD, arg[0], 0);
}

int64_t sys_fchmodat(const uint64_t arg[6])
{
    return chmod_at((int)arg[0], arg[1], 0);
}

int64_t sys_fchmodat2(const uint64_t arg[6])
{
    return chmod_at((int)arg[0], arg[1], (unsigned)arg[3]);
}

int64_t sys_fchmod(const uint64_t arg[6])
{
    const struct file *file = user_file(arg[0]);

    return file && !(file->flags & O_PATH) ? 0 : -EBADF;
}

static int owner_check(const struct inode *inode, uint64_t uid, uint64_t gid)
{
    uint32_t keep = UINT32_MAX; /* -1: as it is */

    if (!inode)
        return 0;
    if (((uint32_t)uid != keep && (uint32_t)uid != inode->uid) ||
        ((uint32_t)gid != keep && (uint32_t)gid != inode->gid))
        return -EPERM;
    return 0;
}

static int64_t chown_at(int dirfd, uaddr_t address, uint64_t uid, uint64_t gid, unsigned flags)
{
    struct inode *inode;

    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    int err = user_lookup(dirfd, address, flags, &inode);
    if (err)
        return err;
    err = owner_check(inode, uid, gid);
    if (inode)
        inode_put(inode);
    return err;
}

int64_t sys_chown(const uint64_t arg[6])
{
    return chown_at(AT_FDCWD, arg[0], arg[1], arg[2], 0);
}

int64_t sys_lchown(const uint64_t arg[6])
{
    return chown_at(AT_FDCWD, arg[0], arg[1], arg[2], AT_SYMLINK_NOFOLLOW);
}

int64_t sys_fchownat(const uint64_t arg[6])
{
    return chown_at((int)arg[0], arg[1], arg[2], arg[3], (unsigned)arg[4]);
}

int64_t sys_fchown(const uint64_t arg[6])
{
    const struct file *file = user_file(arg[0]);

    return file && !(file->flags & O_PATH) ? owner_check(file->inode, arg[1], arg[2]) : -EBADF;
}

/* ---- times ---- */

struct new_times { /* ns since 1970; TIME_KEEP: as it is; TIME_BAD: an error, of which the file's own come first */
    int64_t atime, mtime;
};
#define TIME_KEEP INT64_MIN
#define TIME_BAD (INT64_MIN + 1)
#define SECONDS_MAX (INT64_MAX / NS_PER_SEC - 1)

static int times_set(struct inode *inode, const struct new_times *times)
{
    if (times->atime == TIME_BAD || times->mtime == TIME_BAD)
        return -EINVAL;
    if (inode->fs && inode->fs->read_only)
        return -EROFS;
    if (times->atime != TIME_KEEP)
        inode->atime = times->atime;
    if (times->mtime != TIME_KEEP)
        inode->mtime = times->mtime;
    inode->ctime = (int64_t)clock_realtime_ns();
    return inode->ops->write_inode ? inode->ops->write_inode(inode) : 0;
}

static int64_t time_from(int64_t seconds, int64_t ns)
{
    if (seconds > SECONDS_MAX)
        seconds = SECONDS_MAX;
    if (seconds < -SECONDS_MAX)
        seconds = -SECONDS_MAX;
    return seconds * NS_PER_SEC + ns;
}

static int64_t time_from_timespec(const struct timespec_user *time)
{
    if (time->nsec == UTIME_NOW)
        return (int64_t)clock_realtime_ns();
    if (time->nsec == UTIME_OMIT)
        return TIME_KEEP;
    return time->nsec < 0 || time->nsec >= NS_PER_SEC ? TIME_BAD : time_from(time->sec, time->nsec);
}

static void times_now(struct new_times *times)
{
    times->atime = times->mtime = (int64_t)clock_realtime_ns();
}

static int times_at(int dirfd, uaddr_t address, unsigned flags, const struct new_times *times)
{
    struct inode *inode;
    int err = user_lookup(dirfd, address, flags, &inode);

    if (err || !inode)
        return err;
    err = times_set(inode, times);
    inode_put(inode);
    return err;
}

int64_t sys_utimensat(const uint64_t arg[6])
{
    struct timespec_user given[2];
    struct new_times times;
    unsigned flags = (unsigned)arg[3];

    times_now(&times);
    if (arg[2]) {
        if (user_get(given, arg[2]))
            return -EFAULT;
        if (given[0].nsec == UTIME_OMIT && given[1].nsec == UTIME_OMIT)
            return 0; /* before anything else is looked at, as Linux does */
        times.atime = time_from_timespec(&given[0]);
        times.mtime = time_from_timespec(&given[1]);
    }
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    if (arg[1] || (int)arg[0] == AT_FDCWD)
        return times_at((int)arg[0], arg[1], flags, &times);
    /* No path: the descriptor itself. */
    const struct file *file = user_file(arg[0]);
    if (flags)
        return -EINVAL;
    if (!file || (file->flags & O_PATH))
        return -EBADF;
    return file->inode ? times_set(file->inode, &times) : 0;
}

static int64_t utimes_at(int dirfd, uaddr_t address, uaddr_t times_address)
{
    struct timeval_user given[2];
    struct new_times times;

    times_now(&times);
    if (times_address) {
        if (user_get(given, times_address))
            return -EFAULT;
        for (int i = 0; i < 2; i++)
            if (given[i].usec < 0 || given[i].usec >= 1000000)
                return -EINVAL;
        times.atime = time_from(given[0].sec, given[0].usec * 1000);
        times.mtime = time_from(given[1].sec, given[1].usec * 1000);
    }
    return times_at(dirfd, address, 0, &times);
}

int64_t sys_utimes(const uint64_t arg[6])
{
    return utimes_at(AT_FDCWD, arg[0], arg[1]);
}

int64_t sys_futimesat(const uint64_t arg[6])
{
    return utimes_at((int)arg[0], arg[1], arg[2]);
}

int64_t sys_utime(const uint64_t arg[6])
{
    int64_t given[2];
    struct new_times times;

    times_now(&times);
    if (arg[1]) {
        if (user_get(given, arg[1]))
            return -EFAULT;
        times.atime = time_from(given[0], 0);
        times.mtime = time_from(given[1], 0);
    }
    return times_at(AT_FDCWD, arg[0], 0, &times);
}
