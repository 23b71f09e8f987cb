/* SPDX-License-Identifier: Apache-2.0 */
/* do_files.c - see do_files.h. */
#include "vmm/cli/do_files.h"

#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int open_beneath(int folder, const char *path, int flags)
{
    struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC | O_NOFOLLOW),
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    long fd = syscall(__NR_openat2, folder, path, &how, sizeof(how));

    return fd < 0 ? -errno : (int)fd;
}

int do_file_stat(int folder, const char *path, struct stat *out)
{
    int fd = open_beneath(folder, path, O_PATH);
    int error = fd < 0 ? fd : fstat(fd, out) != 0 ? -errno : 0;

    if (fd >= 0)
        close(fd);
    return error;
}

/* O_NONBLOCK: a FIFO's other end isn't waited for; it is refused then. */
int do_file_open(int folder, const char *path)
{
    struct stat stat;
    int fd = do_file_stat(folder, path, &stat);

    if (fd == 0)
        fd = S_ISREG(stat.st_mode) ? open_beneath(folder, path, O_RDONLY | O_NONBLOCK | O_NOCTTY) : -EINVAL;
    if (fd < 0 || (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode)))
        return fd;
    close(fd);
    return -EINVAL;
}

int do_file_parent(int folder, const char *path, const char **name)
{
    const char *slash = strrchr(path, '/');
    char parent[PATH_MAX];

    *name = slash != NULL ? slash + 1 : path;
    if (slash == NULL)
        return open_beneath(folder, ".", O_PATH | O_DIRECTORY);
    if ((size_t)(slash - path) >= sizeof(parent))
        return -ENAMETOOLONG;
    memcpy(parent, path, (size_t)(slash - path));
    parent[slash - path] = '\0';
    return open_beneath(folder, parent, O_PATH | O_DIRECTORY);
}

const char *do_file_shown(const char *path, char text[DO_FILE_SHOWN])
{
    size_t at = 0;
    bool plain = true;

    for (const char *c = path; *c != '\0'; c++)
        plain = plain && (unsigned char)*c > ' ' && (unsigned char)*c < 0x7f && *c != '"' && *c != '\\';
    if (plain && strlen(path) < DO_FILE_SHOWN) {
        memcpy(text, path, strlen(path) + 1);
        return text;
    }
    text[at++] = '"';
    for (const char *c = path; *c != '\0' && at < DO_FILE_SHOWN - 6; c++) {
        if (*c == '"' || *c == '\\')
            at += (size_t)sprintf(text + at, "\\%c", *c);
        else if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
            at += (size_t)sprintf(text + at, "\\%03o", (unsigned char)*c);
        else
            text[at++] = *c;
    }
    text[at++] = '"';
    text[at] = '\0';
    return text;
}
