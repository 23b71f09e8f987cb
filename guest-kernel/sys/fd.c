/* SPDX-License-Identifier: Apache-2.0 */
/* fd.c - descriptors: close, dup, fcntl, seek, ioctl, sync. */
#include "sys/syscall.h"

#include "sys/user.h"

/* Linux's value, which is not in abi/fcntl.h: "signal me when it is ready". Kept, without effect. */
#define O_ASYNC 020000u
#define FLAGS_SETTABLE (O_APPEND | O_NONBLOCK | O_NOATIME | O_DIRECT | O_ASYNC)

static struct fdtable *files(void)
{
    return current_process()->files;
}

int64_t sys_close(const uint64_t arg[6])
{
    return fd_close(files(), (int)arg[0]);
}

#define CLOSE_RANGE_UNSHARE 2u
#define CLOSE_RANGE_CLOEXEC 4u

int64_t sys_close_range(const uint64_t arg[6])
{
    unsigned first = (unsigned)arg[0], last = (unsigned)arg[1], flags = (unsigned)arg[2];

    if (first > last || (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)))
        return -EINVAL;
    for (unsigned fd = first; fd <= last && fd < files()->slots; fd++) {
        if (flags & CLOSE_RANGE_CLOEXEC)
            fd_set_cloexec(files(), (int)fd, true);
        else
            fd_close(files(), (int)fd);
    }
    return 0;
}

/* ---- dup ---- */

static int64_t duplicate(uint64_t fd, int least, bool cloexec)
{
    struct file *file = user_file(fd);

    if (!file)
        return -EBADF;
    file_get(file);
    return fd_install(files(), file, least, cloexec);
}

static int64_t duplicate_to(struct file *file, uint64_t to, bool cloexec)
{
    if ((unsigned)to >= FD_MAX)
        return -EBADF;
    file_get(file);
    return fd_replace(files(), file, (int)to, cloexec);
}

int64_t sys_dup(const uint64_t arg[6])
{
    return duplicate(arg[0], 0, false);
}

int64_t sys_dup2(const uint64_t arg[6])
{
    struct file *file = user_file(arg[0]);

    if (!file)
        return -EBADF;
    return (unsigned)arg[0] == (unsigned)arg[1] ? (int)arg[1] : duplicate_to(file, arg[1], false);
}

int64_t sys_dup3(const uint64_t arg[6])
{
    struct file *file = user_file(arg[0]);

    if (((unsigned)arg[2] & ~O_CLOEXEC) || (unsigned)arg[0] == (unsigned)arg[1])
        return -EINVAL;
    return file ? duplicate_to(file, arg[1], (unsigned)arg[2] & O_CLOEXEC) : -EBADF;
}

/* ---- fcntl ---- */

struct flock_user {
    int16_t type, whence;
    int64_t start, length;
    int32_t pid, pad;
};
_Static_assert(sizeof(struct flock_user) == 32, "struct flock");
enum { LOCK_READ, LOCK_WRITE, LOCK_NONE }; /* F_RDLCK, F_WRLCK, F_UNLCK */

/* A process's own locks never stand in its way, and there is one process: every lock is free. */
static int64_t record_lock(int command, uaddr_t address)
{
    struct flock_user lock;

    if (user_get(lock, address))
        return -EFAULT;
    if (lock.type < LOCK_READ || lock.type > LOCK_NONE || lock.whence < SEEK_SET || lock.whence > SEEK_END)
        return -EINVAL;
    if (command != F_GETLK)
        return 0;
    if (lock.type == LOCK_NONE)
        return -EINVAL;
    lock.type = LOCK_NONE;
    return user_put(address, lock);
}

