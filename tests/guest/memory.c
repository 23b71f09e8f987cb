/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c - the heap, the break, mappings and their protection. */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "show.h"

#define PAGE (size_t)page_size()

static bool is_filled(const char *bytes, int value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != (char)value)
            return 0;
    return 1;
}

/* Can the kernel read there? Asked without a signal handler: of write(2). */
static void probe(const char *what, const void *address)
{
    int fd = open("probe", O_CREAT | O_RDWR | O_TRUNC, 0644);

    show(what, write(fd, address, 1));
    close(fd);
}

static void heap(void)
{
    static char *block[500];
    size_t sum = 0;

    for (int i = 0; i < 500; i++) {
        size_t size = (size_t)(i * 37 % 5000 + 1);
        block[i] = malloc(size);
        memset(block[i], i, size);
    }
    for (int i = 0; i < 500; i += 2)
        free(block[i]);
    for (int i = 0; i < 500; i += 2) {
        block[i] = calloc(1, (size_t)(i * 91 % 20000 + 1));
        sum += (size_t)is_filled(block[i], 0, (size_t)(i * 91 % 20000 + 1));
    }
    for (int i = 1; i < 500; i += 2)
        sum += (size_t)is_filled(block[i], i, (size_t)(i * 37 % 5000 + 1));
    show("good blocks", (long)sum);
    char *big = malloc(10 << 20);
    memset(big, 7, 10 << 20);
    big = realloc(big, 20 << 20);
    show_bool("realloc keeps", is_filled(big, 7, 10 << 20));
    free(big);
    for (int i = 0; i < 500; i++)
        free(block[i]);
}

static void program_break(void)
{
    char *start = (char *)syscall(SYS_brk, 0);

    show_bool("brk grows", syscall(SYS_brk, start + 3 * PAGE + 5) == (long)(start + 3 * PAGE + 5));
    show_bool("it is zero", is_filled(start, 0, 3 * PAGE + 5));
    start[3 * PAGE] = 1;
    show_bool("brk shrinks", syscall(SYS_brk, start) == (long)start);
    show_bool("brk to nowhere", syscall(SYS_brk, 1) == (long)start);
    syscall(SYS_brk, start + 4 * PAGE);
    show_bool("zero again", is_filled(start, 0, 4 * PAGE));
    syscall(SYS_brk, start);
}

static char *map(size_t size, int prot)
{
    return mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void mappings(void)
{
    char *area = map(16 * PAGE, PROT_READ | PROT_WRITE);

    show_bool("mmap", area != MAP_FAILED);
    show_bool("it is zero", is_filled(area, 0, 16 * PAGE));
    memset(area, 1, 16 * PAGE);
    show("munmap of the middle", munmap(area + 4 * PAGE, 4 * PAGE));
    show("munmap of a hole", munmap(area + 4 * PAGE, 4 * PAGE));
    probe("below the hole", area + 4 * PAGE - 1);
    probe("in the hole", area + 4 * PAGE);
    probe("above the hole", area + 8 * PAGE);
    char *fixed = mmap(area + 5 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    show_bool("MAP_FIXED", fixed == area + 5 * PAGE);
    show_bool("fresh", is_filled(fixed, 0, PAGE));
    fixed = mmap(area, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    show_bool("MAP_FIXED replaces", fixed == area && area[0] == 0 && area[PAGE] == 1);
    show_bool("MAP_FIXED_NOREPLACE",
              mmap(area, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | 0x100000, -1, 0) == MAP_FAILED &&
                  errno == EEXIST);
    show_bool("a hint is taken",
              mmap(area + 6 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == area + 6 * PAGE);
    show("munmap of all", munmap(area, 16 * PAGE));
    probe("nothing left", area);
}

static void protection(void)
{
    char *area = map(4 * PAGE, PROT_READ | PROT_WRITE);
    int fd = open("probe", O_CREAT | O_RDWR, 0644);

    memset(area, 5, 4 * PAGE);
    show("mprotect none", mprotect(area, PAGE, PROT_NONE));
    probe("read of none", area);
    show("mprotect read", mprotect(area, PAGE, PROT_READ));
    probe("read of read-only", area);
    show("write", pwrite(fd, "x", 1, 0));
    show("into read-only", pread(fd, area, 1, 0));
    show("mprotect back", mprotect(area, PAGE, PROT_READ | PROT_WRITE));
    show("into it", pread(fd, area, 1, 0));
    show_bool("contents", area[0] == 'x' && is_filled(area + 1, 5, 4 * PAGE - 1));
    show("mprotect unaligned", mprotect(area + 1, PAGE, PROT_READ));
    show("mprotect of nothing", mprotect(area, 0, PROT_READ));
    show("madvise", madvise(area + PAGE, PAGE, MADV_DONTNEED));
    show_bool("zero after", is_filled(area + PAGE, 0, PAGE) && area[2 * PAGE] == 5);
    show("madvise bad", madvise(area, PAGE, 12345));
    close(fd);
    munmap(area, 4 * PAGE);
}

static void remap(void)
{
    char *area = map(2 * PAGE, PROT_READ | PROT_WRITE), *guard;

    memset(area, 9, 2 * PAGE);
    guard = mmap(area + 2 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    area = mremap(area, 2 * PAGE, 300 * PAGE, MREMAP_MAYMOVE);
    show_bool("mremap",
              area != MAP_FAILED && is_filled(area, 9, 2 * PAGE) && is_filled(area + 2 * PAGE, 0, 298 * PAGE));
    show_bool("mremap shrinks", mremap(area, 300 * PAGE, PAGE, 0) == area);
    probe("what is left", area);
    probe("what is gone", area + PAGE);
    munmap(area, PAGE);
    munmap(guard, PAGE);
}

static void refused(void)
{
    show_ok("mmap of nothing", (long)mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    show_ok("mmap without type", (long)mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0));
    show_ok("mmap of too much", (long)mmap(NULL, 1ul << 50, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    show_ok("mmap of all", (long)mmap(NULL, ~0ul, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    show_ok("mmap of no file", (long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 99, 0));
    show_ok("MAP_FIXED unaligned",
            (long)mmap((void *)0x10000001, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    show("munmap unaligned", munmap((void *)1, PAGE));
    show("munmap of nothing", munmap((void *)0x10000000, 0));
    show_ok("a kernel address",
            (long)mmap((void *)0xffff800000000000, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    heap();
    program_break();
    mappings();
    protection();
    remap();
    refused();
    unlink("probe");
    return 0;
}
