/* SPDX-License-Identifier: Apache-2.0 */
/* attr.c - access checks and what can be changed of a file beside its data: size, times, owner, mode. */
#include "sys/syscall.h"
#include "sys/timeout.h"

#include "abi/time.h"
#include "core/clock.h"
#include "sys/flock.h"
#include "sys/limit.h"
#include "sys/user.h"
#include "vfs/lock.h"
#include "vfs/permission.h"

/* ---- access ---- */

/* In Linux's order: what the mount forbids to run, rights, what the mount forbids to write. */
static int access_check(const struct path *path, unsigned wanted)
{
    const struct inode *inode = path_inode(path);

    if ((wanted & MAY_EXEC) && S_ISREG(inode->mode) && (path->mount->flags & MS_NOEXEC))
        return -EACCES;
    int error = permission(inode, wanted);
    bool is_stored = S_ISREG(inode->mode) || S_ISDIR(inode->mode) || S_ISLNK(inode->mode);
    return error == 0 && (wanted & MAY_WRITE) && is_stored ? mount_may_write(path->mount) : error;
}

static int access_find(int dirfd, uaddr_t address, unsigned wanted, unsigned flags)
{
    struct path path;
    int error = user_lookup_path(dirfd, address, flags, &path);

    if (error != 0 || path.mount == NULL)
        return error;
    error = access_check(&path, wanted);
    path_put(&path);
    return error;
}

/* access(2) asks for the real IDs, and for the capabilities that the program would have with them; so does the walk. */
static void act_as_real(struct cred *cred)
{
    cred->user.fs = cred->user.real;
    cred->group.fs = cred->group.real;
    if (!(cred->securebits & SECURE_NO_SETUID_FIXUP))
        cred->effective = cred->user.real == 0 ? cred->permitted : 0;
}

