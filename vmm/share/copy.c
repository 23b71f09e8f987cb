/* SPDX-License-Identifier: Apache-2.0 */
/* copy.c - see copy.h. */
#include "vmm/share/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "vmm/share/beneath.h"
#include "vmm/share/layers.h"

#define PART_BYTES 65536u
#define RANGE_BYTES (1u << 30)

/* ---- data ---- */

/* Where the host's file system can't copy by itself. Returns how many bytes, 0 at the end, or -errno. */
static ssize_t copy_part(int from, int to, off_t at, uint64_t bytes)
{
    char part[PART_BYTES];
    ssize_t n = pread(from, part, bytes < sizeof(part) ? (size_t)bytes : sizeof(part), at);

    for (ssize_t done = 0, written; done < n; done += written) {
        written = pwrite(to, part + done, (size_t)(n - done), at + done);
        if (written < 0)
            return -errno;
    }
    return n < 0 ? -errno : n;
}

static int copy_extent(int from, int to, off_t at, off_t end)
{
    bool by_host = true;

    while (at < end) {
        off_t in = at, out = at;
        uint64_t left = (uint64_t)(end - at);
        ssize_t n = -1;

        if (by_host)
            n = copy_file_range(from, &in, to, &out, left < RANGE_BYTES ? (size_t)left : RANGE_BYTES, 0);
        by_host = n > 0; /* some file systems say 0 and have data nevertheless */
        if (n <= 0)
            n = copy_part(from, to, at, left);
        if (n < 0)
            return (int)n;
        if (n == 0)
            return 0;
        at += n;
    }
    return 0;
}

/* A file system that knows of no holes says that all is data. */
int copy_data(int from, int to, off_t size)
{
    for (off_t at = 0; at < size;) {
        off_t data = lseek(from, at, SEEK_DATA), end;

        if (data < 0 && errno == ENXIO)
            break;
        data = data < 0 ? at : data;
        end = data < size ? lseek(from, data, SEEK_HOLE) : size;
        end = end < 0 || end > size ? size : end;
        int error = copy_extent(from, to, data, end);
        if (error < 0)
            return error;
        at = end;
    }
    return beneath_result(ftruncate(to, size));
}

static int copy_regular(const struct copy *copy, int dir, const char *name)
{
    int from = beneath_reopen(copy->proc, copy->from, O_RDONLY), error = 0;

    if (from < 0)
        return from;
    int to = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0)
        error = -errno;
    else if (copy->bytes < copy->st->stx_size)
        error = copy_data(from, to, (off_t)copy->bytes);
    else if (ioctl(to, FICLONE, from) < 0)
        error = copy_data(from, to, (off_t)copy->st->stx_size);
    if (to >= 0)
        close(to);
    close(from);
    return error;
}

/* ---- other kinds ---- */

static int copy_link(const struct copy *copy, int dir, const char *name)
{
    char target[PATH_MAX];
    ssize_t n = readlinkat(copy->from, "", target, sizeof(target) - 1);

    if (n < 0)
        return -errno;
    target[n] = 0;
    return beneath_result(symlinkat(target, dir, name));
}

static int make(const struct copy *copy, int dir, const char *name)
{
    dev_t device = makedev(copy->st->stx_rdev_major, copy->st->stx_rdev_minor);

    switch (copy->st->stx_mode & S_IFMT) {
    case S_IFREG:
        return copy_regular(copy, dir, name);
    case S_IFDIR:
        return beneath_result(mkdirat(dir, name, 0700));
    case S_IFLNK:
        return copy_link(copy, dir, name);
    case S_IFCHR:
        if (device == 0) /* it would say that there is nothing */
            return -EPERM;
        break;
    default:
        break;
    }
    return beneath_result(mknodat(dir, name, (copy->st->stx_mode & S_IFMT) | 0600, device));
}

/* ---- attributes ---- */

static bool is_user(const char *name)
{
    return strncmp(name, "user.", 5) == 0;
}

static bool is_wanted(const struct copy *copy, const char *name)
{
    return !layer_is_own_xattr(name) && strncmp(name, "trusted.overlay.", 16) != 0 && (copy->own || is_user(name));
}

/* Others than `user.` ones may be ones that the other file system doesn't have. */
static int copy_xattr(const struct copy *copy, int to, const char *name, char value[XATTR_SIZE_MAX])
{
    ssize_t n = beneath_getxattr(copy->proc, copy->from, name, value, XATTR_SIZE_MAX);
    int error = n < 0 ? (int)n : beneath_setxattr(copy->proc, to, name, value, (size_t)n, 0);

    return error == -ENODATA || !is_user(name) ? 0 : error;
}

/* Those that programs give, or all others. */
static int copy_xattrs(const struct copy *copy, int to, bool users)
{
    char list[XATTR_LIST_MAX];
    ssize_t n = beneath_listxattr(copy->proc, copy->from, list, sizeof(list));
    char *value = n > 0 ? malloc(XATTR_SIZE_MAX) : NULL;
    int error = 0;

    if (n <= 0)
        return n == -EOPNOTSUPP ? 0 : (int)n;
    if (value == NULL)
        return -ENOMEM;
    for (ssize_t at = 0; at < n && error == 0; at += (ssize_t)strlen(list + at) + 1)
        if (is_wanted(copy, list + at) && is_user(list + at) == users)
            error = copy_xattr(copy, to, list + at, value);
    free(value);
    return error;
}

static struct timespec time_of(const struct statx_timestamp *time)
{
    return (struct timespec){.tv_sec = time->tv_sec, .tv_nsec = time->tv_nsec};
}

/* Those attributes first which only who may write can give, as long as the copy is ours; then the owner, which takes
 * bits of the mode and a program's capabilities, which are an attribute; times last, as all else changes them. */
static int copy_attributes(const struct copy *copy, int to)
{
    struct timespec times[2] = {time_of(&copy->st->stx_atime), time_of(&copy->st->stx_mtime)};
    mode_t mode = copy->st->stx_mode & (copy->own ? 07777 : 01777);
    bool is_link = S_ISLNK(copy->st->stx_mode);
    char text[BENEATH_NUMBER];
    int error = 0;

    beneath_number(to, text);
    if (copy->xattrs && !is_link)
        error = copy_xattrs(copy, to, true);
    if (error == 0 && S_ISREG(copy->st->stx_mode) && copy->st->stx_nlink == 1)
        error = layer_set_origin(copy->proc, to, (uint64_t)copy->st->stx_dev_major << 32 | copy->st->stx_dev_minor,
                                 copy->st->stx_ino);
    if (error == 0 && copy->own)
        error = beneath_result(fchownat(to, "", copy->st->stx_uid, copy->st->stx_gid, AT_EMPTY_PATH));
    if (error == 0 && copy->xattrs && copy->own)
        error = copy_xattrs(copy, to, false);
    if (error == 0 && !is_link)
        error = beneath_result(fchmodat(copy->proc, text, mode, 0));
    if (error == 0)
        error = beneath_result(utimensat(copy->proc, text, times, 0));
    return error;
}

int copy_make(const struct copy *copy, int dir, const char *name)
{
    int error = make(copy, dir, name);
    int fd = error < 0 ? error : beneath_open(dir, name);

    error = fd < 0 ? fd : copy_attributes(copy, fd);
    if (error == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    if (error != -EEXIST)
        layer_clear(dir, name);
    return error;
}
