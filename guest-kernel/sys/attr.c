/* SPDX-License-Identifier: Apache-2.0 */
/* attr.c - access checks and what can be changed of a file beside its data: size, times, owner, mode. */
#include "abi/i386.h"
#include "sys/syscall.h"
#include "sys/timeout.h"

#include "abi/time.h"
#include "core/clock.h"
#include "sys/flock.h"
#include "sys/limit.h"
#include "sys/target.h"
#include "sys/user.h"
#include "vfs/inode_attr.h"
#include "vfs/inode_flags.h"
#include "vfs/lock.h"
#include "vfs/notify.h"
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
    int error = inode->flags & FS_APPEND_FL ? -EPERM : size_may_change(inode, size);

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
    if (error == 0)
        notify_path(&path, inode, IN_MODIFY);
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
    if (arg[1] > SMALL_FILE_MAX && !(file->flags & O_LARGEFILE))
        return -EINVAL;
    file_get(file);
    int error = size_change(file->inode, arg[1]);
    if (error == 0)
        notify_path(&file->path, file->inode, IN_MODIFY);
    file_put(file);
    return error;
}

/* What file_allocate grows is a change of the size, with the limits of one; what it refuses needs none. */
static int room_make(struct file *file, uint32_t mode, int64_t offset, int64_t size)
{
    struct inode *inode = file->inode;
    bool grows = !(mode & ~FALLOC_FL_KEEP_SIZE) && offset >= 0 && size > 0 && file_is_writable(file) && inode != NULL &&
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

/* ---- mode and owner ---- */

/* What who watches the file is told: one time alone counts as what would have set it. 0: nothing. */
static uint32_t event_of(const struct attr_change *change, bool drops_ids)
{
    const unsigned times = ATTR_ATIME | ATTR_MTIME;

    if ((change->which & (ATTR_MODE | ATTR_UID | ATTR_GID)) || (change->which & times) == times || drops_ids)
        return IN_ATTRIB;
    if (change->which & ATTR_ATIME)
        return IN_ACCESS;
    return change->which & ATTR_MTIME ? IN_MODIFY : 0;
}

/* Puts the target. */
static int change(struct target *target, const struct attr_change *change)
{
    struct inode *inode = target->inode;
    int error = target_may_change(target);

    if (error == 0 && inode != NULL) {
        uint32_t mode = inode->mode;

        error = vfs_set_attr(inode, change);
        if (error == 0)
            notify_path(&target->path, inode, event_of(change, inode->mode != mode));
    }
    target_put(target);
    return error;
}

static struct attr_change mode_change(uint64_t mode)
{
    return (struct attr_change){.which = ATTR_MODE, .mode = (uint32_t)mode & 07777};
}

static int64_t chmod_at(int dirfd, uaddr_t address, uint64_t mode, unsigned flags)
{
    const struct attr_change asked = mode_change(mode);
    struct target target;

    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    int error = target_at(&target, dirfd, address, flags);
    return error != 0 ? error : change(&target, &asked);
}

int64_t sys_chmod(const uint64_t arg[6])
{
    return chmod_at(AT_FDCWD, arg[0], arg[1], 0);
}

int64_t sys_fchmodat(const uint64_t arg[6])
{
    return chmod_at((int)arg[0], arg[1], arg[2], 0);
}

int64_t sys_fchmodat2(const uint64_t arg[6])
{
    return chmod_at((int)arg[0], arg[1], arg[2], (unsigned)arg[3]);
}

int64_t sys_fchmod(const uint64_t arg[6])
{
    const struct attr_change asked = mode_change(arg[1]);
    struct target target;
    int error = target_of_fd(&target, arg[0]);

    return error != 0 ? error : change(&target, &asked);
}

/* -1: as it is. */
static struct attr_change owner_change(uint64_t uid, uint64_t gid)
{
    struct attr_change asked = {.which = ATTR_DROP_IDS, .uid = (uint32_t)uid, .gid = (uint32_t)gid};

    if (asked.uid != UINT32_MAX)
        asked.which |= ATTR_UID;
    if (asked.gid != UINT32_MAX)
        asked.which |= ATTR_GID;
    return asked;
}

static int64_t chown_at(int dirfd, uaddr_t address, uint64_t uid, uint64_t gid, unsigned flags)
{
    const struct attr_change asked = owner_change(uid, gid);
    struct target target;

    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    int error = target_at(&target, dirfd, address, flags);
    return error != 0 ? error : change(&target, &asked);
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
    const struct attr_change asked = owner_change(arg[1], arg[2]);
    struct target target;
    int error = target_of_fd(&target, arg[0]);

    return error != 0 ? error : change(&target, &asked);
}

/* ---- times ---- */

struct new_times { /* ns since 1970; or one of these */
    int64_t atime, mtime;
};
#define TIME_KEEP INT64_MIN
#define TIME_BAD (INT64_MIN + 1) /* an error, of which the file's own come first */
#define TIME_NOW (INT64_MIN + 2)
#define SECONDS_MAX (INT64_MAX / NS_PER_SEC - 1)

static int64_t time_or(int64_t time, int64_t now)
{
    return time == TIME_NOW ? now : time;
}

static struct attr_change times_change(const struct new_times *times)
{
    int64_t now = (int64_t)clock_realtime_ns();
    struct attr_change asked = {.atime = time_or(times->atime, now), .mtime = time_or(times->mtime, now)};

    if (times->atime == TIME_NOW && times->mtime == TIME_NOW)
        asked.which |= ATTR_NOW;
    if (times->atime != TIME_KEEP)
        asked.which |= ATTR_ATIME;
    if (times->mtime != TIME_KEEP)
        asked.which |= ATTR_MTIME;
    return asked;
}

/* Puts the target. */
static int times_set(struct target *target, const struct new_times *times)
{
    const struct attr_change asked = times_change(times);

    if (times->atime == TIME_BAD || times->mtime == TIME_BAD) {
        target_put(target);
        return -EINVAL;
    }
    return change(target, &asked);
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
        return TIME_NOW;
    if (time->nsec == UTIME_OMIT)
        return TIME_KEEP;
    return time->nsec < 0 || time->nsec >= NS_PER_SEC ? TIME_BAD : time_from(time->sec, time->nsec);
}

static int times_at(int dirfd, uaddr_t address, unsigned flags, const struct new_times *times)
{
    struct target target;
    int error = target_at(&target, dirfd, address, flags);

    return error != 0 ? error : times_set(&target, times);
}

int64_t sys_utimensat(const uint64_t arg[6])
{
    struct timespec_user given[2];
    struct target target;
    struct new_times times = {TIME_NOW, TIME_NOW};
    unsigned flags = (unsigned)arg[3];

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
    if (flags != 0)
        return -EINVAL;
    int error = target_of_fd(&target, arg[0]);
    return error != 0 ? error : times_set(&target, &times);
}

static int64_t utimes_at(int dirfd, uaddr_t address, uaddr_t times_address)
{
    struct timeval_user given[2];
    struct new_times times = {TIME_NOW, TIME_NOW};

    if (times_address != 0) {
        if (timevals_from_user(given, 2, times_address))
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

/* struct utimbuf: two times in seconds. */
static int utimbuf_get(int64_t given[2], uaddr_t address)
{
    struct i386_utimbuf half;

    if (!call_is_32bit())
        return copy_from_user(given, address, 2 * sizeof(*given));
    if (user_get(half, address))
        return -EFAULT;
    given[0] = half.actime;
    given[1] = half.modtime;
    return 0;
}

int64_t sys_utime(const uint64_t arg[6])
{
    int64_t given[2];
    struct new_times times = {TIME_NOW, TIME_NOW};

    if (arg[1] != 0) {
        if (utimbuf_get(given, arg[1]))
            return -EFAULT;
        times.atime = time_from(given[0], 0);
        times.mtime = time_from(given[1], 0);
    }
    return times_at(AT_FDCWD, arg[0], 0, &times);
}
