/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hwcap.c - what the program may use of the CPU: AT_HWCAP as Linux derives it from the identification registers
 * (Documentation/arm64/elf_hwcaps.rst), and those registers themselves, of which a program sees what stands for it
 * (cpu-feature-registers.rst). What this kernel does not keep or set up is not shown: SVE, SME, MTE, BTI, pointer
 * authentication.
 */
#include "arch/arch.h"
#include "core/thread.h"
#include "mm/page.h"

#include "aarch64.h"

enum id_register { PFR0, PFR1, ISAR0, ISAR1, ISAR2, MMFR0, MMFR1, MMFR2, DFR0, ID_REGISTERS };

/* The part of a register that programs may know, and what stands in place of the rest. */
static const struct {
    uint64_t visible, fixed;
    uint8_t crm, op2; /* S3_0_C0_Cm_op2 */
} id_registers[ID_REGISTERS] = {
    [PFR0] = {0x000f000000ff0000, 0x0011, 4, 0},         /* DIT, AdvSIMD, FP; 64 bits only */
    [PFR1] = {0x00000000000000f0, 0, 4, 1},              /* SSBS */
    [ISAR0] = {0xf0fffffff0fffff0, 0, 6, 0},             /* all but TLB, TME */
    [ISAR1] = {0x00fff0ff00fff00f, 0, 6, 1},             /* all but SPECRES, LS64, XS and pointer authentication */
    [ISAR2] = {0x00000000000000ff, 0, 6, 2},             /* RPRES, WFxT */
    [MMFR0] = {0xf000000000000000, 0x111ff000000, 7, 0}, /* ECV */
    [MMFR1] = {0x0000f00000000000, 0, 7, 1},             /* AFP */
    [MMFR2] = {0x0000000f00000000, 0, 7, 2},             /* AT */
    [DFR0] = {0, 0x6, 5, 0},
};

static uint64_t id_read(enum id_register which)
{
    uint64_t value = 0;

    switch (which) {
    case PFR0:
        value = sysreg_read(s3_0_c0_c4_0);
        break;
    case PFR1:
        value = sysreg_read(s3_0_c0_c4_1);
        break;
    case ISAR0:
        value = sysreg_read(s3_0_c0_c6_0);
        break;
    case ISAR1:
        value = sysreg_read(s3_0_c0_c6_1);
        break;
    case ISAR2:
        value = sysreg_read(s3_0_c0_c6_2);
        break;
    case MMFR0:
        value = sysreg_read(s3_0_c0_c7_0);
        break;
    case MMFR1:
        value = sysreg_read(s3_0_c0_c7_1);
        break;
    case MMFR2:
        value = sysreg_read(s3_0_c0_c7_2);
        break;
    default:
        break;
    }
    return (value & id_registers[which].visible) | id_registers[which].fixed;
}

/* A capability: a field of four bits with at least this value. Both words as Linux numbers them (asm/hwcap.h). */
static const struct capability {
    uint8_t word, bit, id, shift, least;
} capabilities[] = {
    {1, 3, ISAR0, 4, 1},   /* AES */
    {1, 4, ISAR0, 4, 2},   /* PMULL */
    {1, 5, ISAR0, 8, 1},   /* SHA1 */
    {1, 6, ISAR0, 12, 1},  /* SHA2 */
    {1, 7, ISAR0, 16, 1},  /* CRC32 */
    {1, 8, ISAR0, 20, 2},  /* ATOMICS */
    {1, 12, ISAR0, 28, 1}, /* ASIMDRDM */
    {1, 13, ISAR1, 12, 1}, /* JSCVT */
    {1, 14, ISAR1, 16, 1}, /* FCMA */
    {1, 15, ISAR1, 20, 1}, /* LRCPC */
    {1, 16, ISAR1, 0, 1},  /* DCPOP */
    {1, 17, ISAR0, 32, 1}, /* SHA3 */
    {1, 18, ISAR0, 36, 1}, /* SM3 */
    {1, 19, ISAR0, 40, 1}, /* SM4 */
    {1, 20, ISAR0, 44, 1}, /* ASIMDDP */
    {1, 21, ISAR0, 12, 2}, /* SHA512 */
    {1, 23, ISAR0, 48, 1}, /* ASIMDFHM */
    {1, 24, PFR0, 48, 1},  /* DIT */
    {1, 25, MMFR2, 32, 1}, /* USCAT */
    {1, 26, ISAR1, 20, 2}, /* ILRCPC */
    {1, 27, ISAR0, 52, 1}, /* FLAGM */
    {1, 28, PFR1, 4, 2},   /* SSBS */
    {1, 29, ISAR1, 36, 1}, /* SB */
    {2, 0, ISAR1, 0, 2},   /* DCPODP */
    {2, 7, ISAR0, 52, 2},  /* FLAGM2 */
    {2, 8, ISAR1, 32, 1},  /* FRINT */
    {2, 13, ISAR1, 52, 1}, /* I8MM */
    {2, 14, ISAR1, 44, 1}, /* BF16 */
    {2, 15, ISAR1, 48, 1}, /* DGH */
    {2, 16, ISAR0, 60, 1}, /* RNG */
    {2, 19, MMFR0, 60, 1}, /* ECV */
    {2, 20, MMFR1, 44, 1}, /* AFP */
    {2, 21, ISAR2, 4, 1},  /* RPRES */
    {2, 31, ISAR2, 0, 2},  /* WFXT */
    {2, 32, ISAR1, 44, 2}, /* EBF16 */
};

