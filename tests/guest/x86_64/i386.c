/* SPDX-License-Identifier: Apache-2.0 */
/* i386.c - the i386 way into the kernel, from a 64-bit program. */
#include <stdint.h>

#include "../show.h"

/* A file of which the position is 3. */
static long lseek_file(void)
{
    int fd = open("/", O_RDONLY | O_DIRECTORY);

    lseek(fd, 3, SEEK_SET);
    return fd;
}

/* A private anonymous page, anywhere. */
static unsigned long mmap2(void)
{
    unsigned long result;

    __asm__ volatile("push %%rbp; xor %%ebp, %%ebp; int $0x80; pop %%rbp"
                     : "=a"(result)
                     : "a"(192L), "b"(0L), "c"(4096L), "d"(3L), "S"(0x22L), "D"(-1L)
                     : "memory");
    return result;
}

int main(void)
{
    static char text[] = "written by int 0x80\n";
    long result;

    if (((uintptr_t)text >> 32) != 0) /* its pointers have 32 bits: a static program lies low */
        return 1;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");
    printf("getpid: %s\n", result == getpid() ? "the same" : "another");
    fflush(stdout);
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(4L), "b"(1L), "c"(text), "d"(sizeof(text) - 1) : "memory");
    printf("write: %ld\n", result);
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(6L), "b"(77L) : "memory");
    printf("close: %ld\n", result);
    /* Of the registers the lower halves count. */
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(0x7700000014) : "memory");
    printf("getpid: %s\n", result == getpid() ? "the same" : "another");
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(6L), "b"(0x770000004dL) : "memory");
    printf("close: %ld\n", result);
    /* A negative offset has 32 bits. */
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(19L), "b"(lseek_file()), "c"(0xffffffffL), "d"(1L) : "memory");
    printf("lseek: %ld\n", result);
    printf("mmap2: %s\n", mmap2() >> 32 == 0 ? "low" : "too high");
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(384L), "b"(0x1003L), "c"(text) : "memory");
    printf("arch_prctl: %ld\n", result);
    return 0;
}
