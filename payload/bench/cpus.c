/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpus.c - what several CPUs give, and what they cost each other, in nanoseconds; the smallest of some rounds.
 *
 *   cpus N               with N CPUs at most; fewer if there are fewer
 *   cpus N WORK TIMES    only that of what processes do together, so often in all, and untimed
 *
 * compute    a fixed amount of it, by N threads together
 * A fixed number of times, by N processes together, each with a file of its own:
 * calls      open and close
 * transfer   pread and pwrite of 64 bytes, lseek and fstat
 * stat       stat by its name
 * touch      a page of fresh memory
 * waits      how often, in a million of all these, a CPU waited for the guest kernel's lock; nothing elsewhere
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
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
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

/* `work`, so many times in all, by as many processes as CPUs; it gets a file and its name. */
static void by_processes(void (*work)(int fd, const char *path, unsigned times), unsigned times)
{
    for (int i = 0; i < cpus; i++) {
        char path[64];
        int fd;

        if (fork() != 0)
            continue;
        snprintf(path, sizeof(path), "/dev/shm/cpus-%d-%d", (int)getppid(), i);
        fd = open(path, O_RDWR | O_CREAT, 0600);
        if (fd < 0)
            _exit(1);
        work(fd, path, times / (unsigned)cpus);
        unlink(path);
        _exit(0);
    }
    while (wait(NULL) > 0)
        ;
}

static void open_and_close(int fd, const char *path, unsigned times)
{
    (void)fd;
    while (times-- != 0)
        close(open(path, O_RDWR));
}

static void move_bytes(int fd, const char *path, unsigned times)
{
    char bytes[64] = "";
    struct stat status;

    (void)path;
    for (unsigned i = 0; i <= times; i++)
        if (pwrite(fd, bytes, sizeof(bytes), 0) != sizeof(bytes) || lseek(fd, 0, SEEK_SET) != 0 ||
            pread(fd, bytes, sizeof(bytes), 0) != sizeof(bytes) || fstat(fd, &status) != 0)
            _exit(1);
}

static void look_up(int fd, const char *path, unsigned times)
{
    struct stat status;

    (void)fd;
    while (times-- != 0)
        if (stat(path, &status) != 0)
            _exit(1);
}

static void touch_memory(int fd, const char *path, unsigned times)
{
    char *memory = mmap(NULL, times * 4096ul, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)fd, (void)path;
    if (memory == MAP_FAILED)
        _exit(1);
    for (unsigned i = 0; i < times; i++)
        *(volatile char *)(memory + i * 4096ul) = 1;
}

static const struct work {
    const char *name;
    void (*work)(int fd, const char *path, unsigned times);
} works[] = {{"calls", open_and_close}, {"transfer", move_bytes}, {"stat", look_up}, {"touch", touch_memory}};

#define WORKS (sizeof(works) / sizeof(works[0]))

static const struct work *measured;

static void measured_do(void)
{
    by_processes(measured->work, CALLS);
}

static int once(const char *name, const char *times)
{
    for (size_t i = 0; i < WORKS; i++)
        if (strcmp(works[i].name, name) == 0) {
            by_processes(works[i].work, (unsigned)atoi(times));
            return 0;
        }
    return 2;
}

/* Of all CPUs, since the kernel began; -1: this kernel doesn't tell. */
static long lock_waits(void)
{
    FILE *file = fopen("/proc/kernel_lock", "r");
    long sum = 0, waits;

    if (file == NULL)
        return -1;
    while (fscanf(file, "%*s waits %ld %*[^\n]", &waits) == 1)
        sum += waits;
    fclose(file);
    return sum;
}

static void measure_calls(void)
{
    long before = lock_waits();

    for (measured = works; measured < works + WORKS; measured++)
        measure(measured->name, measured_do, CALLS);
    if (before >= 0)
        printf("waits %ld\n", (lock_waits() - before) * 1000000 / (ROUNDS * CALLS * 8l));
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
    if (argc == 4)
        return once(argv[2], argv[3]);
    measure("compute", compute, 1);
    measure_calls();
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
