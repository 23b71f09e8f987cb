/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sequential.c - a large file written or read from its beginning to its end, by calls of one size.
 *
 *   sequential FILE MIB JOB=BYTES...
 *
 * JOB is `write`, which makes the file anew and ends with fsync, or `read`, of a file that has that size at least;
 * BYTES is the size of a call, a power of two up to a MiB. One line for each: JOB_BYTES NANOSECONDS, of all of it. A
 * file is read from the disk only once, so who wants two sizes measured starts two machines.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MIB (1l << 20)

static _Alignas(4096) char bytes[MIB];

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int write_all(int fd, size_t size, long calls)
{
    while (calls-- != 0)
        if (write(fd, bytes, size) != (ssize_t)size)
            return errno != 0 ? errno : EIO;
    return fsync(fd) != 0 ? errno : 0;
}

static int read_all(int fd, size_t size, long calls)
{
    while (calls-- != 0)
        if (read(fd, bytes, size) != (ssize_t)size)
            return errno != 0 ? errno : EIO;
    return 0;
}

static void run(const char *job, const char *file, size_t size, long mib)
{
    int writes = strcmp(job, "write") == 0, error;
    int64_t start = now_ns();
    int fd = writes != 0 ? open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644) : open(file, O_RDONLY);

    errno = fd < 0 ? errno : 0;
    if (fd < 0)
        error = errno;
    else if (writes != 0)
        error = write_all(fd, size, mib * (MIB / (long)size));
    else
        error = read_all(fd, size, mib * (MIB / (long)size));
    int64_t ns = now_ns() - start;

    if (error != 0)
        printf("%s_%zu unsupported %d\n", job, size, error);
    else
        printf("%s_%zu %lld\n", job, size, (long long)ns);
    fflush(stdout);
    close(fd);
}

int main(int argc, char **argv)
{
    long mib = argc > 2 ? strtol(argv[2], NULL, 10) : 0;

    if (mib <= 0) {
        fprintf(stderr, "usage: sequential FILE MIB JOB=BYTES...   (JOB is read or write)\n");
        return 2;
    }
    memset(bytes, 'd', sizeof(bytes));
    for (char **arg = argv + 3; *arg != NULL; arg++) {
        char *size = strchr(*arg, '=');
        unsigned long value = size != NULL ? strtoul(size + 1, NULL, 10) : 0;

        if (value == 0 || value > MIB || (value & (value - 1)) != 0) {
            fprintf(stderr, "sequential: %s: what size has a call?\n", *arg);
            return 2;
        }
        *size = 0;
        run(*arg, argv[1], value, mib);
    }
    return 0;
}
