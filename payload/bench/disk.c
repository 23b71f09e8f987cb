/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk.c - reads and writes a file block by block, once each, in order or not, and says what a request costs.
 *
 *   disk [-p] FILE BLOCK-SIZE COUNT [NAME...]
 *
 * NAME is one of seq_read, rand_read, seq_write, rand_write; without one, all are run. A block is used once only, and
 * each run has its own part of the file, so that no page cache answers. COUNT 0 opens the file and touches nothing:
 * what that costs is what the machine costs. Writes end with fsync. One line for each: NAME NANOSECONDS-PER-REQUEST.
 * With -p it says `start` first and sleeps after each line, for somebody who counts on the other side.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char block[1 << 20];

static const struct job {
    const char *name;
    int random, write;
} jobs[] = {{"seq_read", 0, 0}, {"rand_read", 1, 0}, {"seq_write", 0, 1}, {"rand_write", 1, 1}};

#define JOBS (sizeof(jobs) / sizeof(jobs[0]))

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Visits each of count blocks once, if count is a power of two: the multiplier and the increment are odd and count is
 * 2^n. */
static long next_random(long at, long count)
{
    return (long)(((unsigned long)at * 1103515245 + 12345) & (unsigned long)(count - 1));
}

static int transfer(const struct job *job, int fd, size_t size, long count, off_t base)
{
    long at = 0;

    for (long i = 0; i < count; i++) {
        off_t offset = base + (off_t)at * (off_t)size;
        ssize_t done = job->write ? pwrite(fd, block, size, offset) : pread(fd, block, size, offset);

        if (done != (ssize_t)size)
            return done < 0 ? errno : EIO;
        at = job->random ? next_random(at, count) : i + 1;
    }
    return job->write && count && fsync(fd) ? errno : 0;
}

static void run(const struct job *job, int fd, size_t size, long count)
{
    int64_t start = now_ns();
    int error = transfer(job, fd, size, count, (job - jobs) * (off_t)size * count);
    int64_t ns = now_ns() - start;

    if (error)
        printf("%s unsupported %d\n", job->name, error);
    else if (count)
        printf("%s %lld\n", job->name, (long long)(ns / count));
    fflush(stdout);
}

static int wanted(const char *name, char **names)
{
    if (!*names)
        return 1;
    for (; *names; names++)
        if (!strcmp(name, *names))
            return 1;
    return 0;
}

static void take_break(int pause)
{
    struct timespec length = {.tv_nsec = 200 * 1000000L};

    if (pause)
        nanosleep(&length, NULL);
}

int main(int argc, char **argv)
{
    int pause = argc > 1 && !strcmp(argv[1], "-p");
    char **args = argv + 1 + pause;
    size_t size = argc > 3 + pause ? strtoul(args[1], NULL, 10) : 0;
    long count = argc > 3 + pause ? strtol(args[2], NULL, 10) : -1;

    if (size == 0 || size > sizeof(block) || count < 0 || (count & (count - 1))) {
        fprintf(stderr, "usage: disk [-p] FILE BLOCK-SIZE COUNT [NAME...]   (COUNT is a power of two, or 0)\n");
        return 2;
    }
    int fd = open(args[0], O_RDWR);

    if (fd < 0) {
        perror(args[0]);
        return 1;
    }
    if (pause)
        puts("start");
    fflush(stdout);
    take_break(pause);
    for (size_t i = 0; i < JOBS; i++) {
        if (!wanted(jobs[i].name, args + 3))
            continue;
        run(&jobs[i], fd, size, count);
        take_break(pause);
    }
    return 0;
}
