/* SPDX-License-Identifier: Apache-2.0 */
/* cutmap.c - files that are cut off and grow while they are mapped: SIGBUS behind the end, and no byte that was cut off
 * comes back. */
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include "show.h"

#define PAGE page_size()

static sigjmp_buf back;
static volatile int seen_code;
static char *volatile seen_address;

static void catcher(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    seen_code = info->si_code;
    seen_address = info->si_addr;
    siglongjmp(back, 1);
}

/* A byte of a mapping, read or written: its value, or SIGBUS. */
static void touch(const char *what, char *at, int value)
{
    if (sigsetjmp(back, 1)) {
        printf("%s: SIGBUS, %s, %s\n", what, seen_code == BUS_ADRERR ? "BUS_ADRERR" : "another code",
               seen_address == at ? "at that address" : "somewhere else");
        return;
    }
    if (value != 0)
        *(volatile char *)at = (char)value;
    printf("%s: %d\n", what, *(volatile char *)at);
}

static void show_file(const char *what, int fd, off_t at)
{
    char byte = 99;

    if (pread(fd, &byte, 1, at) == 1)
        printf("%s: %d\n", what, byte);
    else
        printf("%s: nothing\n", what);
}

static int make(void)
{
    char block[512];
    int fd = open("cut", O_CREAT | O_RDWR | O_TRUNC, 0644);

    memset(block, 7, sizeof(block));
    for (long done = 0; done < 4 * PAGE; done += (long)sizeof(block))
        if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block))
            printf("write failed\n");
    return fd;
}

static char *map(int fd, int flags)
{
    return mmap(NULL, (size_t)(4 * PAGE), PROT_READ | PROT_WRITE, flags, fd, 0);
}

static void cut_and_grow(int fd, char *shared, char *private)
{
    touch("shared", shared + 2 * PAGE, 11);
    touch("shared, to be cut", shared + PAGE + 100, 12);
    touch("private, read", private + 2 * PAGE + 1, 0);
    touch("private, written", private + 3 * PAGE, 13);
    touch("private, in front", private, 14);

    show("cut", ftruncate(fd, PAGE + 50));
    touch("in front", shared + PAGE + 49, 0);
    touch("behind the end, same page", shared + PAGE + 100, 0);
    touch("shared page that is gone", shared + 2 * PAGE, 0);
    touch("write to it", shared + 2 * PAGE, 1);
    touch("private page that is gone", private + 2 * PAGE + 1, 0);
    touch("private copy that is gone", private + 3 * PAGE, 0);
    touch("private copy in front", private, 0);
    touch("behind the end, written", shared + PAGE + 200, 15);

    show("grow", ftruncate(fd, 4 * PAGE));
    touch("what was behind the end", shared + PAGE + 200, 0);
    touch("shared", shared + 2 * PAGE, 0);
    touch("private", private + 3 * PAGE, 0);
    touch("write", shared + 2 * PAGE, 16);
    show_file("it is in the file", fd, 2 * PAGE);
    touch("and in the private mapping", private + 2 * PAGE, 0);
    show("msync", msync(shared, (size_t)(4 * PAGE), MS_SYNC));
}

/* The kernel's own accesses. */
static void by_calls(int fd, char *shared)
{
    int other = open("other", O_CREAT | O_RDWR | O_TRUNC, 0644);

    show("cut to nothing", ftruncate(fd, 0));
    show("write from a page that is gone", write(other, shared, 10));
    show("write", write(other, "abc", 3));
    show("read into it", pread(other, shared, 3, 0));
    show("grow by writing", pwrite(fd, "xyz", 3, 2 * PAGE));
    touch("hole", shared + PAGE, 0);
    touch("what was written", shared + 2 * PAGE + 2, 0);
    touch("behind it", shared + 3 * PAGE, 0);
    show("write from it", pwrite(other, shared + 2 * PAGE, 3, 0));
    show_file("what came", other, 1);
    close(open("cut", O_WRONLY | O_TRUNC));
    touch("after O_TRUNC", shared, 0);
    close(other);
    unlink("other");
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_sigaction = catcher, .sa_flags = SA_SIGINFO};

    enter(argc, argv);
    sigaction(SIGBUS, &action, NULL);
    int fd = make();
    char *shared = map(fd, MAP_SHARED), *private = map(fd, MAP_PRIVATE);
    cut_and_grow(fd, shared, private);
    by_calls(fd, shared);

    /* A part of the mapping that was unmapped, and a mapping that was moved, follow as well. */
    show("grow", ftruncate(fd, 4 * PAGE));
    show("munmap", munmap(shared + PAGE, (size_t)PAGE));
    touch("the rest", shared + 3 * PAGE, 21);
    char *twin = mmap(NULL, (size_t)PAGE, PROT_READ, MAP_SHARED, fd, 3 * PAGE);
    touch("twin", twin, 0);
    show("cut", ftruncate(fd, 3 * PAGE));
    touch("the rest", shared + 3 * PAGE, 0);
    touch("twin", twin, 0);
    touch("in front", shared + 2 * PAGE, 22);
    munmap(shared, (size_t)PAGE);
    munmap(shared + 2 * PAGE, (size_t)(2 * PAGE));
    show_file("stored", fd, 2 * PAGE);
    close(fd);
    unlink("cut");
    return 0;
}
