/* SPDX-License-Identifier: Apache-2.0 */
/* i386.h - structures that Linux lays out in another way for 32-bit programs on x86 (asm/stat.h, linux/compat.h). */
#ifndef GK_ABI_I386_H
#define GK_ABI_I386_H

#include <stddef.h>
#include <stdint.h>

/* 64-bit members stand at multiples of 4 there. */
typedef uint64_t i386_u64 __attribute__((aligned(4)));
typedef int64_t i386_s64 __attribute__((aligned(4)));

/* An ID in 16 bits; one that has more is told as Linux's overflow ID. */
static inline uint16_t i386_id16(uint64_t id)
{
    return (uint16_t)(id > UINT16_MAX ? 65534u : id);
}

struct i386_stat64 {
    i386_u64 st_dev;
    uint32_t pad0, st_ino_low, st_mode, st_nlink, st_uid, st_gid;
    i386_u64 st_rdev;
    uint32_t pad3;
    i386_s64 st_size;
    uint32_t st_blksize;
    i386_u64 st_blocks;
    uint32_t st_atime_sec, st_atime_nsec, st_mtime_sec, st_mtime_nsec, st_ctime_sec, st_ctime_nsec;
    i386_u64 st_ino;
};
_Static_assert(sizeof(struct i386_stat64) == 96, "struct stat64");
_Static_assert(offsetof(struct i386_stat64, st_rdev) == 32, "struct stat64");
_Static_assert(offsetof(struct i386_stat64, st_size) == 44, "struct stat64");
_Static_assert(offsetof(struct i386_stat64, st_blocks) == 56, "struct stat64");
_Static_assert(offsetof(struct i386_stat64, st_ino) == 88, "struct stat64");

struct i386_stat { /* struct stat: user IDs have 16 bits, what doesn't fit is EOVERFLOW */
    uint32_t st_dev, st_ino;
    uint16_t st_mode, st_nlink, st_uid, st_gid;
    uint32_t st_rdev, st_size, st_blksize, st_blocks;
    uint32_t st_atime_sec, st_atime_nsec, st_mtime_sec, st_mtime_nsec, st_ctime_sec, st_ctime_nsec;
    uint32_t unused[2];
};
_Static_assert(sizeof(struct i386_stat) == 64, "struct stat");

struct i386_old_stat { /* struct __old_kernel_stat */
    uint16_t st_dev, st_ino, st_mode, st_nlink, st_uid, st_gid, st_rdev;
    uint32_t st_size, st_atime_sec, st_mtime_sec, st_ctime_sec;
};
_Static_assert(sizeof(struct i386_old_stat) == 32, "struct __old_kernel_stat");

struct i386_iovec {
    uint32_t base, length;
};

struct i386_sigaction { /* of rt_sigaction */
    uint32_t handler, flags, restorer;
    i386_u64 mask;
};
_Static_assert(sizeof(struct i386_sigaction) == 20, "struct sigaction");

struct i386_old_sigaction { /* of sigaction */
    uint32_t handler, mask, flags, restorer;
};

struct i386_stack { /* stack_t */
    uint32_t sp, flags, size;
};

struct i386_siginfo {
    int32_t signal, error, code;
    union {
        struct {
            int32_t pid;
            uint32_t uid, value;
        } sender;
        struct {
            int32_t pid;
            uint32_t uid;
            int32_t status, utime, stime;
        } child;
        struct {
            int32_t id, overrun;
            uint32_t value;
        } timer;
        struct {
            uint32_t address, pad, key;
        } fault;
        struct {
            int32_t band, fd;
        } poll;
        struct {
            uint32_t address;
            int32_t number;
            uint32_t arch;
        } call;
        uint32_t words[29];
    };
};
_Static_assert(sizeof(struct i386_siginfo) == 128, "siginfo_t");

struct i386_statfs64 { /* struct statfs64 */
    uint32_t type, bsize;
    i386_u64 blocks, bfree, bavail, files, ffree;
    int32_t fsid[2];
    uint32_t namelen, frsize, flags, spare[4];
};
_Static_assert(sizeof(struct i386_statfs64) == 84, "struct statfs64");

struct i386_statfs { /* struct statfs */
    uint32_t type, bsize, blocks, bfree, bavail, files, ffree;
    int32_t fsid[2];
    uint32_t namelen, frsize, flags, spare[4];
};
_Static_assert(sizeof(struct i386_statfs) == 64, "struct statfs");

struct i386_flock { /* struct flock */
    int16_t type, whence;
    int32_t start, length, pid;
};
_Static_assert(sizeof(struct i386_flock) == 16, "struct flock");

struct i386_flock64 { /* struct flock64 */
    int16_t type, whence;
    i386_s64 start, length;
    int32_t pid;
};
_Static_assert(sizeof(struct i386_flock64) == 24, "struct flock64");

struct i386_itimer { /* struct itimerval */
    int32_t interval_sec, interval_usec, value_sec, value_usec;
};

struct i386_utimbuf { /* struct utimbuf */
    int32_t actime, modtime;
};

struct i386_sigevent { /* what Linux reads of a struct sigevent */
    uint32_t value;
    int32_t signal, notify, tid;
};

struct i386_rlimit {
    uint32_t soft, hard;
};

struct i386_rusage {
    int32_t utime_sec, utime_usec, stime_sec, stime_usec;
    int32_t maxrss, ixrss, idrss, isrss, minflt, majflt, nswap, inblock, oublock, msgsnd, msgrcv, nsignals, nvcsw,
        nivcsw;
};
_Static_assert(sizeof(struct i386_rusage) == 72, "struct rusage");

struct i386_waitid_answer { /* what waitid fills of a siginfo_t */
    int32_t signo, error, code, pid;
    uint32_t uid;
    int32_t status;
};

struct i386_sysinfo { /* struct sysinfo */
    int32_t uptime;
    uint32_t loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
    uint16_t procs, pad;
    uint32_t totalhigh, freehigh, mem_unit;
    uint8_t rest[8];
};
_Static_assert(sizeof(struct i386_sysinfo) == 64, "struct sysinfo");

struct i386_mmap { /* struct mmap_arg_struct: what the old mmap points to */
    uint32_t addr, length, prot, flags, fd, offset;
};

#endif
