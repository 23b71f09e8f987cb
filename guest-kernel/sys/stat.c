/* SPDX-License-Identifier: Apache-2.0 */
/* stat.c - what there is to know of a file or a file system. */
#include "sys/stat_collect.h"
#include "sys/sharing.h"

#include "abi/socket.h"
#include "abi/time.h"
#include "sys/syscall.h"
#include "sys/user.h"
#include "vfs/nameless.h"
#include "vfs/pidfile.h"

#define PIPE_DEVICE 12u /* st_dev of a stream; Linux's pipefs has some anonymous device number as well */
#define SOCKET_DEVICE 8u
#define PIDFD_DEVICE 14u

/* A stream without an inode looks like a pipe. */
static struct inode stream_inode = {.mode = S_IFIFO | 0600, .links = 1, .number = 1};

static uint32_t block_size_of(const struct inode *inode)
{
    return inode->fs != NULL && inode->fs->stat_block_size != 0 ? inode->fs->stat_block_size : inode_block_size(inode);
}

static uint64_t device_of(const struct inode *inode)
{
    if (inode->fs != NULL)
        return inode->fs->device;
    if (pidfd_inode_is(inode)) /* programs know processes by it and st_ino */
        return PIDFD_DEVICE;
    return (inode->mode & S_IFMT) == S_IFSOCK ? SOCKET_DEVICE : PIPE_DEVICE;
}

/* Times before 1970 have a negative second and a positive rest. Both at once, as a division is most of it. */
static inline __attribute__((always_inline)) struct timespec_user split(int64_t ns)
{
    int64_t seconds = ns / NS_PER_SEC, rest = ns - seconds * NS_PER_SEC;

    return rest < 0 ? (struct timespec_user){seconds - 1, rest + NS_PER_SEC} : (struct timespec_user){seconds, rest};
}

/* Removed directories have none. */
static int links_of(struct inode *inode, uint32_t *out)
{
    *out = inode->links;
    return inode->links != 0 && inode->ops != NULL && inode->ops->count_links != NULL
               ? inode->ops->count_links(inode, out)
               : 0;
}

static inline __attribute__((always_inline)) int stat_fill(struct inode *inode, struct stat_user *out)
{
    uint32_t links;

    if (inode == NULL)
        inode = &stream_inode;
    int error = links_of(inode, &links);
    if (error != 0)
        return error;
    const struct timespec_user atime = split(inode->atime), mtime = split(inode->mtime), ctime = split(inode->ctime);
    *out = (struct stat_user){
        .st_dev = device_of(inode),
        .st_ino = inode->number,
        .st_nlink = links,
        .st_mode = inode->mode,
        .st_uid = inode->uid,
        .st_gid = inode->gid,
        .st_rdev = inode->rdev,
        .st_size = (int64_t)inode->size,
        .st_blksize = block_size_of(inode),
        .st_blocks = (int64_t)inode_sectors(inode),
        .st_atime_sec = atime.sec,
        .st_atime_nsec = atime.nsec,
        .st_mtime_sec = mtime.sec,
        .st_mtime_nsec = mtime.nsec,
        .st_ctime_sec = ctime.sec,
        .st_ctime_nsec = ctime.nsec,
    };
    return 0;
}

int stat_collect(struct inode *inode, struct stat_user *out)
{
    int error = inode != NULL ? inode_fetch(inode) : 0;

    return error != 0 ? error : stat_fill(inode, out);
}

static int64_t stat_put(struct inode *inode, uaddr_t address)
{
    struct stat_user out;
    int error = stat_collect(inode, &out);

    return error != 0 ? error : user_put(address, out);
}

int64_t sys_stat(const uint64_t arg[6])
{
    return stat_at(AT_FDCWD, arg[0], arg[1], 0, stat_put);
}

int64_t sys_lstat(const uint64_t arg[6])
{
    return stat_at(AT_FDCWD, arg[0], arg[1], AT_SYMLINK_NOFOLLOW, stat_put);
}

