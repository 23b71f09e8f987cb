/* SPDX-License-Identifier: Apache-2.0 */
/*
 * avx.c - the upper halves of the vector registers survive a handler that clears them, whether CPUID shows AVX or not:
 * where it runs, it has to be kept.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "isa.h"
#include "../show.h"

static sigjmp_buf back;

static void on_illegal(int signal)
{
    (void)signal;
    siglongjmp(back, 1);
}

static void on_signal(int signal)
{
    (void)signal;
    __asm__ volatile("vzeroall");
}

int main(void)
{
    uint8_t before[32], after[32];
    long a = SYS_kill;

    memset(before, 7, sizeof(before));
    memset(after, 7, sizeof(after));
    signal(SIGILL, on_illegal);
    signal(SIGUSR1, on_signal);
    long pid = getpid();
    if (sigsetjmp(back, 1) == 0)
        __asm__ volatile("vmovups %2, %%ymm3\n syscall\n vmovups %%ymm3, %1"
                         : "+a"(a), "=m"(after)
                         : "m"(before), "D"(pid), "S"(SIGUSR1)
                         : "rcx", "r11", "memory", "xmm3");
    show_bool("kept, or not there", memcmp(before, after, sizeof(before)) == 0);
    return 0;
}
