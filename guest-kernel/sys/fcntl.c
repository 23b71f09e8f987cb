/* SPDX-License-Identifier: Apache-2.0 */
/* fcntl.c - fcntl(2): duplicates, flags; locks, leases and owners are in flock.c, lease.c and fowner.c. */
#include "core/cred.h"
#include "sys/flock.h"
#include "sys/syscall.h"
#include "sys/user.h"
#include "vfs/dnotify.h"
#include "vfs/inode_flags.h"
#include "vfs/lock.h"
#include "vfs/pipe.h"
#include "vfs/seal.h"

#define FLAGS_SETTABLE (O_APPEND | O_NONBLOCK | O_NOATIME | O_DIRECT)

static struct fdtable *files(void)
{
    return current_thread()->files;
}

static int64_t duplicate(struct file *file, uint64_t least, bool cloexec)
{
    if (least >= files()->limit)
        return -EINVAL;
    file_get(file);
    return fd_install(files(), file, (int)least, cloexec);
}

static bool takes_direct(const struct inode *inode)
{
    return inode != NULL && (S_ISREG(inode->mode) || S_ISBLK(inode->mode) || S_ISFIFO(inode->mode));
}

/* O_ASYNC is left as it is where the file can't send signals, and set by it otherwise. */
static int64_t set_flags(struct file *file, int fd, uint32_t flags)
{
    const struct cred *cred = &current_thread()->cred;
    const struct inode *inode = file->inode;
    uint32_t more = flags & ~file->flags;
    int error = 0;

    if (((flags ^ file->flags) & O_APPEND) && inode != NULL && (inode->flags & FS_APPEND_FL))
        return -EPERM;
    if ((more & O_NOATIME) && inode != NULL && cred->user.fs != inode->uid && !cred_has(cred, CAP_FOWNER))
        return -EPERM;
    if ((more & O_DIRECT) && !takes_direct(inode))
        return -EINVAL;
    if (((flags ^ file->flags) & O_ASYNC) && file->ops->fasync != NULL)
        error = file->ops->fasync(file, fd, flags & O_ASYNC);
    if (error != 0)
        return error;
    file->flags = (file->flags & ~FLAGS_SETTABLE) | (flags & FLAGS_SETTABLE);
    return 0;
}

static int64_t size_of_pipe(const struct file *file, int command, uint64_t arg)
{
    struct pipe *pipe = pipe_of(file);

    if (pipe == NULL)
        return -EBADF;
    return command == F_SETPIPE_SZ ? pipe_set_size(pipe, (uint32_t)arg) : (int64_t)pipe_size(pipe);
}

/* What O_PATH leaves of a file. */
static int64_t fcntl_any(struct file *file, int fd, int command, uint64_t arg)
{
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return duplicate(file, arg, command == F_DUPFD_CLOEXEC);
    case F_GETFD:
        return fd_cloexec(files(), fd) != 0 ? FD_CLOEXEC : 0;
    case F_SETFD:
        return fd_set_cloexec(files(), fd, arg & FD_CLOEXEC);
    case F_GETFL:
        return ISA_OPEN_FLAGS(file->flags & ~O_CLOEXEC);
    default:
        return -EBADF;
    }
}

static int64_t fcntl_open(struct file *file, int fd, int command, uint64_t arg)
{
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
    case F_GETFD:
    case F_SETFD:
    case F_GETFL:
        return fcntl_any(file, fd, command, arg);
    case F_SETFL:
        return set_flags(file, fd, ISA_OPEN_FLAGS((uint32_t)arg));
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        return lock_fcntl(file, command, arg);
    case F_GETLK64:
    case F_SETLK64:
    case F_SETLKW64:
        return call_is_32bit() ? lock_fcntl(file, command, arg) : -EINVAL;
    case F_SETOWN:
    case F_GETOWN:
    case F_SETOWN_EX:
    case F_GETOWN_EX:
    case F_SETSIG:
    case F_GETSIG:
    case F_GETOWNER_UIDS:
        return owner_fcntl(file, command, arg);
    case F_ADD_SEALS:
        return seal_add(file, (unsigned)arg);
    case F_GET_SEALS:
        return seal_get(file);
    case F_SETLEASE:
        return lease_set(file, fd, arg);
    case F_GETLEASE:
        return lease_get(file);
    case F_NOTIFY:
        return dnotify_set(file, fd, (uint32_t)arg);
    case F_GETPIPE_SZ:
    case F_SETPIPE_SZ:
        return size_of_pipe(file, command, arg);
    default:
        return -EINVAL;
    }
}

/* A record lock that came after its descriptor was closed, while it was waited for, goes as that close took others. */
static int64_t lock_recheck(struct file *file, int fd, int64_t result)
{
    if (result != 0 || fd_get(files(), fd) == file || file->inode == NULL)
        return result;
    lock_release(file->inode, files());
    return -EBADF;
}

int64_t sys_fcntl(const uint64_t arg[6])
{
    struct file *file = user_file(arg[0]);
    int fd = (int)arg[0], command = (int)arg[1];
    int64_t result;

    if (file == NULL)
        return -EBADF;
    if (file->flags & O_PATH)
        return fcntl_any(file, fd, command, arg[2]);
    file_get(file);
    result = fcntl_open(file, fd, command, arg[2]);
    if (command == F_SETLKW || command == F_SETLKW64)
        result = lock_recheck(file, fd, result);
    file_put(file);
    return result;
}