int64_t sys_fcntl(const uint64_t arg[6])
{
    struct file *file = user_file(arg[0]);
    int fd = (int)arg[0], command = (int)arg[1];

    if (!file)
        return -EBADF;
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        if (arg[2] >= FD_MAX)
            return -EINVAL;
        return duplicate(arg[0], (int)arg[2], command == F_DUPFD_CLOEXEC);
    case F_GETFD:
        return fd_cloexec(files(), fd) ? FD_CLOEXEC : 0;
    case F_SETFD:
        return fd_set_cloexec(files(), fd, arg[2] & FD_CLOEXEC);
    case F_GETFL:
        return ISA_OPEN_FLAGS(file->flags & ~O_CLOEXEC);
    case F_SETFL:
        file->flags = (file->flags & ~FLAGS_SETTABLE) | (ISA_OPEN_FLAGS((uint32_t)arg[2]) & FLAGS_SETTABLE);
        return 0;
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
        return record_lock(command, arg[2]);
    default:
        return -EINVAL;
    }
}

#define LOCK_SH 1u
#define LOCK_EX 2u
#define LOCK_NB 4u
#define LOCK_UN 8u

/* With one process, only its own descriptors could hold a lock; they are not kept apart. */
int64_t sys_flock(const uint64_t arg[6])
{
    unsigned operation = (unsigned)arg[1] & ~LOCK_NB;

    if (operation != LOCK_SH && operation != LOCK_EX && operation != LOCK_UN)
        return -EINVAL;
    return user_file(arg[0]) ? 0 : -EBADF;
}

/* ---- position, control, sync ---- */

int64_t sys_lseek(const uint64_t arg[6])
{
    struct file *file = user_file(arg[0]);

    if (!file || (file->flags & O_PATH))
        return -EBADF;
    return file_seek(file, (int64_t)arg[1], (int)arg[2]);
}

#define FIONCLEX 0x5450u
#define FIOCLEX 0x5451u
#define FIONBIO 0x5421u

static int64_t set_nonblocking(struct file *file, uaddr_t address)
{
    int on;

    if (user_get(on, address))
        return -EFAULT;
    file->flags = on ? file->flags | O_NONBLOCK : file->flags & ~O_NONBLOCK;
    return 0;
}

int64_t sys_ioctl(const uint64_t arg[6])
{
    struct file *file = user_file(arg[0]);
    unsigned request = (unsigned)arg[1];

    if (!file || (file->flags & O_PATH))
        return -EBADF;
    switch (request) {
    case FIOCLEX:
    case FIONCLEX:
        return fd_set_cloexec(files(), (int)arg[0], request == FIOCLEX);
    case FIONBIO:
        return set_nonblocking(file, arg[2]);
    default:
        return file_ioctl(file, request, arg[2]);
    }
}

static int64_t sync_file(uint64_t fd)
{
    struct file *file = user_file(fd);

    if (!file || (file->flags & O_PATH))
        return -EBADF;
    if (!file->inode || !(S_ISREG(file->inode->mode) || S_ISDIR(file->inode->mode)))
        return -EINVAL;
    file_get(file);
    int err = file_sync(file);
    file_put(file);
    return err;
}

int64_t sys_fsync(const uint64_t arg[6])
{
    return sync_file(arg[0]);
}

int64_t sys_fdatasync(const uint64_t arg[6])
{
    return sync_file(arg[0]);
}

int64_t sys_sync(const uint64_t arg[6])
{
    (void)arg;
    vfs_sync_all();
    return 0;
}

int64_t sys_syncfs(const uint64_t arg[6])
{
    return user_file(arg[0]) ? vfs_sync_all() : -EBADF;
}

/* Hints about the order of reads: taken, not used. */
int64_t sys_fadvise64(const uint64_t arg[6])
{
    const struct file *file = user_file(arg[0]);

    if (!file || (file->flags & O_PATH))
        return -EBADF;
    return (int64_t)arg[2] < 0 || (unsigned)arg[3] > 5 ? -EINVAL : 0;
}

int64_t sys_readahead(const uint64_t arg[6])
{
    const struct file *file = user_file(arg[0]);

    if (!file || (file->flags & O_ACCMODE) == O_WRONLY)
        return -EBADF;
    return file->inode && S_ISREG(file->inode->mode) ? 0 : -EINVAL;
}
