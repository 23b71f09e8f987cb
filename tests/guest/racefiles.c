/* SPDX-License-Identifier: Apache-2.0 */
/* racefiles.c - threads on several CPUs read and write the same files at once, while they are cut, grow, are closed,
 * and while the buffers go away: no byte is lost, taken twice or anybody else's. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "racers.h"

#define RECORDS 600
#define ROUNDS 60
#define PAGE 4096

static int shared_fd; /* of all threads */
static atomic_int taken[RECORDS], wrong, stop, turns;
static char *window; /* comes and goes */

static int file_make(const char *name, int on_disk)
{
    int fd = on_disk ? open(name, O_RDWR | O_CREAT | O_TRUNC, 0600) : open("/dev/shm", O_RDWR | O_TMPFILE, 0600);

    if (fd < 0) {
        printf("%s: %s\n", name, error_name(errno));
        exit(1);
    }
    if (on_disk)
        unlink(name);
    return fd;
}

static void run(void *(*body)(void *), int count)
{
    pthread_t threads[CPUS_MAX];
    const struct racers_cpus cpus = racers_cpus_get();

    if (count == 0)
        count = racers_count(&cpus);
    for (int i = 0; i < count; i++)
        threads[i] = racers_start(body, (void *)(intptr_t)i);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

/* ---- one position for all: each record is read once, and each place is written once ---- */

static void *take(void *arg)
{
    uint32_t record[2];

    (void)arg;
    while (read(shared_fd, record, sizeof(record)) == (ssize_t)sizeof(record)) {
        if (record[0] >= RECORDS || record[1] != ~record[0])
            atomic_fetch_add(&wrong, 1);
        else
            atomic_fetch_add(&taken[record[0]], 1);
    }
    return NULL;
}

static void *put(void *arg)
{
    uint32_t record[2] = {(uint32_t)(intptr_t)arg};

    for (int i = 0; i < RECORDS / CPUS_MAX; i++) {
        record[1] = (uint32_t)i;
        if (write(shared_fd, record, sizeof(record)) != (ssize_t)sizeof(record))
            atomic_fetch_add(&wrong, 1);
    }
    return NULL;
}

/* What put() has written: of each thread its records in their order, none left out. */
static int all_are_there(int count)
{
    uint32_t next[CPUS_MAX] = {0}, record[2];

    lseek(shared_fd, 0, SEEK_SET);
    for (int i = 0; i < count * (RECORDS / CPUS_MAX); i++)
        if (read(shared_fd, record, sizeof(record)) != (ssize_t)sizeof(record) || record[0] >= CPUS_MAX ||
            record[1] != next[record[0]]++)
            return 0;
    return 1;
}

static void one_position(int on_disk)
{
    int once = 1;

    shared_fd = file_make("racefiles.tmp", on_disk);
    for (uint32_t i = 0; i < RECORDS; i++) {
        const uint32_t record[2] = {i, ~i};
        if (write(shared_fd, record, sizeof(record)) != (ssize_t)sizeof(record))
            puts("can't write");
    }
    lseek(shared_fd, 0, SEEK_SET);
    run(take, 0);
    for (int i = 0; i < RECORDS; i++)
        once &= atomic_exchange(&taken[i], 0) == 1;
    printf("each record was read once: %d, none was torn: %d\n", once, atomic_exchange(&wrong, 0) == 0);
    lseek(shared_fd, 0, SEEK_SET);
    run(put, CPUS_MAX); /* over bytes that are there, and beyond them */
    printf("each was written once: %d, all whole: %d\n", all_are_there(CPUS_MAX), atomic_exchange(&wrong, 0) == 0);
    close(shared_fd);
}

/* ---- the file is cut and grows, and buffers go, while others read and write ---- */

/* Of a file whose pages have nothing but zeros or their own letter. */
static int is_page(const char *bytes, ssize_t size)
{
    for (ssize_t i = 0; i < size; i++)
        if (bytes[i] != 0 && bytes[i] != bytes[0] && bytes[0] != 0)
            return 0;
    return 1;
}

static void *read_and_write(void *arg)
{
    static _Thread_local char page[PAGE];
    int me = (int)(intptr_t)arg;
    struct stat status;

    for (int i = 0; !atomic_load(&stop); i++) {
        off_t place = (off_t)(i % 4) * PAGE;
        ssize_t n = pread(shared_fd, page, PAGE, place);
        if (n < 0 ? errno != EBADF : !is_page(page, n))
            atomic_fetch_add(&wrong, 1);
        memset(page, 'a' + me, PAGE); /* a page of each one's own, but for what is cut */
        n = pwrite(shared_fd, page, PAGE, (off_t)(8 + me) * PAGE);
        if (n < 0 ? errno != EBADF : n != PAGE)
            atomic_fetch_add(&wrong, 1);
        n = pread(shared_fd, window, PAGE, (off_t)(8 + me) * PAGE); /* or it is away */
        if (n < 0 && errno != EBADF && errno != EFAULT)
            atomic_fetch_add(&wrong, 1);
        if (fstat(shared_fd, &status) < 0 ? errno != EBADF : status.st_size > 64 * PAGE)
            atomic_fetch_add(&wrong, 1);
        atomic_fetch_add(&turns, 1);
        if (i % 16 == 15)
            sched_yield();
    }
    return NULL;
}

static void *change(void *arg)
{
    int other = file_make("racefiles.2", 0);

    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        racers_wait(&turns, atomic_load(&turns) + 2);
        if (ftruncate(shared_fd, (off_t)(i % 3) * PAGE + 100) < 0 && errno != EBADF)
            atomic_fetch_add(&wrong, 1);
        munmap(window, PAGE);
        racers_spin(300);
        if (mmap(window, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != window)
            atomic_fetch_add(&wrong, 1);
        if (i % 8 == 7) { /* another file takes its place, and it the other's */
            int kept = dup(shared_fd);
            if (kept < 0 || dup2(other, shared_fd) < 0 || dup2(kept, other) < 0)
                atomic_fetch_add(&wrong, 1);
            close(kept);
        }
    }
    atomic_store(&stop, 1);
    close(other);
    return NULL;
}

static void *change_or_use(void *arg)
{
    return (intptr_t)arg == 0 ? change(arg) : read_and_write(arg);
}

static void changes(int on_disk)
{
    atomic_store(&stop, 0);
    shared_fd = file_make("racefiles.tmp", on_disk);
    window = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    run(change_or_use, 0);
    printf("nothing is seen that nobody wrote: %d\n", atomic_exchange(&wrong, 0) == 0);
    munmap(window, PAGE);
    close(shared_fd);
}

/* ---- a write is seen in the times ---- */

static void times(void)
{
    int fd = file_make("racefiles.tmp", 0), moved = 0;
    struct stat before, after;

    if (pwrite(fd, "x", 1, 0) != 1 || fstat(fd, &before) < 0)
        puts("no file");
    for (int i = 0; i < 1000000 && !moved; i++) {
        if (pwrite(fd, "y", 1, 0) != 1 || fstat(fd, &after) < 0)
            puts("no file");
        moved = after.st_mtim.tv_sec != before.st_mtim.tv_sec || after.st_mtim.tv_nsec != before.st_mtim.tv_nsec;
    }
    printf("the time of the last change: %d\n", moved);
    close(fd);
}

int main(void)
{
    one_position(0);
    one_position(1);
    changes(0);
    changes(1);
    times();
    return 0;
}
