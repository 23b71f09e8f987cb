/* SPDX-License-Identifier: Apache-2.0 */
/* counter.h - riscv64 for vdso/vdso.c. It runs in the program: nothing of the kernel is there. */
#ifndef GK_ARCH_RISCV64_VDSO_COUNTER_H
#define GK_ARCH_RISCV64_VDSO_COUNTER_H

#include <stdint.h>

#define VDSO_NAME(call) __vdso_##call

static inline uint64_t vdso_counter(void)
{
    uint64_t ticks;

    __asm__ volatile("rdtime %0" : "=r"(ticks)::"memory");
    return ticks;
}

/* No register tells a program which CPU it runs on; the kernel is asked (data.h, shows_cpu), as on Linux. */
static inline unsigned vdso_cpu(void)
{
    return 0;
}

static inline long vdso_syscall(long number, long a, long b, long c)
{
    register long a7 __asm__("a7") = number;
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c;

    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
    return a0;
}

#endif
