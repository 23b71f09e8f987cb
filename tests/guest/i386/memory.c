/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c - brk, mmap2 and the old mmap, munmap, mprotect, mremap of a 32-bit program, and where its addresses end. */
#include "bare.h"

ENTRY("main");

enum { READ = 1, WRITE = 2, PRIVATE = 2, FIXED = 0x10, ANONYMOUS = 0x20 };
#define PAGE 4096l

static long map(unsigned long where, long size, long flags)
{
    return CALL(NR_mmap2, (long)where, size, READ | WRITE, PRIVATE | ANONYMOUS | flags, -1, 0);
}

static int is_error(long result)
{
    return (unsigned long)result > -4096ul;
}

static void all_of(long at, long size)
{
    volatile char *bytes = (volatile char *)at;
    int zero = 1;

    for (long i = 0; i < size; i += PAGE) {
        zero = zero && bytes[i] == 0;
        bytes[i] = (char)i;
    }
    show_bool("zero, and then written", zero);
}

void program(long *stack)
{
    long start = CALL(NR_brk, 0), at, other;
    long list[6] = {0, 2 * PAGE, READ | WRITE, PRIVATE | ANONYMOUS, -1, 0};
    char bytes[8] = {0};

    show_bool("the break grows", CALL(NR_brk, start + 5 * PAGE) == start + 5 * PAGE);
    all_of(start, 5 * PAGE);
    show_bool("and goes back", CALL(NR_brk, start) == start);
    show_bool("not below", CALL(NR_brk, 4096) == start);
    at = map(0, 3 * PAGE, 0);
    show_bool("mmap2", !is_error(at));
    all_of(at, 3 * PAGE);
    show("munmap", CALL(NR_munmap, at + PAGE, PAGE));
    show("read into what is gone", CALL(NR_readv, 0, at + PAGE, 1));
    show("mprotect over it", CALL(NR_mprotect, at, 3 * PAGE, READ));
    show_bool("there again", map((unsigned long)at + PAGE, PAGE, FIXED) == at + PAGE);
    other = CALL(NR_mremap, at + PAGE, PAGE, 9 * PAGE, 1);
    show_bool("mremap moves", !is_error(other) && other != at + PAGE);
    all_of(other, 9 * PAGE);
    show_bool("the old mmap", !is_error(at = CALL(NR_mmap, P(list))));
    all_of(at, 2 * PAGE);
    list[5] = 1;
    show("its offset is of bytes", CALL(NR_mmap, P(list)));
    show("no structure", CALL(NR_mmap, 16));
    show("beyond the end", map(0xffffe000ul, PAGE, FIXED));
    show("up to the end", map(0xffffd000ul, 2 * PAGE, FIXED));
    show("more than there is", map(0, (long)0xff000000ul, 0));
    show("of no length", map(0, 0, 0));
    (void)bytes, (void)stack;
    leave(0);
}
