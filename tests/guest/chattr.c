/* SPDX-License-Identifier: Apache-2.0 */
/* chattr.c - FS_EXTENT_FL of FS_IOC_SETFLAGS: on ext4 files keep by extents or by block numbers where they lie, and
 * change that. Elsewhere the same is said by heart. */
#define _GNU_SOURCE
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "show.h"

#define FS_IOC_GETFLAGS 0x80086601
#define FS_IOC_SETFLAGS 0x40086602
#define EXTENT 0x80000
#define NODUMP 0x40
#define EXT4 0xef53
#define BLOCK 4096

static bool is_ext4;
static char bytes[32 * BLOCK];

static void set(const char *what, const char *path, int flags, int wanted)
{
    int fd = open(path, O_RDONLY), got = 0, result = 0;

    if (is_ext4) {
        result = ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0 ? 0 : errno;
        if (ioctl(fd, FS_IOC_GETFLAGS, &got) != 0)
            got = -1;
    } else {
        result = wanted;
        got = wanted == 0 ? flags : (flags | EXTENT);
    }
    printf("%s, %s: %s, %x\n", path, what, result == 0 ? "done" : error_name(result),
           (unsigned)got & (EXTENT | NODUMP));
    close(fd);
}

/* Its bytes are as they were written: those from `hole` on that many are zeros. */
static void check(const char *path, size_t size, size_t hole, size_t hole_size)
{
    static char got[sizeof(bytes)];
    int fd = open(path, O_RDONLY);
    ssize_t count = pread(fd, got, sizeof(got), 0);
    size_t wrong = 0;

    for (size_t at = 0; count > 0 && at < (size_t)count; at++)
        wrong += got[at] != (at >= hole && at < hole + hole_size ? 0 : bytes[at]);
    printf("%s: %s\n", path, count == (ssize_t)size && wrong == 0 ? "as written" : "wrong");
    close(fd);
}

static void make(const char *path, size_t size, size_t hole, size_t hole_size)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);

    if (pwrite(fd, bytes, hole != 0 ? hole : size, 0) < 0 ||
        (hole != 0 && pwrite(fd, bytes + hole + hole_size, size - hole - hole_size, (off_t)(hole + hole_size)) < 0) ||
        fsync(fd) != 0)
        exit(2);
    close(fd);
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"empty", "small", "twelve", "thirteen", "hole"};
    struct statfs fs;
    int fd;

    if (argc != 2 || chdir(argv[1]) != 0 || (mkdir("chattr", 0755) != 0 && errno != EEXIST) || chdir("chattr") != 0)
        return 2;
    is_ext4 = statfs(".", &fs) == 0 && fs.f_type == EXT4 && fs.f_bsize == BLOCK;
    for (size_t at = 0; at < sizeof(bytes); at++)
        bytes[at] = (char)(1 + at % 250);
    make("empty", 0, 0, 0);
    make("small", 10000, 0, 0);
    make("twelve", 12 * BLOCK, 0, 0);
    make("thirteen", 12 * BLOCK + 1, 0, 0);
    make("hole", 8 * BLOCK, 2 * BLOCK, 3 * BLOCK);
    set("numbers", "empty", 0, 0);
    set("extents", "empty", EXTENT, 0);
    set("numbers", "small", NODUMP, 0);
    check("small", 10000, 0, 0);
    set("numbers", "twelve", 0, 0);
    set("numbers", "thirteen", NODUMP, EOPNOTSUPP);
    set("numbers", "hole", 0, EOPNOTSUPP);
    check("hole", 8 * BLOCK, 2 * BLOCK, 3 * BLOCK);
    make("small", 20 * BLOCK, 7 * BLOCK, 5 * BLOCK); /* block by block, some by a block with numbers */
    make("twelve", 30 * BLOCK, 0, 0);
    set("the same", "small", 0, 0);
    set("extents", "small", EXTENT | NODUMP, 0);
    check("small", 20 * BLOCK, 7 * BLOCK, 5 * BLOCK);
    set("extents", "twelve", EXTENT, 0);
    check("twelve", 30 * BLOCK, 0, 0);
    fd = open("small", O_RDWR);
    if (pwrite(fd, bytes + 7 * BLOCK, 5 * BLOCK, 7 * BLOCK) < 0 || fsync(fd) != 0)
        return 2;
    close(fd);
    check("small", 20 * BLOCK, 0, 0);
    set("extents again", "small", EXTENT, 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unlink(names[i]);
    return chdir("..") != 0 || rmdir("chattr") != 0;
}
