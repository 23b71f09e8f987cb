/* SPDX-License-Identifier: Apache-2.0 */
/*
 * isa.h - for the guest tests: what takes an instruction, an address or a name of x86_64. Each ISA has this file; what
 * tests print must not depend on which one it is.
 */
#ifndef TESTS_GUEST_ISA_H
#define TESTS_GUEST_ISA_H

#include <stdint.h>

#include "../vectors.h"

#define ISA_NAME "x86_64" /* as uname(2) says it */

/* Addresses that are the kernel's. */
#define ISA_KERNEL_TEXT 0xffffffff80200000
#define ISA_KERNEL_DATA 0xffffffff80600000
#define ISA_KERNEL_MAP 0xffff888000000000
#define ISA_KERNEL_GATE 0xffffff0000000000

/* A system call, and nothing that would use a vector register. */
static inline long isa_syscall(long number, long a, long b)
{
    long result;

    __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b) : "rcx", "r11", "memory");
    return result;
}

static inline void isa_undefined(void)
{
    __asm__ volatile("ud2");
}

/* The registers look like the kernel's own requests to its gate. */
static inline void isa_breakpoint(uint64_t request)
{
    __asm__ volatile("int3" ::"a"(request), "D"(0), "S"(1) : "memory", "rcx", "rdx", "r8");
}

#define ISA_PRIVILEGED 3
#define ISA_PRIVILEGED_SIGNAL SIGSEGV
static inline void isa_privileged(unsigned which)
{
    if (which == 0)
        __asm__ volatile("hlt");
    else if (which == 1)
        __asm__ volatile("mov %%cr3, %%rax" ::: "rax");
    else
        __asm__ volatile("outb %%al, %%dx" ::"a"(0), "d"(0x501));
}

/* For a function that uses wider vectors than every CPU of this ISA has. */
#define ISA_WIDE __attribute__((target("avx2")))
static inline int isa_has_wide(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2");
}

/* ---- the vector registers ---- */

#define LOAD128(n) "movups " #n "*64(%0), %%xmm" #n "\n"
#define LOAD256(n) "vmovups " #n "*64(%0), %%ymm" #n "\n"
#define LOAD512(n) "vmovups " #n "*64(%0), %%zmm" #n "\n"
#define STORE128(n) "movups %%xmm" #n ", " #n "*64(%0)\n"
#define STORE256(n) "vmovups %%ymm" #n ", " #n "*64(%0)\n"
#define STORE512(n) "vmovups %%zmm" #n ", " #n "*64(%0)\n"

static unsigned isa_width;

/* How many there are, and how wide. */
static inline void isa_registers(unsigned *count, unsigned *width)
{
    __builtin_cpu_init();
    *count = 16;
    *width = 16;
    if (__builtin_cpu_supports("avx"))
        *width = 32;
    if (__builtin_cpu_supports("avx512f")) {
        *width = 64;
        *count = 32;
    }
    isa_width = *width;
}

static inline __attribute__((always_inline)) void isa_load(const struct isa_registers *registers)
{
    if (isa_width == 64)
        __asm__ volatile(EACH32(LOAD512)::"r"(registers) : "memory");
    else if (isa_width == 32)
        __asm__ volatile(EACH16(LOAD256)::"r"(registers) : "memory");
    else
        __asm__ volatile(EACH16(LOAD128)::"r"(registers) : "memory");
}

static inline __attribute__((always_inline)) void isa_store(struct isa_registers *registers)
{
    if (isa_width == 64)
        __asm__ volatile(EACH32(STORE512)::"r"(registers) : "memory");
    else if (isa_width == 32)
        __asm__ volatile(EACH16(STORE256)::"r"(registers) : "memory");
    else
        __asm__ volatile(EACH16(STORE128)::"r"(registers) : "memory");
}

/* Code, as words: void f(int *at, int value) { *at = value; }, and int f(void) { return value; }, for values below
 * 2048. */
#define ISA_CODE_STORE {0x90c33789}
#define ISA_CODE_RETURN(value) {0xb8u | (value) << 8, 0x9090c300}
static inline void isa_code_sync(void *start, unsigned long size) /* what was written there is what is executed */
{
    (void)start, (void)size;
}

#endif
