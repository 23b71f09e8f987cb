/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mixed.c - two programs as they may come, timed by themselves: `mixed FILE` makes 10,000 assorted system calls and
 * reads FILE from its beginning to its end, `mixed FILE N` the Nth part of both; `mixed` alone computes. They print
 * "mixed NS" or "compute NS".
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define CALLS 10000
#define CALLS_A_ROUND 10
#define PAGE_BYTES 4096
#define MATRIX 192

static char block[65536];

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Ten calls; false if one fails. */
static int make_calls(const char *file, int zero, int null)
{
    struct utsname name;
    struct timespec ts;
    struct stat st;
    int ok = syscall(SYS_getpid) > 0 && syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts) == 0;
    char *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ok = ok != 0 && page != MAP_FAILED;
    if (ok != 0)
        *page = 1;
    ok = ok != 0 && munmap(page, PAGE_BYTES) == 0 && read(zero, block, 512) == 512 && write(null, block, 512) == 512;

    int fd = open(file, O_RDONLY);

    return ok != 0 && fd >= 0 && fstat(fd, &st) == 0 && close(fd) == 0 && uname(&name) == 0;
}

static int mix(const char *file, int part)
{
    int zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY), fd = open(file, O_RDONLY);
    int64_t start = now_ns();
    ssize_t count = 1;
    struct stat st;

    if (zero < 0 || null < 0 || fd < 0 || fstat(fd, &st) < 0 || part < 1)
        return 1;
    for (int i = 0; i < CALLS / CALLS_A_ROUND / part; i++)
        if (make_calls(file, zero, null) == 0)
            return 1;
    for (off_t left = st.st_size / part; left > 0 && count > 0; left -= count)
        count = read(fd, block, sizeof(block));
    printf("mixed %lld\n", (long long)(now_ns() - start));
    return count < 0;
}

static double a[MATRIX][MATRIX], b[MATRIX][MATRIX], product[MATRIX][MATRIX];

static void multiply(void)
{
    for (int i = 0; i < MATRIX; i++)
        for (int j = 0; j < MATRIX; j++) {
            double sum = 0;

            for (int k = 0; k < MATRIX; k++)
                sum += a[i][k] * b[k][j];
            product[i][j] = sum;
        }
}

/* Floating point on matrices, and integers: a generator of Marsaglia's. The best of three is what the machine can do.
 */
static int compute(void)
{
    int64_t best = INT64_MAX;
    uint64_t x = 88172645463325252u;

    for (int i = 0; i < MATRIX * MATRIX; i++) {
        a[i / MATRIX][i % MATRIX] = i;
        b[i % MATRIX][i / MATRIX] = i + 1;
    }
    for (int round = 0; round < 3; round++) {
        int64_t start = now_ns();

        for (int i = 0; i < 16; i++)
            multiply();
        for (int i = 0; i < 60000000; i++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
        }
        if (now_ns() - start < best)
            best = now_ns() - start;
    }
    printf("compute %lld\n", (long long)best);
    return product[1][1] == (double)x; /* both are used: nothing is left out by the compiler */
}

int main(int argc, char **argv)
{
    return argc > 1 ? mix(argv[1], argc > 2 ? atoi(argv[2]) : 1) : compute();
}
