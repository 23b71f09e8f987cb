/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cutwhile.c - a file gets shorter and longer while others read it and have it mapped: nobody sees what isn't the
 * file's. What is written through a mapping, before and after it was stored, is what a reader finds, and the disk.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "show.h"

#define SIZE (40 * 4096)
#define ROUNDS 60

static atomic_int done, strange;

/* Bytes are the file's pattern, or zeros where it grew. */
static void look(const unsigned char *bytes, ssize_t size)
{
    for (ssize_t i = 0; i < size; i++)
        if (bytes[i] != 0x5a && bytes[i] != 0)
            strange++;
}

static void *read_on(void *arg)
{
    static unsigned char bytes[SIZE];
    int fd = open("cut", O_RDONLY);

    (void)arg;
    while (!done) {
        memset(bytes, 0x77, sizeof(bytes));
        look(bytes, pread(fd, bytes, sizeof(bytes), 100));
    }
    close(fd);
    return NULL;
}

static sigjmp_buf beyond;

static void on_bus(int signal)
{
    (void)signal;
    siglongjmp(beyond, 1);
}

/* Beyond the end there is SIGBUS, which is this thread's own. */
static void *map_on(void *arg)
{
    int fd = open("cut", O_RDONLY);
    volatile const unsigned char *map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);

    (void)arg;
    while (!done) {
        if (sigsetjmp(beyond, 1) != 0)
            continue;
        for (size_t i = 0; i < SIZE; i += 512) {
            unsigned char byte = map[i];
            look(&byte, 1);
        }
    }
    munmap((void *)map, SIZE);
    close(fd);
    return NULL;
}

static void cut(void)
{
    static unsigned char bytes[SIZE];
    pthread_t reader, mapper;
    int fd = open("cut", O_RDWR | O_CREAT | O_TRUNC, 0644), errors = 0;

    memset(bytes, 0x5a, sizeof(bytes));
    signal(SIGBUS, on_bus);
    errors += write(fd, bytes, SIZE) != SIZE;
    pthread_create(&reader, NULL, read_on, NULL);
    pthread_create(&mapper, NULL, map_on, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        errors += ftruncate(fd, (off_t)(i * 1777) % SIZE) != 0;
        if (i % 3 == 0)
            errors += fsync(fd) != 0;
        if (i % 2 == 0)
            errors += ftruncate(fd, SIZE) != 0;
        errors += pwrite(fd, bytes, SIZE, 0) != SIZE;
        if (i % 5 == 0)
            errors += fsync(fd) != 0;
    }
    done = 1;
    pthread_join(reader, NULL);
    pthread_join(mapper, NULL);
    printf("errors: %d, bytes that aren't the file's: %d\n", errors, strange);
    close(fd);
    unlink("cut");
}

/* The disk's own view, where the file system has one. */
static int direct_open(void)
{
    int fd = open("seen", O_RDONLY | O_DIRECT);

    return fd >= 0 ? fd : open("seen", O_RDONLY);
}

static void stores_are_seen(void)
{
    static char page[4096] __attribute__((aligned(4096)));
    int fd = open("seen", O_RDWR | O_CREAT | O_TRUNC, 0644), unseen = 0, unstored = 0, errors = 0;

    errors += ftruncate(fd, 3 * 4096) != 0;
    char *map = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int direct = direct_open();
    for (int i = 1; i <= ROUNDS; i++) {
        map[4096 + i] = (char)i; /* to a page that has been stored, as a rule */
        errors += pread(fd, page, sizeof(page), 4096) != sizeof(page);
        unseen += page[i] != (char)i;
        errors += (i % 2 == 0 ? fsync(fd) : msync(map, 3 * 4096, MS_SYNC)) != 0;
        errors += pread(direct, page, sizeof(page), 4096) != sizeof(page);
        unstored += page[i] != (char)i;
        memset(page, i, sizeof(page));
        errors += pwrite(fd, page, 100, 8192) != 100;
        unseen += map[8192 + 50] != (char)i;
    }
    printf("errors: %d, stores not seen: %d, not stored: %d\n", errors, unseen, unstored);
    munmap(map, 3 * 4096);
    close(direct);
    close(fd);
    unlink("seen");
}

int main(int argc, char **argv)
{
    if (argc < 2 || chdir(argv[1]) != 0)
        return 2;
    cut();
    stores_are_seen();
    return 0;
}
