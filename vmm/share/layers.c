/* SPDX-License-Identifier: Apache-2.0 */
/* layers.c - see layers.h. */
#include "vmm/share/layers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "vmm/share/beneath.h"

#define WHITEOUT LAYER_XATTR "whiteout"
#define OPAQUE LAYER_XATTR "opaque"
#define ORIGIN LAYER_XATTR "lvmm.origin"
#define CLEAR_DEPTH 64 /* folders within folders: what is cleared is a work folder, which is flat */

bool layer_is_whiteout(int proc, int fd, const struct statx *st)
{
    char value;

    if (S_ISCHR(st->stx_mode))
        return st->stx_rdev_major == 0 && st->stx_rdev_minor == 0;
    if (!S_ISREG(st->stx_mode) || st->stx_size != 0)
        return false;
    ssize_t n = beneath_getxattr(proc, fd, WHITEOUT, &value, sizeof(value));
    return n >= 0 || n == -ERANGE;
}

bool layer_is_opaque(int proc, int fd)
{
    char value;

    return beneath_getxattr(proc, fd, OPAQUE, &value, sizeof(value)) == 1 && value == 'y';
}

/* Only who may write a file can give it such an attribute: one of ours that nobody may write can be, meanwhile. */
static int set_attribute(int proc, int fd, const char *name, const char *value)
{
    int error = beneath_setxattr(proc, fd, name, value, 1, 0);
    char text[BENEATH_NUMBER];
    struct statx st;

    if (error != -EACCES || beneath_stat(fd, &st) < 0)
        return error;
    beneath_number(fd, text);
    if (fchmodat(proc, text, (st.stx_mode & 07777) | S_IWUSR, 0) < 0)
        return error;
    error = beneath_setxattr(proc, fd, name, value, 1, 0);
    int restored = beneath_result(fchmodat(proc, text, st.stx_mode & 07777, 0));
    return error < 0 ? error : restored;
}

int layer_set_opaque(int proc, int fd)
{
    return set_attribute(proc, fd, OPAQUE, "y");
}

int layer_make_whiteout(int proc, int dir, const char *name, int for_dir)
{
    if (mknodat(dir, name, S_IFCHR, makedev(0, 0)) == 0)
        return 0;
    if (errno != EPERM && errno != EINVAL && errno != EOPNOTSUPP && errno != EACCES)
        return -errno;
    if (mknodat(dir, name, S_IFREG | 0444, 0) < 0)
        return -errno;
    int fd = beneath_open(dir, name), error = fd < 0 ? fd : set_attribute(proc, fd, WHITEOUT, "y");
    if (error == 0 && !layer_is_opaque(proc, for_dir))
        error = set_attribute(proc, for_dir, OPAQUE, "x");
    if (fd >= 0)
        close(fd);
    if (error < 0)
        unlinkat(dir, name, 0);
    return error;
}

int layer_origin(int proc, int fd, uint64_t *dev, uint64_t *ino)
{
    char text[64];
    ssize_t n = beneath_getxattr(proc, fd, ORIGIN, text, sizeof(text) - 1);

    if (n < 0)
        return (int)n;
    text[n] = 0;
    return sscanf(text, "%" SCNx64 ":%" SCNx64, dev, ino) == 2 ? 0 : -ENODATA;
}

int layer_set_origin(int proc, int fd, uint64_t dev, uint64_t ino)
{
    char text[64];
    int n = snprintf(text, sizeof(text), "%" PRIx64 ":%" PRIx64, dev, ino);

    return beneath_setxattr(proc, fd, ORIGIN, text, (size_t)n, 0);
}

bool layer_is_own_xattr(const char *name)
{
    return strncmp(name, LAYER_XATTR, strlen(LAYER_XATTR)) == 0 || strcmp(name, "user.overlay") == 0;
}

static int clear_folder(int dir, const char *name, unsigned depth)
{
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), error = 0;
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);

    if (folder == NULL) {
        error = -errno;
        if (fd >= 0)
            close(fd);
        return error;
    }
    for (const struct dirent *entry; error == 0 && (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(fd, entry->d_name, 0) == 0)
            continue;
        if (errno != EISDIR && errno != EPERM)
            error = -errno;
        else
            error = depth < CLEAR_DEPTH ? clear_folder(fd, entry->d_name, depth + 1) : -ELOOP;
    }
    closedir(folder);
    return error < 0 ? error : beneath_result(unlinkat(dir, name, AT_REMOVEDIR));
}

int layer_clear(int dir, const char *name)
{
    if (unlinkat(dir, name, 0) == 0)
        return 0;
    return errno != EISDIR && errno != EPERM ? -errno : clear_folder(dir, name, 0);
}
