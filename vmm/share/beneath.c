/* SPDX-License-Identifier: Apache-2.0 */
/* beneath.c - see beneath.h. */
#include "vmm/share/beneath.h"

#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Of newer C libraries. */
#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x1000u
#endif

int beneath_result(long result)
{
    return result < 0 ? -errno : 0;
}

bool beneath_name_is_good(const char *name)
{
    return name[0] != 0 && strchr(name, '/') == NULL && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

int beneath_open(int dir, const char *name)
{
    struct open_how how = {.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS};
    long fd = syscall(__NR_openat2, dir, name, &how, sizeof(how));

    return fd < 0 ? -errno : (int)fd;
}

const char *beneath_number(int fd, char text[BENEATH_NUMBER])
{
    snprintf(text, BENEATH_NUMBER, "%d", fd);
    return text;
}

int beneath_reopen(int proc, int fd, int flags)
{
    char text[BENEATH_NUMBER];
    int opened = openat(proc, beneath_number(fd, text), flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    return opened < 0 ? -errno : opened;
}

int beneath_stat(int fd, struct statx *out)
{
    return beneath_result(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID, out));
}

int beneath_stat_name(int dir, const char *name, struct statx *out)
{
    return beneath_result(
        statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID, out));
}

ssize_t beneath_getxattr(int proc, int fd, const char *name, void *value, size_t size)
{
    char text[BENEATH_NUMBER];
    ssize_t n = fchdir(proc) < 0 ? -1 : getxattr(beneath_number(fd, text), name, value, size);

    return n < 0 ? -errno : n;
}

ssize_t beneath_listxattr(int proc, int fd, char *list, size_t size)
{
    char text[BENEATH_NUMBER];
    ssize_t n = fchdir(proc) < 0 ? -1 : listxattr(beneath_number(fd, text), list, size);

    return n < 0 ? -errno : n;
}

int beneath_setxattr(int proc, int fd, const char *name, const void *value, size_t size, int flags)
{
    char text[BENEATH_NUMBER];

    return beneath_result(fchdir(proc) < 0 ? -1 : setxattr(beneath_number(fd, text), name, value, size, flags));
}

int beneath_removexattr(int proc, int fd, const char *name)
{
    char text[BENEATH_NUMBER];

    return beneath_result(fchdir(proc) < 0 ? -1 : removexattr(beneath_number(fd, text), name));
}