int64_t sys_newfstatat(const uint64_t arg[6])
{
    return stat_at((int)arg[0], arg[1], arg[2], (unsigned)arg[3], stat_put);
}

int64_t sys_fstat(const uint64_t arg[6])
{
    return stat_of_fd(arg[0], arg[1], stat_put);
}

/* ---- sharing the kernel lock ---- */

/* Of what doesn't ask its file system first. */
static bool stat_put_shared(struct inode *inode, uaddr_t address, int64_t *result)
{
    struct stat_user out;

    if (inode == NULL || inode->ops == NULL || inode->ops->count_links != NULL || inode->ops->refresh != NULL ||
        inode->ops->fetch != NULL)
        return false;
    *result = stat_fill(inode, &out);
    return *result == 0 && copy_to_user_shared(address, &out, sizeof(out));
}

bool shared_fstat(const uint64_t arg[6], int64_t *result)
{
    struct file *file = user_file(arg[0]);

    return file != NULL && stat_put_shared(file->inode, arg[1], result);
}

static bool stat_shared(int dirfd, uaddr_t name, uaddr_t address, int64_t *result)
{
    struct path found;
    int error;

    if (!user_look_shared(dirfd, name, &found, &error))
        return false;
    *result = error;
    return error != 0 || stat_put_shared(path_inode(&found), address, result);
}

/* None of them leads through a link, so that it is the same for both. */
bool shared_stat(const uint64_t arg[6], int64_t *result)
{
    return stat_shared(AT_FDCWD, arg[0], arg[1], result);
}

bool shared_newfstatat(const uint64_t arg[6], int64_t *result)
{
    return ((unsigned)arg[3] & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT)) == 0 &&
           stat_shared((int)arg[0], arg[1], arg[2], result);
}

/* ---- statx ---- */

static struct statx_time statx_time(int64_t ns)
{
    const struct timespec_user time = split(ns);

    return (struct statx_time){.sec = time.sec, .nsec = (uint32_t)time.nsec};
}

/* `place`: where it was found; its mount NULL: it has none. */
static int64_t statx_put(struct inode *inode, const struct path *place, uint32_t wanted, uaddr_t address)
{
    const struct mount *mount = place->mount;
    bool is_top = mount != NULL && place->dentry == mount->root;
    uint32_t links, id_bit = wanted & STATX_MNT_ID_UNIQUE ? STATX_MNT_ID_UNIQUE : STATX_MNT_ID;

    if (inode == NULL)
        inode = &stream_inode;
    int error = inode_fetch(inode);
    if (error == 0)
        error = links_of(inode, &links);
    if (error != 0)
        return error;
    struct statx out = {
        .mask = STATX_BASIC_STATS | id_bit,
        .attributes = (inode->flags & STATX_ATTRIBUTES) | (is_top ? STATX_ATTR_MOUNT_ROOT : 0),
        .attributes_mask =
            STATX_ATTR_ALWAYS | (inode->ops != NULL && inode->ops->set_flags != NULL ? STATX_ATTRIBUTES : 0),
        .blksize = block_size_of(inode),
        .nlink = links,
        .uid = inode->uid,
        .gid = inode->gid,
        .mode = (uint16_t)inode->mode,
        .ino = inode->number,
        .size = inode->size,
        .blocks = inode_sectors(inode),
        .atime = statx_time(inode->atime),
        .ctime = statx_time(inode->ctime),
        .mtime = statx_time(inode->mtime),
        .rdev_major = dev_major(inode->rdev),
        .rdev_minor = dev_minor(inode->rdev),
        .dev_major = dev_major(device_of(inode)),
        .dev_minor = dev_minor(device_of(inode)),
        .mnt_id = mount == NULL            ? nameless_mount_id(inode, id_bit != STATX_MNT_ID)
                  : id_bit == STATX_MNT_ID ? mount->id
                                           : mount->unique_id,
    };
    return user_put(address, out);
}