/* FP and AdvSIMD count from -1, which is 15: absent. */
static uint64_t vector_capabilities(void)
{
    enum { HWCAP_FP = 1 << 0, HWCAP_ASIMD = 1 << 1, HWCAP_FPHP = 1 << 9, HWCAP_ASIMDHP = 1 << 10 };
    enum { HWCAP_CPUID = 1 << 11 };
    unsigned fp = id_read(PFR0) >> 16 & 0xf, simd = id_read(PFR0) >> 20 & 0xf;

    return HWCAP_CPUID | (fp != 15 ? HWCAP_FP : 0) | (simd != 15 ? HWCAP_ASIMD : 0) | (fp == 1 ? HWCAP_FPHP : 0) |
           (simd == 1 ? HWCAP_ASIMDHP : 0);
}

uint64_t arch_hwcap(unsigned which)
{
    uint64_t word = which == 1 ? vector_capabilities() : 0, ids[ID_REGISTERS];

    for (unsigned i = 0; i < ID_REGISTERS; i++)
        ids[i] = id_read(i);
    for (unsigned i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++) {
        const struct capability *c = &capabilities[i];
        if (c->word == which && (ids[c->id] >> c->shift & 0xf) >= c->least)
            word |= 1ull << c->bit;
    }
    return word;
}

/* ---- MRS (Arm ARM, C6.2.204): 1101 0101 0011 op0 op1 CRn CRm op2 Rt ---- */

#define MRS_MASK 0xfffff000u
#define MRS_ID 0xd5380000u /* op0 3, op1 0, CRn 0 */
#define MPIDR_FOR_PROGRAMS 0x80000000u

/* CRm 0 has MIDR, MPIDR and REVIDR; 1 has nothing; what is not known of 2 to 7 reads as zero. */
static bool id_by_number(unsigned crm, unsigned op2, uint64_t *value)
{
    *value = 0;
    if (crm == 0) {
        *value = op2 == 0 ? sysreg_read(midr_el1) : op2 == 5 ? MPIDR_FOR_PROGRAMS : sysreg_read(revidr_el1);
        return op2 == 0 || op2 == 5 || op2 == 6;
    }
    for (unsigned i = 0; i < ID_REGISTERS; i++)
        if (id_registers[i].crm == crm && id_registers[i].op2 == op2)
            *value = id_read(i);
    return crm >= 2 && crm <= 7;
}

/* The instruction at `pc`, which this CPU has just tried: by its own translation, as nobody may look into the space
 * without the kernel's lock. False: another CPU has taken the page away. */
static bool instruction_read(uaddr_t pc, uint32_t *code)
{
    enum { PAR_FAULT = 1 };
    uint64_t par;

    __asm__ volatile("at s1e0r, %1; isb; mrs %0, par_el1" : "=r"(par) : "r"(pc) : "memory");
    if (par & PAR_FAULT)
        return false;
    *code = *(const volatile uint32_t *)phys_to_virt((par & PTE_ADDRESS) | (pc & PAGE_MASK));
    return true;
}

bool hwcap_emulate_mrs(struct trap_frame *frame)
{
    uint32_t code;
    uint64_t value;

    if (!instruction_read(frame->pc, &code))
        return true; /* to be tried again, which says what is wrong */
    if ((code & MRS_MASK) != MRS_ID || !id_by_number(code >> 8 & 0xf, code >> 5 & 0x7, &value))
        return false;
    if ((code & 0x1f) != 31)
        frame->x[code & 0x1f] = value;
    frame->pc += 4;
    return true;
}
