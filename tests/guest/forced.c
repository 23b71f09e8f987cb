/* SPDX-License-Identifier: Apache-2.0 */
/* forced.c - writes through /proc/PID/mem to memory that its program can only read: what debuggers do for breakpoints.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "show.h"

static const char constant[] = "constant text";
static int mem;

static ssize_t poke(const void *at, const void *bytes, size_t size)
{
    return pwrite(mem, bytes, size, (off_t)(uintptr_t)at);
}

static __attribute__((noinline)) int answer(void)
{
    return 42;
}

static void own(const char *file)
{
    size_t page = (size_t)page_size();
    int fd = open(file, O_CREAT | O_RDWR | O_TRUNC, 0600);
    char got[8] = {0};

    write(fd, "as it is", 8);
    ftruncate(fd, (off_t)(2 * page));
    char *private = mmap(NULL, 2 * page, PROT_READ, MAP_PRIVATE, fd, 0);
    char *other = mmap(NULL, 2 * page, PROT_READ, MAP_PRIVATE, fd, 0);
    char *shared = mmap(NULL, 2 * page, PROT_READ, MAP_SHARED, fd, 0);
    char *zeros = mmap(NULL, 2 * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *nobodys = mmap(NULL, 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *both = mmap(NULL, 2 * page, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    show("a private mapping", poke(private, "changed!", 8));
    printf("  %.8s, %.8s, %.8s\n", private, other, shared);
    pread(fd, got, 8, 0);
    printf("  the file: %.8s\n", got);
    show("once more", poke(private + 2, "ANG", 3));
    printf("  %.8s\n", private);
    show("across its pages", poke(private + page - 4, "12345678", 8));
    printf("  %.8s\n", private + page - 4);
    show("beyond its end", poke(private + 2 * page - 4, "12345678", 4));
    show("a shared one", poke(shared, "changed!", 8));
    show("shared memory", poke(both, "changed!", 8));
    show("zeros", poke(zeros, "changed!", 8));
    printf("  %.8s%d\n", zeros, zeros[page]);
    pwrite(fd, "new text", 8, 0);
    printf("the file has changed: %.8s, %.8s, %.8s\n", private, other, shared);
    munmap(nobodys, 2 * page);
    show("nothing there", poke(nobodys, "x", 1));
    show("still to be read alone", mprotect(private, page, PROT_READ));
    show("and to be written", mprotect(private, page, PROT_READ | PROT_WRITE));
    private[0] = 'X';
    printf("  %.8s\n", private);
    close(fd);
    unlink(file);
}

static void children(void)
{
    volatile const char *text = constant;
    int status;
    char path[64];

    fflush(stdout);
    int *shared = mmap(NULL, (size_t)page_size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();
    if (child == 0) {
        shared[0] = 1;
        while (((volatile int *)shared)[0] == 1)
            sched_yield();
        _exit(text[0] + answer());
    }
    while (((volatile int *)shared)[0] == 0)
        sched_yield();
    close(mem);
    snprintf(path, sizeof(path), "/proc/%d/mem", child);
    mem = open(path, O_RDWR);
    show("a child's constant", poke(constant, "\1", 1));
    shared[0] = 2;
    waitpid(child, &status, 0);
    show("it has", WEXITSTATUS(status));
    printf("and we have: %s, %d\n", (const char *)(uintptr_t)text, answer());
    close(mem);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    mem = open("/proc/self/mem", O_RDWR);
    own("file");
    show("a constant", poke(constant, "C", 1));
    volatile const char *text = constant;
    printf("  %s\n", (const char *)(uintptr_t)text);
    children();
    return 0;
}