int64_t sys_statx(const uint64_t arg[6])
{
    unsigned flags = (unsigned)arg[2];
    struct inode *inode;
    struct path place;

    if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)) ||
        (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE || ((unsigned)arg[3] & STATX_RESERVED))
        return -EINVAL;
    int64_t error = user_lookup_both((int)arg[0], arg[1], flags, &inode, &place);
    if (error != 0)
        return error;
    error = statx_put(inode, &place, (unsigned)arg[3], arg[4]);
    if (place.mount != NULL)
        path_put(&place);
    if (inode != NULL)
        inode_put(inode);
    return error;
}

/* ---- file systems ---- */

#define PIPEFS_MAGIC 0x50495045
#define PID_FS_MAGIC 0x50494446
#define ANON_INODE_MAGIC 0x09041934

/* statvfs(3)'s ST_*, which are MS_* but for the last two. */
static int64_t mount_flags(const struct path *path, const struct filesystem *fs)
{
    uint32_t same = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME;
    uint32_t flags = path->mount != NULL ? path->mount->flags : 0;

    return ST_VALID | (flags & same) | (fs != NULL && filesystem_told_read_only(fs) ? ST_RDONLY : 0) |
           (flags & MS_RELATIME ? ST_RELATIME : 0) | (flags & MS_NOSYMFOLLOW ? ST_NOSYMFOLLOW : 0);
}

/* Of what is in no file system. */
static uint64_t stream_type(const struct inode *inode)
{
    if (inode != NULL && !(inode->mode & S_IFMT))
        return pidfd_inode_is(inode) ? PID_FS_MAGIC : ANON_INODE_MAGIC;
    return inode != NULL && (inode->mode & S_IFMT) == S_IFSOCK ? SOCKFS_MAGIC : PIPEFS_MAGIC;
}

/* path: where it was found; mount NULL: it has no place. */
static int64_t statfs_put(const struct path *path, struct inode *inode, uaddr_t address, statfs_put_as *put_as)
{
    struct filesystem *fs = inode != NULL ? inode->fs : NULL;
    struct vfs_statfs stat = {.type = stream_type(inode), .block_size = PAGE_SIZE, .name_max = NAME_MAX};

    if (fs != NULL && fs->ops->statfs_at != NULL)
        fs->ops->statfs_at(inode, &stat);
    else if (fs != NULL && fs->ops->statfs != NULL)
        fs->ops->statfs(fs, &stat);
    struct statfs_user out = {
        .type = (int64_t)stat.type,
        .bsize = (int64_t)stat.block_size,
        .blocks = stat.blocks,
        .bfree = stat.blocks_free,
        .bavail = stat.blocks_free > stat.blocks_kept ? stat.blocks_free - stat.blocks_kept : 0,
        .files = stat.files,
        .ffree = stat.files_free,
        .fsid = {fs != NULL ? (int32_t)fs->device : 0, 0},
        .namelen = (int64_t)stat.name_max,
        .frsize = (int64_t)stat.block_size,
        .flags = mount_flags(path, fs),
    };
    return put_as(address, &out);
}

int64_t statfs_of_path(uaddr_t name, uaddr_t address, statfs_put_as *put_as)
{
    struct path path;
    int64_t error = user_lookup_path(AT_FDCWD, name, 0, &path);

    if (error != 0)
        return error;
    error = statfs_put(&path, path_inode(&path), address, put_as);
    path_put(&path);
    return error;
}

int64_t statfs_of_fd(uint64_t fd, uaddr_t address, statfs_put_as *put_as)
{
    struct file *file = user_file(fd);

    if (file == NULL)
        return -EBADF;
    file_get(file);
    int64_t error = statfs_put(&file->path, file->inode, address, put_as);
    file_put(file);
    return error;
}

static int64_t put_as_usual(uaddr_t address, const struct statfs_user *stat)
{
    return user_put(address, *stat);
}

int64_t sys_statfs(const uint64_t arg[6])
{
    return statfs_of_path(arg[0], arg[1], put_as_usual);
}

int64_t sys_fstatfs(const uint64_t arg[6])
{
    return statfs_of_fd(arg[0], arg[1], put_as_usual);
}
