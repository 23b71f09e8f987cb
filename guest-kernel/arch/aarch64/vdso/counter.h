/* SPDX-License-Identifier: Apache-2.0 */
/* counter.h - aarch64 for vdso/vdso.c. It runs in the program: nothing of the kernel is there. */
#ifndef GK_ARCH_AARCH64_VDSO_COUNTER_H
#define GK_ARCH_AARCH64_VDSO_COUNTER_H

#include <stdint.h>

#define VDSO_NAME(call) __kernel_##call

/* The virtual counter. The barrier holds the read behind what the program did before (Arm ARM, CNTVCT_EL0). */
static inline uint64_t vdso_counter(void)
{
    uint64_t ticks;

    __asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(ticks)::"memory");
    return ticks;
}

/* No register tells a program which CPU it runs on; the kernel is asked (data.h, shows_cpu), as on Linux. */
static inline unsigned vdso_cpu(void)
{
    return 0;
}

static inline long vdso_syscall(long number, long a, long b, long c)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;

    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}

#endif
