/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timed.c - runs a command and says how long it took and what it held. Linked statically: it is also used in a machine
 * where there is nothing else, and its own memory, which a child's peak can't be below, is small.
 *
 *   timed [-n RUNS] [-p MS] [-w TEXT | -q] [-s STATUS] [-t SECONDS] -- COMMAND [ARG...]
 *
 *   output_ns N LOW HIGH RUNS   exec to the moment when TEXT (without it, the first byte) was read from its output;
 * with -q it needn't print anything, and this is the end exit_ns N LOW HIGH RUNS     exec to its end peak_kib N the
 * most memory that was resident at a time
 *
 * N is the median of RUNS runs, LOW and HIGH are the least and the most; before each run is a pause of MS milliseconds.
 * The peak is the highest. A run that fails or doesn't print TEXT ends it with status 1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_RUNS 1000

static int wanted_status, limit_s = 120, pause_ms;
static bool quiet;

struct run {
    int64_t cpu;
    int64_t start, output, exit; /* CLOCK_MONOTONIC; output is 0 until the text was seen */
    long peak_kib;
    int status;
    bool hung;
    char text[4096]; /* what was read last, for the search across two reads */
    size_t length;
};

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* By vfork: the child is not delayed by copies of page tables, and the parent sees the time that it writes. */
static pid_t start(char **argv, int out, struct run *run)
{
    volatile int64_t *at = &run->start;
    pid_t pid = vfork();

    if (pid == 0) {
        int null = open("/dev/null", O_RDONLY);

        dup2(null, STDIN_FILENO);
        dup2(out, STDOUT_FILENO);
        *at = now_ns();
        execvp(argv[0], argv);
        _exit(127);
    }
    return pid;
}

static void keep(struct run *run, const char *bytes, size_t count)
{
    if (run->length + count > sizeof(run->text)) {
        size_t rest = run->length < sizeof(run->text) / 2 ? run->length : sizeof(run->text) / 2;

        memmove(run->text, run->text + run->length - rest, rest);
        run->length = rest;
    }
    memcpy(run->text + run->length, bytes, count);
    run->length += count;
}

/* False at the end of the output. */
static bool read_output(int fd, const char *text, struct run *run)
{
    char bytes[1024];
    ssize_t count = read(fd, bytes, sizeof(bytes));
    int64_t at = now_ns();

    if (count <= 0)
        return false;
    keep(run, bytes, (size_t)count);
    if (run->output == 0 && memmem(run->text, run->length, text, strlen(text)) != NULL)
        run->output = at;
    return true;
}

static int watch(pid_t pid, int fd, const char *text, struct run *run)
{
    struct pollfd polled[2] = {{.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN},
                               {.fd = fd, .events = POLLIN}};
    struct rusage usage;

    if (polled[0].fd < 0)
        return -1;
    while (!(polled[0].revents & POLLIN)) {
        int ready = poll(polled, 2, limit_s * 1000); /* no output for so long: it hangs */

        if (ready < 0 && errno != EINTR)
            return -1;
        if (ready == 0) {
            run->hung = true;
            kill(pid, SIGKILL);
        }
        if (polled[1].revents != 0 && !read_output(fd, text, run))
            polled[1].fd = -1;
    }
    if (wait4(pid, &run->status, 0, &usage) != pid)
        return -1;
    run->exit = now_ns();
    run->peak_kib = usage.ru_maxrss;
    run->cpu = (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000 +
               (int64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
    while (polled[1].fd >= 0 && poll(&polled[1], 1, 0) > 0 && read_output(fd, text, run))
        ;
    close(polled[0].fd);
    return 0;
}

static int measure(char **argv, const char *text, struct run *run)
{
    int out[2];

    if (pipe2(out, O_CLOEXEC) != 0)
        return -1;
    pid_t pid = start(argv, out[1], run);

    close(out[1]);
    int error = pid < 0 ? -1 : watch(pid, out[0], text, run);

    close(out[0]);
    return error;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static void print(const char *name, int64_t *values, long count)
{
    qsort(values, (size_t)count, sizeof(*values), compare);
    long long median = count % 2 != 0 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;

    printf("%s %lld %lld %lld %ld\n", name, median, (long long)values[0], (long long)values[count - 1], count);
}

static int failed(const char *name, const struct run *run)
{
    if (WIFSIGNALED(run->status))
        fprintf(stderr, "timed: %s: signal %d\n", name, WTERMSIG(run->status));
    else if (WEXITSTATUS(run->status) != wanted_status)
        fprintf(stderr, "timed: %s: status %d\n", name, WEXITSTATUS(run->status));
    else
        fprintf(stderr, "timed: %s: did not print what was waited for\n", name);
    fwrite(run->text, 1, run->length, stderr);
    return 1;
}

int main(int argc, char **argv)
{
    static int64_t output[MAX_RUNS], end[MAX_RUNS], cpu[MAX_RUNS];
    const char *text = "";
    long runs = 1, peak_kib = 0, hung = 0;

    for (int opt; (opt = getopt(argc, argv, "+n:p:w:qs:t:")) != -1;) {
        if (opt == 'n')
            runs = strtol(optarg, NULL, 10);
        else if (opt == 'p')
            pause_ms = atoi(optarg);
        else if (opt == 'w')
            text = optarg;
        else if (opt == 'q')
            quiet = true;
        else if (opt == 's')
            wanted_status = atoi(optarg);
        else if (opt == 't')
            limit_s = atoi(optarg);
        else
            return 2;
    }
    if (optind >= argc || runs < 1 || runs > MAX_RUNS) {
        fprintf(stderr, "usage: timed [-n RUNS] [-p MS] [-w TEXT | -q] [-s STATUS] [-t SECONDS] -- COMMAND [ARG...]\n");
        return 2;
    }
    for (long i = 0; i < runs; i++) {
        struct run run = {0};

        poll(NULL, 0, pause_ms);
        if (measure(argv + optind, text, &run) != 0) {
            perror(argv[optind]);
            return 1;
        }
        if (run.hung && ++hung <= 3) {
            i--;
            continue;
        }
        if (quiet)
            run.output = run.exit;
        if (!WIFEXITED(run.status) || WEXITSTATUS(run.status) != wanted_status || run.output == 0)
            return failed(argv[optind], &run);
        output[i] = run.output - run.start;
        end[i] = run.exit - run.start;
        cpu[i] = run.cpu;
        if (run.peak_kib > peak_kib)
            peak_kib = run.peak_kib;
    }
    print("output_ns", output, runs);
    print("exit_ns", end, runs);
    print("cpu_ns", cpu, runs);
    printf("peak_kib %ld\n", peak_kib);
    return 0;
}
