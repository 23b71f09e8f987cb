/* SPDX-License-Identifier: Apache-2.0 */
/* scattered.c - thousands of single pages that lie apart in a file are stored, and let go, without the kernel being
 * held for all of them (the kernel with checks stops if it is). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "show.h"

#define PAGES 4096
#define SIZE 4096

static char page[SIZE];

static int written(int fd)
{
    int count = 0;

    for (long n = 0; n < PAGES; n++) {
        memset(page, (int)(n % 255) + 1, SIZE);
        count += pwrite(fd, page, SIZE, n * 2 * SIZE) == SIZE;
    }
    return count;
}

static int right(int fd)
{
    char is[2 * SIZE];
    int count = 0;

    for (long n = 0; n < PAGES - 1; n++) {
        memset(page, (int)(n % 255) + 1, SIZE);
        if (pread(fd, is, sizeof(is), n * 2 * SIZE) == sizeof(is) && memcmp(is, page, SIZE) == 0)
            count += is[SIZE] == 0 && memcmp(is + SIZE, is + SIZE + 1, SIZE - 1) == 0;
    }
    return count;
}

int main(int argc, char **argv)
{
    int fd;

    if (argc > 1 && chdir(argv[1]) != 0)
        return 1;
    fd = open("scattered", O_RDWR | O_CREAT | O_TRUNC, 0600);
    show("pages written", written(fd));
    show("fsync", fsync(fd));
    show("pages that are right", right(fd));
    show("cut", ftruncate(fd, SIZE));
    show("fsync", fsync(fd));
    show("removed", unlink("scattered"));
    show("close", close(fd));
    return 0;
}
