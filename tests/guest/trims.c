/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trims.c - FITRIM, BLKDISCARD, BLKZEROOUT: what files answer that have no disk. And a tool for tests/cli/discard.sh:
 *
 *     trims fitrim|discard|zeroout|secdiscard PATH START SIZE [LEAST]    prints the bytes or the errno
 *     trims punch|zerorange|keep|allocate|collapse PATH START SIZE                fallocate(2): 0 or the errno
 *     trims fill PATH SIZE                                               a file of 0xa5
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* linux/fs.h, which not every C library brings along. */
#define FITRIM 0xc0185879
#define BLKDISCARD 0x1277
#define BLKSECDISCARD 0x127d
#define BLKZEROOUT 0x127f

static const struct {
    const char *name;
    unsigned long request;
    int flags;
} tools[] = {{"fitrim", FITRIM, O_RDONLY},
             {"discard", BLKDISCARD, O_RDWR},
             {"zeroout", BLKZEROOUT, O_RDWR},
             {"secdiscard", BLKSECDISCARD, O_RDWR}};
#define TOOLS (sizeof(tools) / sizeof(tools[0]))

static const struct {
    const char *name;
    int mode;
} modes[] = {{"punch", 3}, {"zerorange", 0x10}, {"keep", 0x11}, {"allocate", 0}, {"collapse", 8}};

static int room(char **argv)
{
    int fd = open(argv[2], O_RDWR);

    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        if (strcmp(argv[1], modes[i].name) == 0) {
            int result = fallocate(fd, modes[i].mode, strtoll(argv[3], NULL, 0), strtoll(argv[4], NULL, 0));
            printf("%s\n", result == 0 ? "0" : strerror(errno));
            return 0;
        }
    return 1;
}

static int tool(int argc, char **argv)
{
    uint64_t range[3] = {strtoull(argv[3], NULL, 0), strtoull(argv[4], NULL, 0),
                         argc > 5 ? strtoull(argv[5], NULL, 0) : 0};

    for (unsigned i = 0; i < TOOLS; i++) {
        if (strcmp(argv[1], tools[i].name) != 0)
            continue;
        int fd = open(argv[2], tools[i].flags);
        if (fd < 0 || ioctl(fd, tools[i].request, range) != 0)
            printf("%s\n", strerror(errno));
        else
            printf("%llu\n", (unsigned long long)range[1]);
        return 0;
    }
    return room(argv);
}

static int fill(const char *path, uint64_t size)
{
    static char bytes[65536];
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    memset(bytes, 0xa5, sizeof(bytes));
    for (; size != 0; size -= size < sizeof(bytes) ? size : sizeof(bytes))
        if (write(fd, bytes, size < sizeof(bytes) ? size : sizeof(bytes)) < 0)
            return 1;
    return fsync(fd) != 0 || close(fd) != 0;
}

static void show(const char *what, int result)
{
    printf("%s: %d %s\n", what, result, result < 0 ? strerror(errno) : "");
}

static void ask(const char *what, int fd)
{
    uint64_t range[3] = {0, UINT64_MAX, 0};

    printf("%s\n", what);
    for (unsigned i = 0; i < TOOLS; i++) {
        show(tools[i].name, ioctl(fd, tools[i].request, range));
        show("of nothing", ioctl(fd, tools[i].request, NULL));
    }
    close(fd);
}

int main(int argc, char **argv)
{
    int ends[2];

    if (argc > 4)
        return tool(argc, argv);
    if (argc == 4)
        return fill(argv[2], strtoull(argv[3], NULL, 0));
    /* Not of a disk, which would be trimmed. */
    ask("a directory", open("/proc", O_RDONLY));
    ask("a file", open("/proc/self/comm", O_RDWR));
    ask("/dev/null", open("/dev/null", O_RDWR));
    if (pipe(ends) != 0)
        return 1;
    ask("a pipe", ends[0]);
    ask("nobody", -1);
    return 0;
}
