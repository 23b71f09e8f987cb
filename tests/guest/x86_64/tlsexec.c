/* SPDX-License-Identifier: Apache-2.0 */
/* tlsexec.c - segment descriptors that a 64-bit program has set by int 0x80 are not the next program's. */
#include <stdint.h>
#include <time.h>

#include "../show.h"

static struct desc {
    uint32_t entry, base, limit, flags;
} desc = {UINT32_MAX, 0, 0xfffff, 0x51}; /* any free one: data, of 32 bits, in pages */

static long set_thread_area(void)
{
    long result;

    __asm__ volatile("int $0x80" : "=a"(result) : "a"(243L), "b"(&desc) : "memory");
    return result;
}

/* Whether a program may load it: `lar` asks the descriptor. */
static int is_there(uint32_t entry)
{
    unsigned char there;
    uint64_t rights;

    __asm__ volatile("lar %2, %0; setz %1" : "=r"(rights), "=r"(there) : "r"((uint64_t)entry * 8 + 3) : "cc");
    return there;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        printf("set: %ld\n", set_thread_area());
        fflush(stdout);
        execl(argv[0], argv[0], argv[1], "again", (char *)NULL);
        return 1;
    }
    nanosleep(&(struct timespec){.tv_nsec = 1000000},
              NULL); /* Linux changes them when it switches to another process */
    for (uint32_t entry = 12; entry < 15; entry++)
        printf("in the next program: %d\n", is_there(entry));
    return 0;
}
