/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stat.h - what the stat family gives to user space: struct stat of x86_64 (asm/stat.h) and of asm-generic, statx,
 * statfs, and getdents64's entries.
 */
#ifndef GK_ABI_STAT_H
#define GK_ABI_STAT_H

#include <stddef.h>
#include <stdint.h>

struct stat_x86_64 {
    uint64_t st_dev, st_ino, st_nlink;
    uint32_t st_mode, st_uid, st_gid, pad0;
    uint64_t st_rdev;
    int64_t st_size, st_blksize, st_blocks;
    int64_t st_atime_sec, st_atime_nsec, st_mtime_sec, st_mtime_nsec, st_ctime_sec, st_ctime_nsec;
    int64_t unused[3];
};
_Static_assert(sizeof(struct stat_x86_64) == 144, "struct stat");
_Static_assert(offsetof(struct stat_x86_64, st_mode) == 24, "struct stat");
_Static_assert(offsetof(struct stat_x86_64, st_rdev) == 40, "struct stat");
_Static_assert(offsetof(struct stat_x86_64, st_size) == 48, "struct stat");
_Static_assert(offsetof(struct stat_x86_64, st_atime_sec) == 72, "struct stat");

struct stat_generic {
    uint64_t st_dev, st_ino;
    uint32_t st_mode, st_nlink, st_uid, st_gid;
    uint64_t st_rdev, pad1;
    int64_t st_size;
    int32_t st_blksize, pad2;
    int64_t st_blocks;
    int64_t st_atime_sec, st_atime_nsec, st_mtime_sec, st_mtime_nsec, st_ctime_sec, st_ctime_nsec;
    uint32_t unused[2];
};
_Static_assert(sizeof(struct stat_generic) == 128, "struct stat");
_Static_assert(offsetof(struct stat_generic, st_rdev) == 32, "struct stat");
_Static_assert(offsetof(struct stat_generic, st_size) == 48, "struct stat");
_Static_assert(offsetof(struct stat_generic, st_blocks) == 64, "struct stat");
_Static_assert(offsetof(struct stat_generic, st_atime_sec) == 72, "struct stat");

struct statx_time {
    int64_t sec;
    uint32_t nsec;
    int32_t pad;
};

struct statx {
    uint32_t mask, blksize;
    uint64_t attributes;
    uint32_t nlink, uid, gid;
    uint16_t mode, pad0;
    uint64_t ino, size, blocks, attributes_mask;
    struct statx_time atime, btime, ctime, mtime;
    uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
    uint64_t mnt_id;
    uint32_t dio_mem_align, dio_offset_align;
    uint64_t spare[12];
};
_Static_assert(sizeof(struct statx) == 256, "struct statx");
_Static_assert(offsetof(struct statx, ino) == 32, "struct statx");
_Static_assert(offsetof(struct statx, atime) == 64, "struct statx");
_Static_assert(offsetof(struct statx, mtime) == 112, "struct statx");
_Static_assert(offsetof(struct statx, rdev_major) == 128, "struct statx");
_Static_assert(offsetof(struct statx, mnt_id) == 144, "struct statx");

#define STATX_BASIC_STATS 0x7ffu
#define STATX_ATTRIBUTES 0x70u /* STATX_ATTR_IMMUTABLE, _APPEND, _NODUMP, which are as FS_*_FL */
#define STATX_MNT_ID 0x1000u
#define STATX_MNT_ID_UNIQUE 0x4000u
#define STATX_ATTR_MOUNT_ROOT 0x2000u
#define STATX_ATTR_ALWAYS 0x203000u /* _AUTOMOUNT, _MOUNT_ROOT, _DAX: known of all files */
#define STATX_RESERVED 0x80000000u
#define AT_NO_AUTOMOUNT 0x800u
#define AT_STATX_SYNC_TYPE 0x6000u /* both values at once: refused */

struct statfs_user {
    int64_t type, bsize;
    uint64_t blocks, bfree, bavail, files, ffree;
    int32_t fsid[2];
    int64_t namelen, frsize, flags;
    int64_t spare[4];
};
_Static_assert(sizeof(struct statfs_user) == 120, "struct statfs");
_Static_assert(offsetof(struct statfs_user, namelen) == 64, "struct statfs");

#define ST_RDONLY 1
#define ST_VALID 0x20
#define ST_RELATIME 0x1000
#define ST_NOSYMFOLLOW 0x2000

struct dirent64_user { /* then the name with its NUL, then padding to 8 bytes */
    uint64_t d_ino;
    int64_t d_off;
    uint16_t d_reclen;
    uint8_t d_type;
    char d_name[];
};
_Static_assert(offsetof(struct dirent64_user, d_name) == 19, "struct linux_dirent64");

struct dirent_user { /* struct linux_dirent: then the name with its NUL, then padding, whose last byte is the type */
    uint64_t d_ino;
    int64_t d_off;
    uint16_t d_reclen;
    char d_name[];
};
_Static_assert(offsetof(struct dirent_user, d_name) == 18, "struct linux_dirent");

struct dirent_user_32 { /* the same of a 32-bit program */
    uint32_t d_ino, d_off;
    uint16_t d_reclen;
    char d_name[];
};
_Static_assert(offsetof(struct dirent_user_32, d_name) == 10, "struct compat_linux_dirent");

/* Device numbers as user space packs them (new_encode_dev): minor bits 0-7, major 8-19, minor 20-31. */
static inline uint32_t dev_major(uint64_t dev)
{
    return (uint32_t)(dev >> 8) & 0xfff;
}

static inline uint32_t dev_minor(uint64_t dev)
{
    return (uint32_t)(dev & 0xff) | ((uint32_t)(dev >> 12) & 0xfff00);
}

#endif
