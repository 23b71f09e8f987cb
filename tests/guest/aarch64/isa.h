/* SPDX-License-Identifier: Apache-2.0 */
/* isa.h - for the guest tests: what takes an instruction, an address or a name of aarch64. See the one of x86_64. */
#ifndef TESTS_GUEST_ISA_H
#define TESTS_GUEST_ISA_H

#include <stdint.h>

#include "../vectors.h"

#define ISA_NAME "aarch64"

#define ISA_KERNEL_TEXT 0xffffffff40200000
#define ISA_KERNEL_DATA 0xffffffff40600000
#define ISA_KERNEL_MAP 0xffff000040200000
#define ISA_KERNEL_GATE 0xffff000009000000

static inline long isa_syscall(long number, long a, long b)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;

    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
    return x0;
}

static inline void isa_undefined(void)
{
    __asm__ volatile("udf 0");
}

static inline void isa_breakpoint(uint64_t request)
{
    register uint64_t x0 __asm__("x0") = request;

    __asm__ volatile("brk 0" : : "r"(x0) : "memory");
}

#define ISA_PRIVILEGED 3
#define ISA_PRIVILEGED_SIGNAL SIGILL
static inline void isa_privileged(unsigned which)
{
    if (which == 0)
        __asm__ volatile("msr vbar_el1, xzr");
    else if (which == 1)
        __asm__ volatile("mrs x0, ttbr0_el1" ::: "x0");
    else
        __asm__ volatile("tlbi vmalle1");
}

#define ISA_WIDE
static inline int isa_has_wide(void)
{
    return 1;
}

#define LOAD(n) "ldr q" #n ", [%0, #" #n "*64]\n"
#define STORE(n) "str q" #n ", [%0, #" #n "*64]\n"

static inline void isa_registers(unsigned *count, unsigned *width)
{
    *count = ISA_REGISTERS;
    *width = 16;
}

static inline __attribute__((always_inline)) void isa_load(const struct isa_registers *registers)
{
    __asm__ volatile(EACH32(LOAD)
                     :
                     : "r"(registers)
                     : "memory", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13",
                       "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27",
                       "v28", "v29", "v30", "v31");
}

static inline __attribute__((always_inline)) void isa_store(struct isa_registers *registers)
{
    __asm__ volatile(EACH32(STORE) : : "r"(registers) : "memory");
}

#define ISA_CODE_STORE {0xb9000001, 0xd65f03c0}
#define ISA_CODE_RETURN(value) {0x52800000u | (value) << 5, 0xd65f03c0}
static inline void isa_code_sync(void *start, unsigned long size)
{
    for (char *at = start; at < (char *)start + size; at += 4) /* no line is shorter */
        __asm__ volatile("dc cvau, %0" ::"r"(at) : "memory");
    __asm__ volatile("dsb ish" ::: "memory");
    for (char *at = start; at < (char *)start + size; at += 4)
        __asm__ volatile("ic ivau, %0" ::"r"(at) : "memory");
    __asm__ volatile("dsb ish; isb" ::: "memory");
}

#endif
