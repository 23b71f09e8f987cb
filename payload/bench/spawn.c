/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spawn.c - runs a program of another tree several times, and says what each run cost.
 *
 *   spawn ROOT FOLDER COUNT PROGRAM ARG...
 *
 * ROOT becomes the root folder, with /dev as it is, and FOLDER, below it, the working one. What the program prints is
 * shown. One line for each run that ends well: `run` NANOSECONDS, from fork to wait; another one ends all with
 * status 1. COUNT 0 runs nothing, which tells what the machine costs without it.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char *environment[] = {"PATH=/usr/bin:/bin", "HOME=/root", "LC_ALL=C", NULL};

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int run(char **argv)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        execve(argv[0], argv, environment);
        perror(argv[0]);
        _exit(127);
    }
    return pid < 0 || waitpid(pid, &status, 0) != pid ? -1 : status;
}

/* With the machine's own devices below /dev. */
static int enter(const char *root)
{
    char dev[64];

    if (strcmp(root, "/") == 0)
        return 0;
    snprintf(dev, sizeof(dev), "%s/dev", root);
    return mount("/dev", dev, NULL, MS_BIND, NULL) != 0 ? -1 : chroot(root);
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: spawn ROOT FOLDER COUNT PROGRAM ARG...\n");
        return 2;
    }
    if (enter(argv[1]) != 0 || chdir(argv[2]) != 0) {
        perror(argv[1]);
        return 1;
    }
    for (long left = atol(argv[3]); left > 0; left--) {
        int64_t start = now_ns();

        if (run(argv + 4) != 0)
            return 1;
        printf("run %lld\n", (long long)(now_ns() - start));
        fflush(stdout);
    }
    return 0;
}
