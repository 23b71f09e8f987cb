/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mapper.c - maps a file as long as it is, and looks at it through the mapping, step by step.
 *
 *     mapper FILE r|w STEP...        a mapping that is shared: to be read, or to be written as well
 *
 *     get-N, put-N               prints the byte at N, or puts a 'p' there
 *     write-N                    write(2) puts a 'w' there
 *     touch=PATH, until=PATH     makes a file, and waits for one
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static volatile char *map;
static const char *path;

static void step(const char *name)
{
    const char *value = name + strcspn(name, "-=");
    size_t at = strtoul(*value != 0 ? value + 1 : value, NULL, 10);

    if (strncmp(name, "until=", 6) == 0) {
        while (access(value + 1, F_OK) != 0)
            usleep(10000);
    } else if (strncmp(name, "touch=", 6) == 0) {
        close(open(value + 1, O_CREAT | O_WRONLY, 0644));
    } else if (strncmp(name, "get-", 4) == 0) {
        printf("%s: %c\n", name, map[at]);
    } else if (strncmp(name, "put-", 4) == 0) {
        map[at] = 'p';
    } else {
        int fd = open(path, O_WRONLY);
        if (pwrite(fd, "w", 1, (off_t)at) != 1)
            exit(3);
        close(fd);
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct stat about;

    if (argc < 3)
        return 2;
    path = argv[1];
    int writable = argv[2][0] == 'w', fd = open(path, writable ? O_RDWR : O_RDONLY);
    if (fd < 0 || fstat(fd, &about) < 0)
        return 3;
    map = mmap(NULL, (size_t)about.st_size, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return 3;
    for (int i = 3; i < argc; i++)
        step(argv[i]);
    return 0;
}
