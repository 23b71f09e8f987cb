/* SPDX-License-Identifier: Apache-2.0 */
/*
 * holds.c - calls on a great deal at once: memory of 32 MiB, a file of as much, 65,536 groups, thousands of files. The
 * kernel with checks stops if one of them holds the kernel for long (guest-kernel/core/hold.h).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define SIZE (32ul << 20)
#define PAGE 4096ul
#define FILES 2000

static char *filled(void)
{
    char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    for (size_t at = 0; at < SIZE; at += PAGE)
        memory[at] = (char)(at >> 12 | 1);
    return memory;
}

static int holds_all(const char *memory)
{
    for (size_t at = 0; at < SIZE; at += PAGE)
        if (memory[at] != (char)(at >> 12 | 1))
            return 0;
    return 1;
}

static void show(const char *what, int good)
{
    printf("%s: %s\n", what, good ? "ok" : strerror(errno));
    fflush(stdout);
}

/* ---- memory ---- */

static void unmapping(void)
{
    char *memory = filled();

    show("munmap", munmap(memory, SIZE) == 0 && msync(memory, SIZE, MS_ASYNC) != 0 && errno == ENOMEM);
    memory = filled();
    show("mmap in its place", mmap(memory, SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory &&
                                  memory[SIZE / 2] == 0);
    munmap(memory, SIZE);
}

static void changing(void)
{
    char *memory = filled(), *moved;

    show("mprotect", mprotect(memory, SIZE, PROT_READ) == 0 && mprotect(memory, SIZE, PROT_READ | PROT_WRITE) == 0 &&
                         holds_all(memory));
    moved = mremap(memory, SIZE, 2 * SIZE, MREMAP_MAYMOVE);
    show("mremap", moved != MAP_FAILED && holds_all(moved));
    show("mlock", mlock(moved, PAGE) == 0 && munlock(moved, PAGE) == 0);
    show("madvise", madvise(moved, SIZE, MADV_DONTNEED) == 0 && moved[SIZE / 2] == 0);
    show("madvise that fills", madvise(moved, SIZE, MADV_POPULATE_WRITE) == 0);
    show("mremap that shrinks", mremap(moved, 2 * SIZE, PAGE, 0) == moved);
    munmap(moved, PAGE);
    memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    show("mmap that fills", memory != MAP_FAILED && munmap(memory, SIZE) == 0);
}

static void breaking(void)
{
    char *start = (char *)syscall(SYS_brk, 0), *end = start + SIZE;
    int grows = (char *)syscall(SYS_brk, end) == end;

    for (char *at = start; grows && at < end; at += PAGE)
        *at = 1;
    show("brk", grows && (char *)syscall(SYS_brk, start) == start);
}

static void forking(void)
{
    char *memory = filled();
    int status = -1;
    pid_t child = fork();

    if (child == 0)
        _exit(holds_all(memory) ? 3 : 4);
    show("fork and exit", waitpid(child, &status, 0) == child && status == 3 << 8);
    child = fork();
    if (child == 0) {
        memset(memory, 7, SIZE);
        execl("/proc/self/exe", "holds", "again", NULL);
        _exit(5);
    }
    show("fork and exec", waitpid(child, &status, 0) == child && status == 6 << 8 && holds_all(memory));
    munmap(memory, SIZE);
}

/* Each page one mapping. */
static void many_areas(void)
{
    char *memory = mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int error = 0, status = -1;

    for (size_t at = 0; at < SIZE; at += 2 * PAGE)
        error |= mprotect(memory + at, PAGE, PROT_READ | PROT_WRITE);
    pid_t child = fork();
    if (child == 0)
        _exit(3);
    show("fork of many mappings", waitpid(child, &status, 0) == child && status == 3 << 8 && error == 0);
    show("mprotect of many mappings", mprotect(memory, SIZE, PROT_READ) == 0);
    for (size_t at = 0; at < SIZE; at += 2 * PAGE)
        error |= mprotect(memory + at, PAGE, PROT_READ | PROT_WRITE);
    show("munmap of many mappings", error == 0 && munmap(memory, SIZE) == 0);
}

/* ---- files ---- */

static void large_file(const char *dir)
{
    char path[256];
    char *block = calloc(1, 1 << 20), *map;
    ssize_t written = 0;
    int fd;

    snprintf(path, sizeof(path), "%s/holds-large", dir);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (unsigned i = 0; i < SIZE >> 20; i++)
        written += write(fd, block, 1 << 20);
    show("write", written == (ssize_t)SIZE);
    map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    for (size_t at = 0; at < SIZE; at += PAGE)
        map[at] = 1;
    show("truncate", ftruncate(fd, 1) == 0);
    munmap(map, SIZE);
    show("fallocate", fallocate(fd, 0, 0, (off_t)SIZE) == 0 || errno == EOPNOTSUPP);
    show("fallocate of a hole",
         fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)SIZE) == 0 || errno == EOPNOTSUPP);
    for (unsigned i = 0; i < SIZE >> 20; i++)
        written += pwrite(fd, block, 1 << 20, (off_t)i << 20);
    show("unlink", unlink(path) == 0 && close(fd) == 0);
    free(block);
}

static void many_files(const char *dir)
{
    char path[256];
    int error = 0;

    snprintf(path, sizeof(path), "%s/holds-many", dir);
    error |= mkdir(path, 0700);
    int at = open(path, O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < FILES; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%d", i);
        error |= close(openat(at, name, O_WRONLY | O_CREAT, 0600));
    }
    for (int i = 0; i < FILES; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%d", i);
        error |= unlinkat(at, name, 0);
    }
    show("many files", error == 0 && close(at) == 0);
    show("rmdir", rmdir(path) == 0);
}

/* ---- others ---- */

static void groups(void)
{
    static gid_t id[65536];

    for (unsigned i = 0; i < 65536; i++)
        id[i] = i * 40503u % 65536;
    int set = setgroups(65536, id), is_root = geteuid() == 0;
    show("setgroups", is_root ? set == 0 : set != 0);
    show("getgroups", !is_root || (getgroups(65536, id) == 65536 && id[40000] == 40000));
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "again") == 0)
        return 6;
    unmapping();
    changing();
    breaking();
    forking();
    many_areas();
    if (argc > 1) {
        large_file(argv[1]);
        many_files(argv[1]);
    }
    groups();
    return 0;
}
