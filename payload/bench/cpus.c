/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpus.c - what several CPUs give, and what they cost each other, in nanoseconds; the smallest of some rounds.
 *
 *   cpus N     with N CPUs at most; fewer if there are fewer
 *
 * compute    a fixed amount of it, by N threads together
 * calls      open and close of a file, a fixed number of times, by N processes together, each of a file of its own
 * wake       a byte to a thread on another CPU, and back
 * shootdown  a page that is mapped, touched and unmapped while the other CPUs run threads of the same program
 * migrate    a thread goes to another CPU
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 5
#define COMPUTE 100000000ul
#define CALLS 4000
#define TIMES 2000
#define CPUS_MAX 32

static int cpus;
static volatile int stop;

static uint64_t now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void go_to(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof(set), &set);
}

static void go_anywhere(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    for (int cpu = 0; cpu < cpus; cpu++)
        CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof(set), &set);
}

/* The smallest of some rounds of work(), each of which takes so many `operations`. */
static void measure(const char *name, void (*work)(void), unsigned operations)
{
    uint64_t least = UINT64_MAX;

    for (int round = 0; round < ROUNDS; round++) {
        uint64_t begin = now_ns(), took;

        work();
        took = now_ns() - begin;
        if (took < least)
            least = took;
    }
    printf("%s %lu\n", name, (unsigned long)(least / operations));
    fflush(stdout);
}

static void *compute_part(void *arg)
{
    volatile unsigned long sum = 0;

    (void)arg;
    for (unsigned long i = 0; i < COMPUTE / (unsigned)cpus; i++)
        sum += i;
    return NULL;
}

static void compute(void)
{
    pthread_t threads[CPUS_MAX];

    for (int i = 0; i < cpus; i++)
        pthread_create(&threads[i], NULL, compute_part, NULL);
    for (int i = 0; i < cpus; i++)
        pthread_join(threads[i], NULL);
}

static void calls(void)
{
    for (int i = 0; i < cpus; i++) {
        char path[64];

        if (fork() != 0)
            continue;
        snprintf(path, sizeof(path), "/dev/shm/cpus-%d-%d", (int)getppid(), i);
        for (int n = 0; n < CALLS / cpus; n++)
            close(open(path, O_RDWR | O_CREAT, 0600));
        unlink(path);
        _exit(0);
    }
    while (wait(NULL) > 0)
        ;
}

static int there[2], back[2];

static void *echo(void *arg)
{
    char byte;

    (void)arg;
    go_to(cpus - 1);
    while (read(there[0], &byte, 1) == 1)
        if (write(back[1], &byte, 1) != 1)
            break;
    return NULL;
}

static void wake(void)
{
    char byte = 0;

    for (int i = 0; i < TIMES; i++)
        if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
            exit(1);
}

static void *spin(void *arg)
{
    (void)arg;
    while (!stop)
        ;
    return NULL;
}

static void shootdown(void)
{
    for (int i = 0; i < TIMES; i++) {
        char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (page == MAP_FAILED)
            exit(1);
        *(volatile char *)page = 1;
        munmap(page, 4096);
    }
}

static void migrate(void)
{
    for (int i = 0; i < TIMES; i++)
        go_to(i % cpus);
}

int main(int argc, char **argv)
{
    pthread_t echoing, spinning[CPUS_MAX];
    long there_are = sysconf(_SC_NPROCESSORS_ONLN);

    cpus = argc > 1 ? atoi(argv[1]) : 1;
    if (cpus < 1 || cpus > CPUS_MAX || pipe(there) != 0 || pipe(back) != 0)
        return 2;
    if (cpus > there_are)
        cpus = (int)there_are;
    measure("compute", compute, 1);
    measure("calls", calls, CALLS);
    pthread_create(&echoing, NULL, echo, NULL);
    go_to(0);
    measure("wake", wake, TIMES);
    go_anywhere();
    close(there[1]);
    pthread_join(echoing, NULL);
    for (int i = 1; i < cpus; i++)
        pthread_create(&spinning[i], NULL, spin, NULL);
    measure("shootdown", shootdown, TIMES);
    stop = 1;
    for (int i = 1; i < cpus; i++)
        pthread_join(spinning[i], NULL);
    measure("migrate", migrate, TIMES);
    return 0;
}
