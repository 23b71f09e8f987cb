/* SPDX-License-Identifier: Apache-2.0 */
/* movemap.c - fallocate(2) takes a part out of a file, or puts one in between, and what mappings of it have then. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/stat.h>

#include "show.h"

#ifndef FALLOC_FL_COLLAPSE_RANGE /* musl has two of these */
#define FALLOC_FL_COLLAPSE_RANGE 8
#endif
#ifndef FALLOC_FL_INSERT_RANGE
#define FALLOC_FL_INSERT_RANGE 32
#endif
#define PAGES 12
#define PAGE 65536 /* each ISA's is a part of it */

static char *shared, *private;
static char bytes[PAGES * PAGE];

/* The file's pages from `start` on. */
static char *map(char *at, int flags, int fd, off_t start)
{
    char *got = mmap(at, (size_t)(PAGES * PAGE - start), PROT_READ | PROT_WRITE, flags, fd, start);

    if (got == MAP_FAILED)
        exit(1);
    return got;
}

/* By hand, where the file system can't: private copies from there on go as well. */
static void move(int fd, off_t from, off_t to)
{
    ssize_t got = pread(fd, bytes, sizeof(bytes), from);

    if (got < 0 || pwrite(fd, bytes, (size_t)got, to) != got || ftruncate(fd, to + got) != 0)
        exit(1);
    from = from < to ? from : to;
    map(private + from, MAP_PRIVATE | MAP_FIXED, fd, from);
}

static void change(const char *what, int fd, int mode, off_t pos, off_t size)
{
    int result = fallocate(fd, mode, pos, size);

    if (result != 0 && errno == EOPNOTSUPP) {
        move(fd, mode == FALLOC_FL_COLLAPSE_RANGE ? pos + size : pos,
             mode == FALLOC_FL_COLLAPSE_RANGE ? pos : pos + size);
        if (mode == FALLOC_FL_INSERT_RANGE && pwrite(fd, memset(bytes, 0, (size_t)size), (size_t)size, pos) != size)
            exit(1);
    } else if (result != 0) {
        printf("%s: %s\n", what, error_name(errno));
    }
    printf("%s\n", what);
}

/* The first bytes of each page, up to the file's end: the one of a hole is '.'. */
static void show_all(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        exit(1);
    printf("shared ");
    for (off_t at = 0; at < st.st_size; at += PAGE)
        printf("%c%c", shared[at] != 0 ? shared[at] : '.', shared[at + 1] != 0 ? shared[at + 1] : '.');
    printf(" private ");
    for (off_t at = 0; at < st.st_size; at += PAGE)
        printf("%c%c", private[at] != 0 ? private[at] : '.', private[at + 1] != 0 ? private[at + 1] : '.');
    printf("\n");
}

int main(int argc, char **argv)
{
    int fd;

    if (argc != 2 || chdir(argv[1]) != 0)
        return 2;
    fd = open("movemap.file", O_RDWR | O_CREAT | O_TRUNC, 0644);
    for (int n = 0; n < PAGES - 4; n++) {
        memset(bytes, 'a' + n, PAGE);
        if (write(fd, bytes, PAGE) != PAGE)
            return 1;
    }
    shared = map(NULL, MAP_SHARED, fd, 0);
    private = map(NULL, MAP_PRIVATE, fd, 0);
    for (int n = 0; n < PAGES - 4; n += 2) {
        shared[n * PAGE + 1] = 'S';
        private[n * PAGE] = 'P';
    }
    show_all(fd);
    change("collapse", fd, FALLOC_FL_COLLAPSE_RANGE, 2 * PAGE, 2 * PAGE);
    show_all(fd);
    private[5 * PAGE] = 'Q';
    shared[4 * PAGE + 1] = 'T';
    show_all(fd);
    change("insert", fd, FALLOC_FL_INSERT_RANGE, PAGE, 3 * PAGE);
    show_all(fd);
    unlink("movemap.file");
    close(fd);
    return 0;
}
