/* SPDX-License-Identifier: Apache-2.0 */
/* fd.c - descriptors: close, dup, seek, ioctl, sync. */
#include "abi/socket.h"
#include "core/wait.h"
#include "net/socket.h"
#include "sys/flock.h"
#include "sys/inode_ioctl.h"
#include "sys/syscall.h"
#include "sys/user.h"
#include "vfs/pipe.h"

static struct fdtable *files(void)
{
    return current_thread()->files;
}

int64_t sys_close(const uint64_t arg[6])
{
    return fd_close(files(), (int)arg[0]);
}

#define CLOSE_RANGE_UNSHARE 2u
#define CLOSE_RANGE_CLOEXEC 4u

/* From then on the thread's table is its own: as it is, or without what is closed next, from `first` to the end. */
static int files_unshare(unsigned first, unsigned last, unsigned flags)
{
    struct thread *thread = current_thread();
    struct fdtable *shared = files(), *own;
    bool drops_end = !(flags & CLOSE_RANGE_CLOEXEC) && last >= FD_MAX - 1;

    if (shared->refs == 1)
        return 0;
    own = fdtable_clone_below(shared, drops_end ? first : FD_MAX);
    if (own == NULL)
        return -ENOMEM;
    thread->files = own;
    fdtable_put(shared); /* it may be the last by now */
    return 0;
}

int64_t sys_close_range(const uint64_t arg[6])
{
    unsigned first = (unsigned)arg[0], last = (unsigned)arg[1], flags = (unsigned)arg[2];

    if ((flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) || first > last)
        return -EINVAL;
    int error = flags & CLOSE_RANGE_UNSHARE ? files_unshare(first, last, flags) : 0;
    if (error != 0)
        return error;
    for (unsigned fd = first, done = 0; (fd = fd_next(files(), fd)) <= last && fd < FD_MAX; fd++) {
        if (++done % FDS_AT_ONCE == 0)
            (void)wait_loop_ends(true);
        if (flags & CLOSE_RANGE_CLOEXEC)
            fd_set_cloexec(files(), (int)fd, true);
        else
            fd_close(files(), (int)fd);
    }
    return 0;
}

/* ---- dup ---- */

static int64_t duplicate_to(struct file *file, uint64_t to, bool cloexec)
{
    file_get(file);
    return fd_replace(files(), file, (int)to, cloexec);
}

int64_t sys_dup(const uint64_t arg[6])
{
    struct file *file = user_file(arg[0]);

    if (file == NULL)
        return -EBADF;
    file_get(file);
    return fd_install(files(), file, 0, false);
}

int64_t sys_dup2(const uint64_t arg[6])
{
    struct file *file = user_file(arg[0]);

    if (file == NULL)
        return -EBADF;
    return (unsigned)arg[0] == (unsigned)arg[1] ? (int)arg[1] : duplicate_to(file, arg[1], false);
}

int64_t sys_dup3(const uint64_t arg[6])
{
    struct file *file = user_file(arg[0]);

    if (((unsigned)arg[2] & ~O_CLOEXEC) || (unsigned)arg[0] == (unsigned)arg[1])
        return -EINVAL;
    if ((unsigned)arg[1] >= files()->limit)
        return -EBADF;
    return file != NULL ? duplicate_to(file, arg[1], (unsigned)arg[2] & O_CLOEXEC) : -EBADF;
}

/* ---- position, control, sync ---- */

int64_t sys_lseek(const uint64_t arg[6])
{
    struct file *file = user_file(arg[0]);

    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    return file_seek(file, (int64_t)arg[1], (int)arg[2]);
}

#define FIONCLEX 0x5450u
#define FIOCLEX 0x5451u
#define FIONBIO 0x5421u
#define FIOASYNC 0x5452u
#define FIGETBSZ 2u

/* To look at the program's memory may be to wait, and others close the file. */
static int64_t set_nonblocking(uint64_t fd, uaddr_t address)
{
    struct file *file;
    int on;

    if (user_get(on, address))
        return -EFAULT;
    file = user_file(fd);
    if (file == NULL)
        return -EBADF;
    file->flags = on != 0 ? file->flags | O_NONBLOCK : file->flags & ~O_NONBLOCK;
    return 0;
}

static int64_t set_async(uint64_t fd, uaddr_t address)
{
    struct file *file;
    int on, error = -ENOTTY;

    if (user_get(on, address))
        return -EFAULT;
    file = user_file(fd); /* by now perhaps another one */
    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    if ((on != 0) == ((file->flags & O_ASYNC) != 0))
        return 0;
    file_get(file); /* it may wait for memory */
    if (file->ops->fasync != NULL)
        error = file->ops->fasync(file, (int)fd, on != 0);
    file_put(file);
    return error;
}

