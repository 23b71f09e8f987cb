/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk.c - reads and writes a file block by block, once each, in order or not, and says what a request costs.
 *
 *   disk [-p] FILE BLOCK-SIZE COUNT [NAME...]
 *
 * NAME is one of seq_read, rand_read, seq_write, rand_write, or the same with _qd32; without one, all are run. As they
 * stand they are pread and pwrite; _qd32 keeps 32 requests under way by io_submit, past the page cache (O_DIRECT). A
 * block is used once only, and each run has its own part of the file, so that no page cache answers. COUNT 0 opens the
 * file and touches nothing: what that costs is what the machine costs. Writes end with fsync. One line for each:
 * NAME NANOSECONDS-PER-REQUEST. With -p it says `start` first and sleeps after each line, for somebody who counts on
 * the other side.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BLOCK_MAX (1 << 20)
#define DEPTH 32

static _Alignas(4096) char blocks[DEPTH][BLOCK_MAX]; /* what isn't used isn't there */

/* The deep ones first: they leave nothing in the page cache for the others. */
static const struct job {
    const char *name;
    int part, random, write, deep;
} jobs[] = {{"seq_read_qd32", 0, 0, 0, 1},   {"rand_read_qd32", 1, 1, 0, 1}, {"seq_write_qd32", 2, 0, 1, 1},
            {"rand_write_qd32", 3, 1, 1, 1}, {"seq_read", 0, 0, 0, 0},       {"rand_read", 1, 1, 0, 0},
            {"seq_write", 2, 0, 1, 0},       {"rand_write", 3, 1, 1, 0}};

#define JOBS (sizeof(jobs) / sizeof(jobs[0]))

struct request { /* struct iocb */
    uint64_t data;
    uint32_t key, flags;
    uint16_t opcode, priority;
    uint32_t fd;
    uint64_t buffer, bytes;
    int64_t offset;
    uint64_t reserved[2];
};

struct event { /* struct io_event */
    uint64_t data, request;
    int64_t result, result2;
};

enum { OPCODE_READ = 0, OPCODE_WRITE = 1 };

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
        ssize_t done = job->write != 0 ? pwrite(fd, blocks[0], size, offset) : pread(fd, blocks[0], size, offset);

        if (done != (ssize_t)size)
            return done < 0 ? errno : EIO;
        at = job->random != 0 ? next_random(at, count) : i + 1;
    }
    return job->write != 0 && count != 0 && fsync(fd) != 0 ? errno : 0;
}

/* Has up to DEPTH requests under way: as many as are done are followed by as many more. */
static int transfer_deep(const struct job *job, unsigned long context, int fd, size_t size, long count, off_t base)
{
    static struct request requests[DEPTH], *list[DEPTH];
    struct event events[DEPTH];
    long at = 0, started = 0, done = 0, ready = DEPTH;

    for (long i = 0; i < DEPTH; i++)
        events[i].data = (uint64_t)i;
    while (done < count) {
        long more = ready < count - started ? ready : count - started;

        for (long i = 0; i < more; i++) {
            struct request *request = &requests[events[i].data];

            *request = (struct request){.data = events[i].data,
                                        .opcode = job->write != 0 ? OPCODE_WRITE : OPCODE_READ,
                                        .fd = (uint32_t)fd,
                                        .buffer = (uintptr_t)blocks[events[i].data],
                                        .bytes = size,
                                        .offset = base + (off_t)at * (off_t)size};
            list[i] = request;
            at = job->random != 0 ? next_random(at, count) : at + 1;
        }
        if (more != 0 && syscall(SYS_io_submit, context, more, list) != more)
            return errno ? errno : EAGAIN;
        started += more;
        ready = syscall(SYS_io_getevents, context, 1L, (long)DEPTH, events, NULL);
        if (ready < 1)
            return errno;
        for (long i = 0; i < ready; i++)
            if (events[i].result != (int64_t)size)
                return events[i].result < 0 ? (int)-events[i].result : EIO;
        done += ready;
    }
    return job->write != 0 && count != 0 && fsync(fd) != 0 ? errno : 0;
}

static int open_deep(const char *name, unsigned long *context)
{
    int fd = open(name, O_RDWR | O_DIRECT);

    *context = 0;
    if (fd >= 0 && syscall(SYS_io_setup, (unsigned)DEPTH, context) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static void run(const struct job *job, const char *file, size_t size, long count)
{
    unsigned long context;
    int fd = job->deep != 0 ? open_deep(file, &context) : open(file, O_RDWR), error = fd < 0 ? errno : 0;
    off_t base = job->part * (off_t)size * count;
    int64_t start = now_ns();

    if (error == 0)
        error =
            job->deep != 0 ? transfer_deep(job, context, fd, size, count, base) : transfer(job, fd, size, count, base);
    int64_t ns = now_ns() - start;

    if (error != 0)
        printf("%s unsupported %d\n", job->name, error);
    else if (count != 0)
        printf("%s %lld\n", job->name, (long long)(ns / count));
    fflush(stdout);
    if (job->deep != 0 && fd >= 0)
        syscall(SYS_io_destroy, context);
    close(fd);
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

static void take_break(int pause)
{
    struct timespec length = {.tv_nsec = 200 * 1000000L};

    if (pause != 0)
        nanosleep(&length, NULL);
}

int main(int argc, char **argv)
{
    int pause = argc > 1 && strcmp(argv[1], "-p") == 0;
    char **args = argv + 1 + pause;
    size_t size = argc > 3 + pause ? strtoul(args[1], NULL, 10) : 0;
    long count = argc > 3 + pause ? strtol(args[2], NULL, 10) : -1;

    if (size == 0 || size > BLOCK_MAX || count < 0 || (count & (count - 1))) {
        fprintf(stderr, "usage: disk [-p] FILE BLOCK-SIZE COUNT [NAME...]   (COUNT is a power of two, or 0)\n");
        return 2;
    }
    if (access(args[0], R_OK | W_OK) != 0) {
        perror(args[0]);
        return 1;
    }
    if (pause != 0)
        puts("start");
    fflush(stdout);
    take_break(pause);
    for (size_t i = 0; i < JOBS; i++) {
        if (wanted(jobs[i].name, args + 3) == 0)
            continue;
        run(&jobs[i], args[0], size, count);
        take_break(pause);
    }
    return 0;
}
