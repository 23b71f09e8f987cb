/* SPDX-License-Identifier: Apache-2.0 */
/* i386.c - the i386 way into the kernel, from a 64-bit program. */
#include <stdint.h>

#include "../show.h"

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
    return 0;
}