/* Of whatever is open: of a device it is about the file system that has its name. */
static int64_t block_size_get(const struct file *file, uaddr_t address)
{
    int size = (int)inode_block_size(file->inode);

    return user_put(address, size);
}

static int64_t ioctl_file(struct file *file, unsigned request, uint64_t arg)
{
    bool is_stored = file->inode != NULL && (S_ISREG(file->inode->mode) || S_ISDIR(file->inode->mode));
    int64_t result;

    file_get(file); /* a terminal's may wait */
    result = is_stored ? inode_ioctl(file, request, arg) : file_ioctl(file, request, arg);
    file_put(file);
    return result;
}

/* Who is signalled about a socket, by requests that are older than fcntl(2)'s commands. */
static int64_t owner_ioctl(struct file *file, bool sets, uaddr_t address)
{
    int64_t result;
    int number = 0;

    file_get(file); /* memory may be waited for */
    if (!sets) {
        number = (int)owner_fcntl(file, F_GETOWN, 0);
        result = user_put(address, number);
    } else {
        result = user_get(number, address) ? -EFAULT : owner_fcntl(file, F_SETOWN, (uint64_t)(int64_t)number);
    }
    file_put(file);
    return result;
}

int64_t sys_ioctl(const uint64_t arg[6])
{
    struct file *file = user_file(arg[0]);
    unsigned request = (unsigned)arg[1];

    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    switch (request) {
    case FIOCLEX:
    case FIONCLEX:
        return fd_set_cloexec(files(), (int)arg[0], request == FIOCLEX);
    case FIONBIO:
        return set_nonblocking(arg[0], arg[2]);
    case FIOASYNC:
        return set_async(arg[0], arg[2]);
    case FIGETBSZ:
        return block_size_get(file, arg[2]);
    case FIOSETOWN:
    case SIOCSPGRP:
    case FIOGETOWN:
    case SIOCGPGRP:
        return socket_of(file) != NULL ? owner_ioctl(file, request == FIOSETOWN || request == SIOCSPGRP, arg[2])
                                       : ioctl_file(file, request, arg[2]);
    default:
        return ioctl_file(file, request, arg[2]);
    }
}

static int64_t sync_file(uint64_t fd, bool data_only)
{
    struct file *file = user_file(fd);

    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    file_get(file);
    int error = file_sync(file, data_only);
    file_put(file);
    return error;
}

int64_t sys_fsync(const uint64_t arg[6])
{
    return sync_file(arg[0], false);
}

int64_t sys_fdatasync(const uint64_t arg[6])
{
    return sync_file(arg[0], true);
}

int64_t sys_sync(const uint64_t arg[6])
{
    (void)arg;
    vfs_sync_all();
    return 0;
}

int64_t sys_syncfs(const uint64_t arg[6])
{
    struct file *file = user_file(arg[0]);
    int error;

    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    if (file->inode == NULL ||
        file->inode->fs == NULL) /* a pipe and its like have one on Linux with nothing to store */
        return 0;
    file_get(file);
    error = vfs_sync_fs(file->inode->fs);
    file_put(file);
    return error;
}

#define SYNC_FILE_RANGE_ALL 7u

/* More than is asked for: all of the file is stored (sync_file_range(2)). */
int64_t sys_sync_file_range(const uint64_t arg[6])
{
    struct file *file = user_file(arg[0]);
    int64_t offset = (int64_t)arg[1], length = (int64_t)arg[2];

    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    if (((unsigned)arg[3] & ~SYNC_FILE_RANGE_ALL) || offset < 0 || length < 0 || length > INT64_MAX - offset)
        return -EINVAL;
    if (file->inode == NULL ||
        !(S_ISREG(file->inode->mode) || S_ISBLK(file->inode->mode) || S_ISDIR(file->inode->mode)))
        return -ESPIPE;
    return (unsigned)arg[3] != 0 ? sync_file(arg[0], true) : 0;
}

/* Hints about the order of reads: taken, not used. */
int64_t sys_fadvise64(const uint64_t arg[6])
{
    const struct file *file = user_file(arg[0]);

    if (file == NULL || (file->flags & O_PATH))
        return -EBADF;
    if (pipe_of(file) != NULL)
        return -ESPIPE;
    return (int64_t)arg[2] < 0 || (unsigned)arg[3] > 5 ? -EINVAL : 0;
}

int64_t sys_readahead(const uint64_t arg[6])
{
    const struct file *file = user_file(arg[0]);

    if (file == NULL || !file_is_readable(file))
        return -EBADF;
    if (file->inode == NULL || (!S_ISREG(file->inode->mode) && !S_ISBLK(file->inode->mode)))
        return -EINVAL;
    return (int64_t)arg[2] < 0 ? -EINVAL : 0;
}
