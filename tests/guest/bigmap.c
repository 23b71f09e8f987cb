/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bigmap.c - a file of a few hundred pages by all ways at once: read and written, mapped shared and privately, made
 * longer and shorter under mappings. Each sees what the others did. (What holds for a short file may not for this one:
 * of a shared folder it is the host's own pages.)
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "show.h"

#define PAGE (size_t)page_size()
#define PAGES 300u
#define SIZE (PAGES * PAGE)
#define RW (PROT_READ | PROT_WRITE)

static sigjmp_buf back;

static void caught(int signal)
{
    siglongjmp(back, signal);
}

/* What a byte is, or after `value` was written to it. */
static void touch(const char *what, volatile char *at, int value)
{
    int signal = sigsetjmp(back, 1);

    if (signal == 0) {
        if (value != 0)
            *at = (char)value;
        printf("%s: %d\n", what, *at);
        return;
    }
    printf("%s: %s\n", what, signal == SIGBUS ? "SIGBUS" : "another signal");
}

static char byte_of(size_t page)
{
    return (char)(page % 100 + 1);
}

static int file_make(const char *name)
{
    char *page = malloc(PAGE);
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);

    for (size_t i = 0; i < PAGES; i++) {
        memset(page, byte_of(i), PAGE);
        if (write(fd, page, PAGE) != (ssize_t)PAGE)
            printf("page %zu can't be written\n", i);
    }
    free(page);
    return fd;
}

static char *map(int fd, int prot, int flags)
{
    char *at = mmap(NULL, SIZE, prot, flags, fd, 0);

    if (at == MAP_FAILED)
        printf("mmap: %s\n", error_name(errno));
    return at;
}

static void check(const char *what, const char *at, size_t pages)
{
    size_t wrong = 0;

    for (size_t i = 0; i < pages; i++)
        wrong += at[i * PAGE] != byte_of(i) || at[i * PAGE + PAGE - 1] != byte_of(i);
    printf("%s: %zu of %zu pages are wrong\n", what, wrong, pages);
}

static char byte_at(int fd, size_t offset)
{
    char byte = 0;

    show("pread", pread(fd, &byte, 1, (off_t)offset));
    return byte;
}

static void sees_each_other(int fd)
{
    char *shared = map(fd, RW, MAP_SHARED), *private = map(fd, RW, MAP_PRIVATE),
         *second = map(fd, PROT_READ, MAP_SHARED);
    char four[4] = "abcd";

    check("shared", shared, PAGES);
    check("private", private, PAGES);
    shared[5 * PAGE + 1] = 'x';
    private[6 * PAGE + 1] = 'y';
    printf("written by the shared one: %d %d %d\n", private[5 * PAGE + 1], second[5 * PAGE + 1],
           byte_at(fd, 5 * PAGE + 1));
    printf("by the private one: %d %d %d\n", shared[6 * PAGE + 1], second[6 * PAGE + 1], byte_at(fd, 6 * PAGE + 1));
    show("pwrite", pwrite(fd, four, 4, (off_t)(7 * PAGE - 2)));
    printf("by write: %c%c %c%c, and %d where there is a copy\n", shared[7 * PAGE - 2], second[7 * PAGE - 1],
           shared[7 * PAGE], private[7 * PAGE + 1], private[7 * PAGE - 1]);
    show("msync", msync(shared, SIZE, MS_SYNC));
    fflush(stdout);
    if (fork() == 0) {
        shared[8 * PAGE] = 'p';
        private[9 * PAGE] = 'q';
        _exit(0);
    }
    wait(NULL);
    printf("by a child: %c, and its own %d\n", second[8 * PAGE], private[9 * PAGE]);
    munmap(shared, SIZE);
    munmap(private, SIZE);
    munmap(second, SIZE);
}

static void gets_longer(int fd)
{
    char *at = map(fd, RW, MAP_SHARED), tail[3] = {0};
    struct stat st;

    show("ftruncate", ftruncate(fd, (off_t)(10 * PAGE + 10)));
    touch("within", &at[10 * PAGE + 9], 0);
    touch("behind the end, in the last page", &at[10 * PAGE + 10], 0);
    touch("in the next page", &at[11 * PAGE], 0);
    touch("far behind", &at[200 * PAGE], 7);
    show("a write behind it", pwrite(fd, "z", 1, (off_t)(12 * PAGE)));
    touch("what was behind the end", &at[11 * PAGE], 0);
    touch("what was written", &at[12 * PAGE], 0);
    touch("the rest of that page", &at[12 * PAGE + 1], 0);
    show("longer", ftruncate(fd, (off_t)SIZE));
    touch("a hole", &at[100 * PAGE], 0);
    touch("written there", &at[100 * PAGE], 9);
    show("read", pread(fd, tail, 3, (off_t)(100 * PAGE)));
    printf("%d %d %d\n", tail[0], tail[1], tail[2]);
    fstat(fd, &st);
    printf("%d pages\n", (int)((size_t)st.st_size / PAGE));
    munmap(at, SIZE);
}

static void loses_copies(int fd)
{
    char *private = map(fd, RW, MAP_PRIVATE);

    private[20 * PAGE] = 'c';
    private[2 * PAGE] = 'd';
    show("ftruncate", ftruncate(fd, (off_t)(10 * PAGE)));
    touch("a copy behind the end", &private[20 * PAGE], 0);
    touch("one before it", &private[2 * PAGE], 0);
    munmap(private, SIZE);
}

/* The kernel itself goes behind the end. */
static void kernel_touches(int fd, const char *other)
{
    char *at = map(fd, PROT_READ, MAP_SHARED);
    int out = open(other, O_RDWR | O_CREAT | O_TRUNC, 0600);
    struct iovec pieces[2] = {{at + 9 * PAGE, PAGE}, {at + 10 * PAGE, PAGE}};

    show("write of what isn't there", write(out, at + 10 * PAGE, 10));
    show("writev of what is, then isn't", writev(out, pieces, 2) == (ssize_t)PAGE);
    show("write of what is", write(out, at, 3 * PAGE) == (ssize_t)(3 * PAGE));
    munmap(at, SIZE);
    close(out);
    unlink(other);
}

int main(int argc, char **argv)
{
    char name[256], other[256];
    int fd;

    (void)argc;
    snprintf(name, sizeof(name), "%s/bigmap", argv[1]);
    snprintf(other, sizeof(other), "%s/bigmap-out", argv[1]);
    signal(SIGBUS, caught);
    signal(SIGSEGV, caught);
    fd = file_make(name);
    sees_each_other(fd);
    gets_longer(fd);
    loses_copies(fd);
    kernel_touches(fd, other);
    close(fd);
    unlink(name);
    return 0;
}
