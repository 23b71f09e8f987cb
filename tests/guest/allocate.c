/* SPDX-License-Identifier: Apache-2.0 */
/* allocate.c - fallocate(2) and posix_fallocate(3): a file grows, and what it grows by reads as zeros. */
#define _GNU_SOURCE
#include <sys/stat.h>

#include "show.h"

static void allocate(const char *what, int fd, int mode, off_t offset, off_t size)
{
    struct stat st;
    int result = fallocate(fd, mode, offset, size);

    printf("%s: %s", what, result != 0 ? error_name(errno) : "done");
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        printf(", size %lld", (long long)st.st_size);
    printf("\n");
}

static void contents(int fd)
{
    static char bytes[20000];
    ssize_t got = pread(fd, bytes, sizeof(bytes), 0), zeros = 0;

    for (ssize_t i = 5; i < got; i++)
        zeros += bytes[i] == 0;
    printf("read %zd: %.5s, then %zd zeros\n", got, bytes, zeros);
}

int main(int argc, char **argv)
{
    int fd, other;

    if (argc != 2 || chdir(argv[1]) != 0)
        return 2;
    fd = open("allocate.file", O_RDWR | O_CREAT | O_TRUNC, 0644);
    other = open("allocate.file", O_RDONLY);
    if (write(fd, "hello", 5) != 5)
        return 1;
    allocate("within", fd, 0, 0, 3);
    allocate("beyond", fd, 0, 3000, 7000);
    allocate("shorter", fd, 0, 0, 100);
    contents(fd);
    allocate("negative offset", fd, 0, -1, 10);
    allocate("no size", fd, 0, 0, 0);
    allocate("negative size", fd, 0, 0, -5);
    allocate("unknown mode", fd, 0x4000, 0, 10);
    allocate("read-only", other, 0, 0, 10);
    allocate("closed", 77, 0, 0, 10);
    printf("posix_fallocate: %d\n", posix_fallocate(fd, 9000, 3000));
    contents(fd);
    close(other);
    other = open("/dev/null", O_RDWR);
    allocate("device", other, 0, 0, 10);
    close(other);
    other = open(".", O_RDONLY | O_DIRECTORY);
    allocate("directory", other, 0, 0, 10);
    unlink("allocate.file");
    return 0;
}