/* The thread has the others again after it, which nobody but itself changes: not while it waits for a disk, either. */
static int64_t access_at(int dirfd, uaddr_t address, uint64_t mode, unsigned flags)
{
    struct cred *cred = &current_thread()->cred;
    uint32_t user = cred->user.fs, group = cred->group.fs;
    uint64_t effective = cred->effective;

    if ((unsigned)mode & ~7u || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
        return -EINVAL;
    if (!(flags & AT_EACCESS))
        act_as_real(cred);
    int error = access_find(dirfd, address, (unsigned)mode, flags);
    cred->user.fs = user;
    cred->group.fs = group;
    cred->effective = effective;
    return error;
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

static int size_may_change(struct inode *inode, uint64_t size)
{
    int error = limit_grow(inode, size);

    return error == 0 && lock_lease_is_there() ? lease_break(inode, O_WRONLY) : error;
}

static int size_change(struct inode *inode, uint64_t size)
{
    int error = size_may_change(inode, size);

    return error != 0 ? error : vfs_truncate(inode, size);
}

int64_t sys_truncate(const uint64_t arg[6])
{
    struct path path;

    if ((int64_t)arg[1] < 0)
        return -EINVAL;
    int error = user_lookup_path(AT_FDCWD, arg[0], 0, &path);
    if (error != 0)
        return error;
    struct inode *inode = path_inode(&path);
    if (S_ISDIR(inode->mode))
        error = -EISDIR;
    else if (!S_ISREG(inode->mode))
        error = -EINVAL;
    else
        error = mount_may_write(path.mount);
    if (error == 0)
        error = permission(inode, MAY_WRITE);
    if (error == 0)
        error = size_change(inode, arg[1]);
    path_put(&path);
    return error;
}

int64_t sys_ftruncate(const uint64_t arg[6])
{
    struct file *file = user_file(arg[0]);

    if ((int64_t)arg[1] < 0)
        return -EINVAL;
    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    if (file->inode == NULL || !S_ISREG(file->inode->mode) || (file->flags & O_ACCMODE) == O_RDONLY)
        return -EINVAL;
    file_get(file);
    int error = size_change(file->inode, arg[1]);
    file_put(file);
    return error;
}

/* What file_allocate grows is a change of the size, with the limits of one; what it refuses needs none. */
static int room_make(struct file *file, uint32_t mode, int64_t offset, int64_t size)
{
    struct inode *inode = file->inode;
    bool grows = mode == 0 && offset >= 0 && size > 0 && file_is_writable(file) && inode != NULL &&
                 S_ISREG(inode->mode) && offset <= INT64_MAX - size && (uint64_t)(offset + size) > inode->size;
    int error = grows ? size_may_change(inode, (uint64_t)(offset + size)) : 0;

    return error != 0 ? error : file_allocate(file, mode, offset, size);
}

int64_t sys_fallocate(const uint64_t arg[6])
{
    struct file *file = user_file(arg[0]);

    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    file_get(file);
    int error = room_make(file, (uint32_t)arg[1], (int64_t)arg[2], (int64_t)arg[3]);
    file_put(file);
    return error;
}

/* ---- mode and owner: FAT keeps neither (Linux's vfat with the option "quiet") ---- */

static int64_t chmod_at(int dirfd, uaddr_t address, unsigned flags)
{
    struct inode *inode;

    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    int error = user_lookup(dirfd, address, flags, &inode);
    if (error == 0 && inode != NULL)
        inode_put(inode);
    return error;
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

    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    bool is_sealed = file->inode != NULL && (file->inode->seals & F_SEAL_EXEC);
    return is_sealed && (((uint32_t)arg[1] ^ file->inode->mode) & 0111) ? -EPERM : 0;
}

static int owner_check(const struct inode *inode, uint64_t uid, uint64_t gid)
{
    uint32_t keep = UINT32_MAX; /* -1: as it is */

    if (inode == NULL)
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
    int error = user_lookup(dirfd, address, flags, &inode);
    if (error != 0)
        return error;
    error = owner_check(inode, uid, gid);
    if (inode != NULL)
        inode_put(inode);
    return error;
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

    return file != NULL && !(file->flags & O_PATH) ? owner_check(file->inode, arg[1], arg[2]) : -EBADF;
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
    if (inode->fs != NULL && inode->fs->read_only)
        return -EROFS;
    if (times->atime != TIME_KEEP)
        inode->atime = times->atime;
    if (times->mtime != TIME_KEEP)
        inode->mtime = times->mtime;
    inode->ctime = (int64_t)clock_realtime_ns();
    return inode->ops->write_inode != NULL ? inode->ops->write_inode(inode) : 0;
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
    int error = user_lookup(dirfd, address, flags, &inode);

    if (error != 0 || inode == NULL)
        return error;
    error = times_set(inode, times);
    inode_put(inode);
    return error;
}

int64_t sys_utimensat(const uint64_t arg[6])
{
    struct timespec_user given[2];
    struct new_times times;
    unsigned flags = (unsigned)arg[3];

    times_now(&times);
    if (arg[2] != 0) {
        if (timespecs_from_user(given, 2, arg[2]) != 0)
            return -EFAULT;
        if (given[0].nsec == UTIME_OMIT && given[1].nsec == UTIME_OMIT)
            return 0; /* before anything else is looked at, as Linux does */
        times.atime = time_from_timespec(&given[0]);
        times.mtime = time_from_timespec(&given[1]);
    }
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    if (arg[1] != 0 || (int)arg[0] == AT_FDCWD)
        return times_at((int)arg[0], arg[1], flags, &times);
    /* No path: the descriptor itself. */
    const struct file *file = user_file(arg[0]);
    if (flags != 0)
        return -EINVAL;
    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    return file->inode != NULL ? times_set(file->inode, &times) : 0;
}

static int64_t utimes_at(int dirfd, uaddr_t address, uaddr_t times_address)
{
    struct timeval_user given[2];
    struct new_times times;

    times_now(&times);
    if (times_address != 0) {
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
    if (arg[1] != 0) {
        if (user_get(given, arg[1]))
            return -EFAULT;
        times.atime = time_from(given[0], 0);
        times.mtime = time_from(given[1], 0);
    }
    return times_at(AT_FDCWD, arg[0], 0, &times);
}
