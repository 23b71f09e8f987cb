/* SPDX-License-Identifier: Apache-2.0 */
/* counter.h - x86_64 for vdso/vdso.c. It runs in the program: nothing of the kernel is there. */
#ifndef GK_ARCH_X86_64_VDSO_COUNTER_H
#define GK_ARCH_X86_64_VDSO_COUNTER_H

#include <stdint.h>

#define VDSO_NAME(call) __vdso_##call

/* As clock.c reads it. The fence holds rdtsc behind what the program did before (Intel SDM vol. 2, RDTSC). */
static inline uint64_t vdso_counter(void)
{
    uint32_t low, high;

    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

/* The limit of a segment that each CPU has its own of (layout.h, SEL_CPU): one instruction, so that it is never another
 * CPU's than the one that the program was on. */
static inline unsigned vdso_cpu(void)
{
    unsigned number;

    __asm__ volatile("lsl %1, %0" : "=r"(number) : "r"(0x7b) : "cc");
    return number;
}

static inline long vdso_syscall(long number, long a, long b, long c)
{
    __asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return number;
}

#endif
