/* SPDX-License-Identifier: Apache-2.0 */
/*
 * i386.c - system calls that 32-bit programs on x86 make in a form of their own: 64-bit numbers in two registers, other
 * structures, 16-bit user IDs. Each brings its arguments into the usual form and calls the usual handler. Handlers that
 * read a structure in both forms by themselves (call_is_32bit) need nothing here.
 */
#include "abi/i386.h"

#include "abi/stat.h"
#include "core/abi.h"
#include "mm/space.h"
#include "sys/stat_collect.h"
#include "sys/syscall.h"
#include "sys/user.h"

/* ---- positions and lengths ---- */

int64_t sys_i386_llseek(const uint64_t arg[6])
{
    const uint64_t wide[6] = {arg[0], arg[1] << 32 | arg[2], arg[4]};
    int64_t pos = sys_lseek(wide);

    return pos < 0 ? pos : user_put(arg[3], pos);
}

/* ---- memory ---- */

/* In a 64-bit program that comes by int 0x80 the address has to fit as well. */
static int64_t map(const uint64_t arg[6], uint64_t offset)
{
    uint64_t low = current_process()->abi->word_size == sizeof(uint64_t) ? ISA_MAP_32BIT : 0;
    const uint64_t wide[6] = {arg[0], arg[1], arg[2], arg[3] | low, (uint64_t)(int32_t)arg[4], offset};

    return sys_mmap(wide);
}

int64_t sys_i386_mmap2(const uint64_t arg[6])
{
    return map(arg, arg[5] << 12); /* in pages of 4 KiB, whatever a page is */
}

int64_t sys_i386_mmap(const uint64_t arg[6])
{
    struct i386_mmap given;

    if (user_get(given, arg[0]))
        return -EFAULT;
    const uint64_t wide[6] = {given.addr, given.length, given.prot, given.flags, given.fd};
    return map(wide, given.offset);
}

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
    struct file *file = user_file(arg[0]);

    if (file == NULL)
        return -EBADF;
    file_get(file);
    int64_t result = stat64_put(file->inode, arg[1]);
    file_put(file);
    return result;
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

/* ---- commands with structures ---- */

int64_t sys_i386_ioctl(const uint64_t arg[6])
{
    enum { BLKGETSIZE = 0x1260 }; /* of those that are there, the only one whose result is a long */

    return (uint32_t)arg[1] == BLKGETSIZE ? sys_ni_syscall(arg) : sys_ioctl(arg);
}

/* Neither segment's base is to be had by it there. */
int64_t sys_i386_arch_prctl(const uint64_t arg[6])
{
    (void)arg;
    return -EINVAL;
}

/* ---- calls whose structure is the same as a 64-bit program's ---- */

/* For this call, whatever it points to has the usual form. */
static int64_t usual(syscall_handler *handler, const uint64_t arg[6])
{
    current_thread()->call_is_32bit = false;
    return handler(arg);
}

int64_t sys_i386_clock_gettime64(const uint64_t arg[6])
{
    return usual(sys_clock_gettime, arg);
}

int64_t sys_i386_clock_settime64(const uint64_t arg[6])
{
    return usual(sys_clock_settime, arg);
}

int64_t sys_i386_clock_getres64(const uint64_t arg[6])
{
    return usual(sys_clock_getres, arg);
}

int64_t sys_i386_clock_nanosleep64(const uint64_t arg[6])
{
    return usual(sys_clock_nanosleep, arg);
}

int64_t sys_i386_futex64(const uint64_t arg[6])
{
    return usual(sys_futex, arg);
}

int64_t sys_i386_utimensat64(const uint64_t arg[6])
{
    return usual(sys_utimensat, arg);
}

int64_t sys_i386_epoll_pwait2(const uint64_t arg[6])
{
    return usual(sys_epoll_pwait2, arg);
}

int64_t sys_i386_futex_waitv(const uint64_t arg[6])
{
    return usual(sys_futex_waitv, arg);
}

int64_t sys_i386_ppoll64(const uint64_t arg[6])
{
    return usual(sys_ppoll, arg);
}

int64_t sys_i386_pselect6_64(const uint64_t arg[6])
{
    return usual(sys_pselect6, arg);
}

int64_t sys_i386_rt_sigtimedwait64(const uint64_t arg[6])
{
    return usual(sys_rt_sigtimedwait, arg);
}

int64_t sys_i386_clock_adjtime64(const uint64_t arg[6])
{
    return usual(sys_clock_adjtime, arg);
}

int64_t sys_i386_timerfd_gettime64(const uint64_t arg[6])
{
    return usual(sys_timerfd_gettime, arg);
}

int64_t sys_i386_timerfd_settime64(const uint64_t arg[6])
{
    return usual(sys_timerfd_settime, arg);
}

int64_t sys_i386_sched_rr_get_interval64(const uint64_t arg[6])
{
    return usual(sys_sched_rr_get_interval, arg);
}

/* ---- others ---- */

/* select(2) when calls had five arguments at most: they stand together. */
int64_t sys_i386_select(const uint64_t arg[6])
{
    uint32_t given[5];

    if (user_get(given, arg[0]))
        return -EFAULT;
    const uint64_t wide[6] = {given[0], given[1], given[2], given[3], given[4]};
    return sys_select(wide);
}

/* oldumount(2): without flags. */
int64_t sys_i386_umount(const uint64_t arg[6])
{
    const uint64_t without[6] = {arg[0]};

    return sys_umount2(without);
}
