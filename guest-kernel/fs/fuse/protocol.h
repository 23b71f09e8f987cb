/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protocol.h - FUSE's messages (fuse(4)), version 7.31: what a request and its reply consist of. Little-endian here, as
 * everywhere in the guest.
 *
 * A request is a struct fuse_in and what its operation has, then names with their NULs or data; a reply is a struct
 * fuse_out and, if it isn't an error, what the operation gives.
 */
#ifndef GK_FS_FUSE_PROTOCOL_H
#define GK_FS_FUSE_PROTOCOL_H

#include <stdint.h>

#define FUSE_MAJOR 7u
#define FUSE_MINOR 31u
#define FUSE_MINOR_LEAST 28u /* that has fuse_init_out.max_pages */
#define FUSE_ROOT 1u         /* the root's node */

enum fuse_opcode {
    FUSE_LOOKUP = 1,
    FUSE_GETATTR = 3,
    FUSE_SETATTR = 4,
    FUSE_READLINK = 5,
    FUSE_SYMLINK = 6,
    FUSE_MKNOD = 8,
    FUSE_MKDIR = 9,
    FUSE_UNLINK = 10,
    FUSE_RMDIR = 11,
    FUSE_RENAME = 12,
    FUSE_LINK = 13,
    FUSE_OPEN = 14,
    FUSE_READ = 15,
    FUSE_WRITE = 16,
    FUSE_STATFS = 17,
    FUSE_RELEASE = 18,
    FUSE_FSYNC = 20,
    FUSE_SETXATTR = 21,
    FUSE_GETXATTR = 22,
    FUSE_LISTXATTR = 23,
    FUSE_REMOVEXATTR = 24,
    FUSE_FLUSH = 25,
    FUSE_INIT = 26,
    FUSE_OPENDIR = 27,
    FUSE_READDIR = 28,
    FUSE_RELEASEDIR = 29,
    FUSE_FSYNCDIR = 30,
    FUSE_GETLK = 31,
    FUSE_SETLK = 32,
    FUSE_SETLKW = 33,
    FUSE_CREATE = 35,
    FUSE_INTERRUPT = 36,
    FUSE_DESTROY = 38,
    FUSE_BATCH_FORGET = 42,
    FUSE_FALLOCATE = 43,
    FUSE_READDIRPLUS = 44,
    FUSE_RENAME2 = 45,
    FUSE_LSEEK = 46,
    FUSE_SETUPMAPPING = 48,
    FUSE_REMOVEMAPPING = 49,
    FUSE_TMPFILE = 51,
};

struct fuse_in {
    uint32_t length, opcode;
    uint64_t unique, node;
    uint32_t uid, gid, pid;
    uint16_t extensions, reserved; /* what the message ends with, in units of 8 bytes */
};

/* The extension that says of which group the sender is a member, too, by which it may make a file: the directory's. */
struct fuse_group_extension {
    uint32_t size, type; /* of all of it; FUSE_EXT_GROUPS */
    uint32_t count, group;
};

enum { FUSE_EXT_GROUPS = 32 };

struct fuse_out {
    uint32_t length;
    int32_t error; /* 0 or -errno */
    uint64_t unique;
};

enum { /* struct fuse_init's flags */
       FUSE_ASYNC_READ = 1,
       FUSE_POSIX_LOCKS = 1 << 1,
       FUSE_BIG_WRITES = 1 << 5,
       FUSE_DONT_MASK = 1 << 6,
       FUSE_FLOCK_LOCKS = 1 << 10,
       FUSE_AUTO_INVAL_DATA = 1 << 12,
       FUSE_PARALLEL_DIROPS = 1 << 18,
       FUSE_MAX_PAGES = 1 << 22,
       FUSE_MAP_ALIGNMENT = 1 << 26, /* init_out's map_alignment is there: log2 of bytes */
       FUSE_INIT_EXT = 1 << 30,      /* more_flags are there */
};

enum {                                  /* its more_flags */
       FUSE_CREATE_SUPP_GROUP = 1 << 2, /* the server takes a struct fuse_group_extension */
};

struct fuse_init_in {
    uint32_t major, minor, read_ahead_most, flags, more_flags, reserved[11];
};

struct fuse_init_out {
    uint32_t major, minor, read_ahead_most, flags;
    uint16_t background_most, congestion;
    uint32_t write_most, time_grain;
    uint16_t pages_most, map_alignment;
    uint32_t more_flags, reserved[7];
};

struct fuse_attr {
    uint64_t ino, size, blocks, atime, mtime, ctime;
    uint32_t atime_ns, mtime_ns, ctime_ns, mode, links, uid, gid, rdev, block_size, flags;
};

struct fuse_entry { /* of what gives a node */
    uint64_t node, generation, entry_valid, attr_valid;
    uint32_t entry_valid_ns, attr_valid_ns;
    struct fuse_attr attr;
};

struct fuse_attr_out {
    uint64_t valid;
    uint32_t valid_ns, reserved;
    struct fuse_attr attr;
};

struct fuse_getattr_in {
    uint32_t flags, reserved;
    uint64_t handle;
};

