/* SPDX-License-Identifier: Apache-2.0 */
/* racemaps.c - one thread takes memory away that others write to: what has been taken away is never written to again,
 * whichever CPU they are on. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include "racers.h"

#define PAGES 4
#define ROUNDS 4 /* unless there is a second argument: each waits for all CPUs some times */
#define PATTERN 0x5a

static char *region; /* where the writers write, whatever is there */
static size_t size;
static int file, rounds = ROUNDS;
static atomic_int stop, writes[CPUS_MAX + 2];
static _Thread_local sigjmp_buf *after_fault;

static void faulted(int number)
{
    (void)number;
    siglongjmp(*after_fault, 1);
}

static void *writer(void *arg)
{
    int me = (int)(intptr_t)arg;
    sigjmp_buf env;

    after_fault = &env;
    while (!atomic_load(&stop)) {
        if (sigsetjmp(env, 0) != 0) { /* it isn't there now */
            sched_yield();
            continue;
        }
        for (volatile unsigned page = 0; page < PAGES; page++) {
            volatile uint32_t *words = (volatile uint32_t *)(void *)(region + page * (size / PAGES));
            words[me] = words[me] + 1;
        }
        if (atomic_fetch_add(&writes[me], 1) % 64 == 0)
            sched_yield();
    }
    return NULL;
}

/* Until each of them has written again. */
static void writers_wait(int count)
{
    for (int i = 0; i < count; i++)
        racers_wait(&writes[i], atomic_load(&writes[i]) + 1);
}

/* Pages that have just been given back are ours now: nobody else may write to them. */
static int fresh_is_kept(void)
{
    char *fresh = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int changed = 0;

    if (fresh == MAP_FAILED)
        return 0;
    memset(fresh, PATTERN, 2 * size);
    for (int look = 0; look < 3; look++) {
        sched_yield();
        racers_spin(2000);
        for (size_t i = 0; i < 2 * size; i++)
            changed |= fresh[i] != PATTERN;
    }
    munmap(fresh, 2 * size);
    return !changed;
}

/* What nobody can write to stays as it is. */
static int is_still(const char *at)
{
    static char before[PAGES << 16];
    int same = 1;

    memcpy(before, at, size);
    for (int look = 0; look < 3; look++) {
        sched_yield();
        racers_spin(2000);
        same = same && memcmp(before, at, size) == 0;
    }
    return same;
}

static int map(int flags, int fd)
{
    return mmap(region, size, PROT_READ | PROT_WRITE, MAP_FIXED | flags, fd, 0) == region;
}

static int with_munmap(void)
{
    return munmap(region, size) == 0 && fresh_is_kept() && map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static int with_mmap(void)
{
    return mmap(region, size, PROT_NONE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == region && fresh_is_kept() &&
           map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static int with_mprotect(void)
{
    return mprotect(region, size, PROT_READ) == 0 && is_still(region) &&
           mprotect(region, size, PROT_READ | PROT_WRITE) == 0;
}

static int with_mprotect_none(void)
{
    int start = 0, end = 0;

    if (mprotect(region, size, PROT_NONE) != 0)
        return 0;
    for (int i = 0; i < CPUS_MAX; i++)
        start += atomic_load(&writes[i]);
    sched_yield();
    racers_spin(5000);
    for (int i = 0; i < CPUS_MAX; i++)
        end += atomic_load(&writes[i]);
    return end - start <= CPUS_MAX && mprotect(region, size, PROT_READ | PROT_WRITE) == 0;
}

static int with_mremap(void)
{
    char *moved = mremap(region, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, region + 2 * size);
    int right = moved == region + 2 * size && is_still(moved);

    return munmap(moved, size) == 0 && fresh_is_kept() && map(MAP_PRIVATE | MAP_ANONYMOUS, -1) && right;
}

/* The pages come back at once, as zeros. */
static int with_dontneed(void)
{
    return madvise(region, size, MADV_DONTNEED) == 0 && fresh_is_kept();
}

static int with_truncation(void)
{
    int right = map(MAP_SHARED, file);

    sched_yield();
    racers_spin(2000);
    right = right && ftruncate(file, 0) == 0 && fresh_is_kept() && ftruncate(file, (off_t)size) == 0;
    sched_yield();
    return right && map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

/* The file's pages while the space goes from a private copy to the file and back. */
static int with_copies(void)
{
    char byte;
    int right = map(MAP_PRIVATE, file);

    sched_yield();
    racers_spin(2000);
    for (unsigned page = 0; page < PAGES; page++) /* what is private isn't in the file */
        right = right && pread(file, &byte, 1, (off_t)(page * (size / PAGES) + size / PAGES / 2)) == 1 && byte == 0;
    return map(MAP_PRIVATE | MAP_ANONYMOUS, -1) && right;
}

static void run(const char *what, int (*act)(void), int count)
{
    int right = 0;

    for (int round = 0; round < rounds; round++) {
        writers_wait(count);
        right += act();
    }
    printf("%s: %d of %d right\n", what, right, rounds);
}

int main(int argc, char **argv)
{
    struct racers_cpus cpus = racers_cpus_get();
    struct sigaction action = {.sa_handler = faulted, .sa_flags = SA_NODEFER};
    int count = racers_count(&cpus);
    pthread_t threads[CPUS_MAX];

    if (argc > 2)
        rounds = atoi(argv[2]);
    size = PAGES * (size_t)page_size();
    region = mmap(NULL, 3 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    file = memfd_create("racemaps", 0);
    if (region == MAP_FAILED || file == -1 || ftruncate(file, (off_t)size) != 0 ||
        !map(MAP_PRIVATE | MAP_ANONYMOUS, -1)) {
        puts("nothing to start with");
        return 1;
    }
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    for (int i = 0; i < count; i++)
        threads[i] = racers_start(writer, (void *)(intptr_t)i);
    run("munmap", with_munmap, count);
    run("mmap over it", with_mmap, count);
    run("mprotect", with_mprotect, count);
    run("mprotect to nothing", with_mprotect_none, count);
    run("mremap", with_mremap, count);
    run("MADV_DONTNEED", with_dontneed, count);
    run("ftruncate", with_truncation, count);
    run("private pages of a file", with_copies, count);
    atomic_store(&stop, 1);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
