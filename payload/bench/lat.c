/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lat.c - latency of basic Linux system operations, in nanoseconds each.
 *
 *   lat [-t MS] [-r ROUNDS] [-n OPS] [-p] [-f FILE] [-l] [NAME...]
 *
 *   -t MS      least length of one measured round (default 20 ms)
 *   -r ROUNDS  rounds; the smallest is printed (default 5)
 *   -n OPS     run exactly OPS operations a round, without calibration
 *   -p         pin this process (and so its children) to CPU 0
 *   -f FILE    file for read_file, open_close and stat, and the program that
 *              fork_exec starts (default: this program itself)
 *   -l         list the names and stop
 *   NAME...    measure these only
 *
 * One line for each operation, on standard output:
 *   NAME NS_PER_OP             or
 *   NAME unsupported ERRNO     where the kernel refused a call it needs.
 *
 * Only CLOCK_MONOTONIC and integer arithmetic are used for the figures, so
 * the program runs on small kernels.  Where a guest's clock counts executed
 * instructions (qemu -icount shift=0), the figures are instructions.
 *
 * Build: cc -O2 -static -pthread lat*.c -o lat       (glibc or musl)
 */
#define _GNU_SOURCE
#include "lat.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *lat_file;

static const struct bench *const lists[] = {lat_calls, lat_maps, lat_tasks, lat_sockets};

#define LISTS (sizeof(lists) / sizeof(lists[0]))

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int lat_error(void)
{
    return errno ? errno : EIO;
}

static int64_t least_ns = 20 * 1000000;
static long rounds = 5;
static long fixed_ops;

/* one timed round of n operations; its length, or -errno */
static int64_t timed(const struct bench *b, long n)
{
    int64_t start;
    int error;

    errno = 0;
    start = now_ns();
    error = b->run(n);
    return error != 0 ? -error : now_ns() - start;
}

/* tenths of a nanosecond for an operation, or -errno */
static int64_t measure(const struct bench *b)
{
    long n = fixed_ops != 0 ? fixed_ops : b->step;
    int64_t best = INT64_MAX;
    int64_t t = timed(b, n); /* also warms the caches up */

    while (fixed_ops == 0 && t >= 0 && t < least_ns) {
        long times = t > 0 ? least_ns / t + 1 : 16;

        if (times > 16) /* a short first round says little */
            times = 16;
        if (n > LONG_MAX / times)
            break;
        n *= times;
        t = timed(b, n);
    }
    for (long i = 0; t >= 0 && i < rounds; i++) {
        t = timed(b, n);
        if (t >= 0 && t < best)
            best = t;
    }
    return t < 0 ? t : best * 10 / n;
}

/* one plain write: a kernel that lacks writev runs this too */
static void say(const char *format, ...)
{
    char line[128];
    va_list ap;
    int len;

    va_start(ap, format);
    len = vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    if (write(STDOUT_FILENO, line, len) != len)
        _exit(1);
}

static void report(const struct bench *b)
{
    int64_t r;
    int error = 0;

    errno = 0;
    if (b->setup != NULL)
        error = b->setup();
    r = error != 0 ? -error : measure(b);
    if (b->end != NULL)
        b->end();
    if (r < 0)
        say("%s unsupported %d\n", b->name, (int)-r);
    else
        say("%s %lld.%d\n", b->name, (long long)(r / 10), (int)(r % 10));
}

static int wanted(const char *name, char **names)
{
    if (*names == NULL)
        return 1;
    for (; *names != NULL; names++)
        if (strcmp(name, *names) == 0)
            return 1;
    return 0;
}

static void print_name(const struct bench *b, char **names)
{
    (void)names;
    say("%s\n", b->name);
}

static void report_wanted(const struct bench *b, char **names)
{
    if (wanted(b->name, names) != 0)
        report(b);
}

static void for_each(void (*act)(const struct bench *b, char **names), char **names)
{
    for (size_t i = 0; i < LISTS; i++)
        for (const struct bench *b = lists[i]; b->name != NULL; b++)
            act(b, names);
}

static void pin_to_first_cpu(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(0, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        fprintf(stderr, "lat: cannot pin to CPU 0: %s\n", strerror(errno));
}

int main(int argc, char **argv)
{
    int opt;

    if (argc > 1 && strcmp(argv[1], LAT_EXIT_ARG) == 0)
        _exit(0);
    /* found through PATH, its own name is no path to it */
    lat_file = argc > 0 && strchr(argv[0], '/') != NULL ? argv[0] : "/proc/self/exe";
    signal(SIGPIPE, SIG_IGN); /* a peer that died is an error, not an end */
    while ((opt = getopt(argc, argv, "t:r:n:pf:l")) != -1) {
        switch (opt) {
        case 't':
            least_ns = atol(optarg) * 1000000LL;
            break;
        case 'r':
            rounds = atol(optarg);
            break;
        case 'n':
            fixed_ops = atol(optarg);
            break;
        case 'p':
            pin_to_first_cpu();
            break;
        case 'f':
            lat_file = optarg;
            break;
        case 'l':
            for_each(print_name, NULL);
            return 0;
        default:
            fprintf(stderr, "usage: lat [-t MS] [-r ROUNDS] [-n OPS] [-p] "
                            "[-f FILE] [-l] [NAME...]\n");
            return 2;
        }
    }
    if (rounds < 1)
        rounds = 1;
    for_each(report_wanted, argv + optind);
    return 0;
}