enum { /* struct fuse_setattr_in's which */
       FUSE_SET_MODE = 1,
       FUSE_SET_UID = 2,
       FUSE_SET_GID = 4,
       FUSE_SET_SIZE = 8,
       FUSE_SET_ATIME = 16,
       FUSE_SET_MTIME = 32,
       FUSE_SET_HANDLE = 64,
       FUSE_SET_ATIME_NOW = 128,
       FUSE_SET_MTIME_NOW = 256,
};

struct fuse_setattr_in {
    uint32_t which, reserved;
    uint64_t handle, size, lock_owner, atime, mtime, ctime;
    uint32_t atime_ns, mtime_ns, ctime_ns, mode, reserved2, uid, gid, reserved3;
};

struct fuse_mknod_in {
    uint32_t mode, rdev, mask, reserved;
};

struct fuse_mkdir_in {
    uint32_t mode, mask;
};

struct fuse_rename_in {
    uint64_t new_dir;
    uint32_t flags, reserved;
};

struct fuse_link_in {
    uint64_t node;
};

struct fuse_open_in {
    uint32_t flags, open_flags;
};

struct fuse_open_out {
    uint64_t handle;
    uint32_t open_flags, reserved;
};

struct fuse_create_in {
    uint32_t flags, mode, mask, open_flags;
};

struct fuse_create_out {
    struct fuse_entry entry;
    struct fuse_open_out open;
};

struct fuse_release_in {
    uint64_t handle;
    uint32_t flags, release_flags;
    uint64_t lock_owner;
};

enum { /* its release_flags: the owner's locks of fcntl(2) go, and the handle's of flock(2) */
       FUSE_RELEASE_FLUSH = 1,
       FUSE_RELEASE_FLOCK_UNLOCK = 2,
};

struct fuse_flush_in {
    uint64_t handle;
    uint32_t reserved, reserved2;
    uint64_t lock_owner;
};

struct fuse_lock {
    uint64_t first, last; /* bytes */
    uint32_t type, pid;   /* F_RDLCK ... */
};

struct fuse_lock_in {
    uint64_t handle, owner;
    struct fuse_lock lock;
    uint32_t lock_flags, reserved;
};

enum { FUSE_LOCK_WHOLE = 1 }; /* lock_flags: flock(2)'s, which is the handle's */

struct fuse_interrupt_in {
    uint64_t unique; /* of the message that nobody wants to wait for any more */
};

struct fuse_transfer_in { /* of READ, WRITE and READDIR */
    uint64_t handle, offset;
    uint32_t size, transfer_flags;
    uint64_t lock_owner;
    uint32_t flags, reserved;
};

struct fuse_write_out {
    uint32_t size, reserved;
};

enum { FUSE_WRITE_CACHE = 1 }; /* transfer_flags: nobody's write in particular */

struct fuse_fsync_in {
    uint64_t handle;
    uint32_t flags, reserved; /* 1: the data alone */
};

struct fuse_setxattr_in {
    uint32_t size, flags;
};

struct fuse_getxattr_in { /* of LISTXATTR, too */
    uint32_t size, reserved;
};

struct fuse_getxattr_out { /* if no room was given */
    uint32_t size, reserved;
};

struct fuse_statfs_out {
    uint64_t blocks, blocks_free, blocks_available, files, files_free;
    uint32_t block_size, name_most, fragment_size, reserved, spare[6];
};

struct fuse_fallocate_in {
    uint64_t handle, offset, length;
    uint32_t mode, reserved;
};

struct fuse_lseek_in {
    uint64_t handle, offset;
    uint32_t whence, reserved;
};

struct fuse_lseek_out {
    uint64_t offset;
};

enum { FUSE_MAPPING_WRITE = 1, FUSE_MAPPING_READ = 2 };

struct fuse_setup_mapping_in {
    uint64_t handle, offset, size, flags, start; /* of the file's bytes from `offset` on, at `start` of the window */
};

struct fuse_remove_mapping_in {
    uint32_t count; /* so many struct fuse_mapping follow */
};

struct fuse_mapping {
    uint64_t start, size;
};

struct fuse_dirent { /* the name follows, and so many bytes that the next one is at a multiple of 8 */
    uint64_t ino, next;
    uint32_t length, type;
};

struct fuse_batch_forget_in {
    uint32_t count, reserved; /* so many struct fuse_forget follow */
};

struct fuse_forget {
    uint64_t node, lookups;
};

_Static_assert(sizeof(struct fuse_in) == 40 && sizeof(struct fuse_out) == 16, "as the server has them");
_Static_assert(sizeof(struct fuse_init_out) == 64 && sizeof(struct fuse_attr) == 88, "the same");
_Static_assert(sizeof(struct fuse_entry) == 128 && sizeof(struct fuse_attr_out) == 104, "the same");
_Static_assert(sizeof(struct fuse_setattr_in) == 88 && sizeof(struct fuse_transfer_in) == 40, "the same");
_Static_assert(sizeof(struct fuse_lock_in) == 48 && sizeof(struct fuse_flush_in) == 24, "the same");
_Static_assert(sizeof(struct fuse_statfs_out) == 80 && sizeof(struct fuse_dirent) == 24, "the same");

#endif
