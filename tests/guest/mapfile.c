/* SPDX-License-Identifier: Apache-2.0 */
/* mapfile.c - files in memory: private and shared mappings, seen from both sides. */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "show.h"

#define PAGE page_size()

static int make(void)
{
    char *block = malloc((size_t)PAGE);
    int fd = open("mapped", O_CREAT | O_RDWR | O_TRUNC, 0644);

    for (int i = 0; i < 4; i++) {
        long size = i == 3 ? 100 : PAGE;
        memset(block, 'a' + i, (size_t)size);
        show_bool("write", write(fd, block, (size_t)size) == size);
    }
    free(block);
    return fd;
}

static void show_byte(const char *what, int fd, off_t at)
{
    char byte = '-';

    pread(fd, &byte, 1, at);
    printf("%s: %c\n", what, byte);
}

static void private_mapping(int fd)
{
    char *map = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

    show_bool("private", map != MAP_FAILED);
    printf("%c%c%c%c and %d\n", map[0], map[PAGE], map[2 * PAGE], map[3 * PAGE + 99], map[3 * PAGE + 100]);
    map[0] = 'X';
    show_byte("the file after a private write", fd, 0);
    pwrite(fd, "Y", 1, PAGE);
    printf("the mapping after a write to the file: %c\n", map[PAGE]);
    pwrite(fd, "Z", 1, 0);
    printf("a page of its own doesn't change: %c\n", map[0]);
    show("munmap", munmap(map, 4 * PAGE));
}

static void shared_mapping(int fd)
{
    char *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 2 * PAGE);

    show_bool("shared", map != MAP_FAILED);
    map[1] = 'S';
    show_byte("the file after a shared write", fd, 2 * PAGE + 1);
    pwrite(fd, "T", 1, 2 * PAGE + 2);
    printf("the mapping after a write to the file: %c\n", map[2]);
    show("msync", msync(map, 2 * PAGE, MS_SYNC));
    show("msync bad", msync(map, PAGE, MS_SYNC | MS_ASYNC));
    show("munmap", munmap(map, 2 * PAGE));
    show("close", close(fd));
    fd = open("mapped", O_RDONLY);
    show_byte("the file opened again", fd, 2 * PAGE + 1);
    map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    show_bool("read-only", map != MAP_FAILED);
    show("mprotect to write", mprotect(map, PAGE, PROT_READ | PROT_WRITE));
    munmap(map, PAGE);
    show_ok("shared and writable of a read-only file",
            (long)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    show_ok("an offset that is no page", (long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 100));
    close(fd);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    int fd = make();
    private_mapping(fd);
    shared_mapping(fd);
    int dir = open(".", O_RDONLY);
    show_ok("a directory", (long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, dir, 0));
    close(dir);
    /* A mapping outlives its descriptor and its name. */
    fd = open("mapped", O_RDONLY);
    char *map = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, PAGE);
    close(fd);
    show("unlink", unlink("mapped"));
    printf("still there: %c%c\n", map[0], map[1]);
    return 0;
}
