/* SPDX-License-Identifier: Apache-2.0 */
/* isa.h - for the guest tests: what takes an instruction, an address or a name of riscv64. See the one of x86_64. */
#ifndef TESTS_GUEST_ISA_H
#define TESTS_GUEST_ISA_H

#include <stdint.h>
#include <sys/auxv.h>

#include "../vectors.h"

#define ISA_NAME "riscv64"

#define ISA_KERNEL_TEXT 0xffffffff80200000
#define ISA_KERNEL_DATA 0xffffffff80600000
#define ISA_KERNEL_MAP 0xffffffc080600000
#define ISA_KERNEL_GATE 0xffffff0000000000

static inline long isa_syscall(long number, long a, long b)
{
    register long a7 __asm__("a7") = number;
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;

    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1) : "memory");
    return a0;
}

static inline void isa_undefined(void)
{
    __asm__ volatile("unimp");
}

static inline void isa_breakpoint(uint64_t request)
{
    register uint64_t a0 __asm__("a0") = request;

    __asm__ volatile("ebreak" : : "r"(a0) : "memory");
}

#define ISA_PRIVILEGED 3
#define ISA_PRIVILEGED_SIGNAL SIGILL
static inline void isa_privileged(unsigned which)
{
    if (which == 0)
        __asm__ volatile("sfence.vma");
    else if (which == 1)
        __asm__ volatile("csrr a0, satp" ::: "a0");
    else
        __asm__ volatile("sret");
}

#define ISA_WIDE
static inline int isa_has_wide(void)
{
    return 1;
}

/* Those for floating point, and 16 bytes of V's behind them where a program has V. */
#define LOAD(n) "fld f" #n ", " #n "*64(%0)\n"
#define STORE(n) "fsd f" #n ", " #n "*64(%0)\n"
#define LOADV(n) "vle8.v v" #n ", (t0)\n addi t0, t0, 64\n"
#define STOREV(n) "vse8.v v" #n ", (t0)\n addi t0, t0, 64\n"
#define WITH_V(each) \
    ".option push\n.option arch, +v\n addi t0, %0, 8\n vsetivli zero, 16, e8, m1, ta, ma\n" each ".option pop\n"

static unsigned isa_width;

static inline void isa_registers(unsigned *count, unsigned *width)
{
    isa_width = getauxval(AT_HWCAP) & 1ul << ('v' - 'a') ? 8 + 16 : 8;
    *count = ISA_REGISTERS;
    *width = isa_width;
}

static inline __attribute__((always_inline)) void isa_load(const struct isa_registers *registers)
{
    if (isa_width > 8)
        __asm__ volatile(WITH_V(EACH32(LOADV)) : : "r"(registers) : "memory", "t0");
    __asm__ volatile(EACH32(LOAD)
                     :
                     : "r"(registers)
                     : "memory", "f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12", "f13",
                       "f14", "f15", "f16", "f17", "f18", "f19", "f20", "f21", "f22", "f23", "f24", "f25", "f26", "f27",
                       "f28", "f29", "f30", "f31");
}

static inline __attribute__((always_inline)) void isa_store(struct isa_registers *registers)
{
    __asm__ volatile(EACH32(STORE) : : "r"(registers) : "memory");
    if (isa_width > 8)
        __asm__ volatile(WITH_V(EACH32(STOREV)) : : "r"(registers) : "memory", "t0");
}

#define ISA_CODE_STORE {0x00b52023, 0x00008067}
#define ISA_CODE_RETURN(value) {0x00000513u | (value) << 20, 0x00008067}
#define ISA_CODE_SYNC_CALL SYS_riscv_flush_icache /* for all CPUs; fence.i is for one */
static inline void isa_code_sync(void *start, unsigned long size)
{
    (void)start, (void)size;
    __asm__ volatile(".word 0x0000100f" ::: "memory"); /* fence.i */
}

#endif
