/* SPDX-License-Identifier: Apache-2.0 */
/* counter.h - loongarch64 for vdso/vdso.c. It runs in the program: nothing of the kernel is there. */
#ifndef GK_ARCH_LOONGARCH64_VDSO_COUNTER_H
#define GK_ARCH_LOONGARCH64_VDSO_COUNTER_H

#include <stdint.h>

#define VDSO_NAME(call) __vdso_##call

/* The stable counter (LoongArch Reference Manual vol. 1, 2.2.10.4). */
static inline uint64_t vdso_counter(void)
{
    uint64_t ticks;

    __asm__ volatile("rdtime.d %0, $zero" : "=r"(ticks)::"memory");
    return ticks;
}

/* The counter's number, CSR.TID, which is the CPU's (cpu.c). */
static inline unsigned vdso_cpu(void)
{
    uint64_t number;

    __asm__ volatile("rdtime.d $zero, %0" : "=r"(number)::"memory");
    return (unsigned)number;
}

/* The kernel keeps no temporary register. */
static inline long vdso_syscall(long number, long a, long b, long c)
{
    register long a7 __asm__("a7") = number;
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c;

    __asm__ volatile("syscall 0"
                     : "+r"(a0)
                     : "r"(a7), "r"(a1), "r"(a2)
                     : "$t0", "$t1", "$t2", "$t3", "$t4", "$t5", "$t6", "$t7", "$t8", "memory");
    return a0;
}

#endif
