// SPDX-License-Identifier: Apache-2.0
/* cachestats.c - cachestat: how many of a file's pages are in memory, and what it refuses. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "show.h"

#define PAGE page_size()
#define SYS_CACHESTAT 451

struct range {
    uint64_t offset, length;
};

struct counts {
    uint64_t cached, dirty, written_back, evicted, recently_evicted;
};

static long ask(int fd, uint64_t offset, uint64_t length, struct counts *counts)
{
    struct range range = {offset, length};

    return syscall(SYS_CACHESTAT, fd, &range, counts, 0);
}

static void show_pages(const char *what, int fd, uint64_t offset, uint64_t length)
{
    struct counts counts;

    memset(&counts, 0x55, sizeof(counts));
    if (ask(fd, offset, length, &counts) != 0)
        printf("%s: %s\n", what, error_name(errno));
    else
        printf("%s: %lu, %lu dirty, %lu on their way\n", what, (unsigned long)counts.cached,
               (unsigned long)counts.dirty, (unsigned long)counts.written_back);
}

static void refused(int fd)
{
    struct range range = {0, 0};
    struct counts counts;
    int path = open(".", O_PATH);

    show("flags", syscall(SYS_CACHESTAT, fd, &range, &counts, 1));
    show("no descriptor", syscall(SYS_CACHESTAT, -1, &range, &counts, 0));
    show("a path", syscall(SYS_CACHESTAT, path, &range, &counts, 0));
    show("no range", syscall(SYS_CACHESTAT, fd, NULL, &counts, 0));
    show("no range, flags", syscall(SYS_CACHESTAT, fd, NULL, &counts, 1));
    show("nowhere to", syscall(SYS_CACHESTAT, fd, &range, NULL, 0));
    show("no descriptor, no range", syscall(SYS_CACHESTAT, -1, NULL, NULL, 1));
    close(path);
}

static void of_memory(void)
{
    int fd = (int)syscall(SYS_memfd_create, "pages", 0u);
    char byte = 1;

    show_pages("none", fd, 0, 0);
    ftruncate(fd, 100 * PAGE);
    show_pages("a hole", fd, 0, 0);
    for (int i = 10; i < 20; i++)
        pwrite(fd, &byte, 1, i * PAGE);
    pwrite(fd, &byte, 1, 90 * PAGE);
    show_pages("eleven pages", fd, 0, 0);
    show_pages("from the fifteenth", fd, 15 * (uint64_t)PAGE, 0);
    show_pages("up to it", fd, 0, 15 * (uint64_t)PAGE);
    show_pages("and its first byte", fd, 0, 15 * (uint64_t)PAGE + 1);
    show_pages("a byte", fd, 15 * (uint64_t)PAGE + 5, 1);
    show_pages("two bytes of two pages", fd, 15 * (uint64_t)PAGE - 1, 2);
    show_pages("beyond the end", fd, 100 * (uint64_t)PAGE, 0);
    show_pages("all that there may be", fd, 0, UINT64_MAX);
    show_pages("beyond all", fd, (uint64_t)-1, 0);
    show_pages("around the end of all", fd, (uint64_t)-PAGE, 2 * (uint64_t)PAGE);
    refused(fd);
    fallocate(fd, 3, 12 * PAGE, 2 * PAGE);
    show_pages("two less", fd, 0, 0);
    ftruncate(fd, 50 * PAGE);
    show_pages("another less", fd, 0, 0);
    close(fd);
}

static void of_file(void)
{
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    char page[64];
    struct counts counts = {0};

    memset(page, 3, sizeof(page));
    for (int i = 0; i < 8; i++)
        pwrite(fd, page, sizeof(page), i * PAGE);
    fsync(fd);
    show_pages("stored", fd, 0, 0);
    pwrite(fd, page, sizeof(page), 2 * PAGE);
    ask(fd, 0, 0, &counts);
    show_bool("one is to be stored, or is by now", counts.cached == 8 && counts.dirty <= 1);
    close(fd);
    unlink("file");
}

static void of_others(void)
{
    int ends[2], fd = open(".", O_RDONLY);
    struct counts counts;

    pipe(ends);
    show_pages("a pipe", ends[0], 0, 0);
    show("a folder", ask(fd, 0, 0, &counts));
    close(fd);
    fd = open("/dev/null", O_RDONLY);
    show_pages("/dev/null", fd, 0, 0);
    close(fd);
}

/* Who could write to a file may ask. */
static void permitted(void)
{
    int fd;

    if (chdir("/dev/shm") != 0)
        exit(2);
    fd = open("cachestats-mine", O_RDWR | O_CREAT, 0644);
    close(fd);
    fd = open("cachestats-all", O_RDWR | O_CREAT, 0644);
    fchmod(fd, 0666);
    close(fd);
    if (seteuid(1000) != 0)
        exit(2);
    fd = open("cachestats-mine", O_RDONLY);
    show_pages("another's", fd, 0, 0);
    close(fd);
    fd = open("cachestats-all", O_RDONLY);
    show_pages("everybody's", fd, 0, 0);
    close(fd);
    seteuid(0);
    unlink("cachestats-mine");
    unlink("cachestats-all");
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    of_memory();
    of_file();
    of_others();
    if (geteuid() == 0)
        permitted();
    return 0;
}
