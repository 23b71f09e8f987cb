/* SPDX-License-Identifier: Apache-2.0 */
/* isa.h - what the portable kernel knows of loongarch64 at compile time; included through arch/arch.h only. */
#ifndef GK_ARCH_LOONGARCH64_ISA_H
#define GK_ARCH_LOONGARCH64_ISA_H

#include <stdbool.h>
#include <stdint.h>

#define ISA_NAME "loongarch64"
#define ISA_PLATFORM "loongarch" /* AT_PLATFORM */
#define ISA_ELF_MACHINE 258      /* EM_LOONGARCH */
#define ISA_USER_TOP 0x00007fffffffc000ull
#define ISA_RAM_TOP 0x0001000000000000ull /* physical: what a window shows */

#define ISA_SYSCALL_NUMBER(x86_64, generic) (generic)
#define ISA_SIGACTION_IS_PLAIN /* a handler returns through the kernel's own trampoline */
#define ISA_HAS_PCI            /* drv/pci.c */

/* The user's registers; the entry code (trap.S) knows the layout from layout.h. */
struct trap_frame {
    uint64_t regs[32]; /* as numbered by the ISA; [0] stays zero */
    uint64_t pc;
    uint64_t estat, badv; /* of the trap that ended the last run: CSR.ESTAT, CSR.BADV */
    uint32_t fpu_level;   /* fpu.h: the registers that the thread uses */
    uint32_t fault_flags; /* of its last page fault that was a signal: SC_ADDRERR_* (signal.c) */
} __attribute__((aligned(16)));

/*
 * Page table entries: three levels of 2,048, pages of 16 KiB as Linux has them by default (LoongArch Reference Manual
 * vol. 1, 5.4.5 and 7.5.3; QEMU 7.2 can't do smaller ones). An entry of a directory is nothing but the physical address
 * of the next table, or zero.
 */
#define ISA_PT_LEVELS 3
#define ISA_PT_SHIFT 11
#define ISA_PT_ENTRIES (1 << ISA_PT_SHIFT)

enum {
    PTE_VALID = 1 << 0,
    PTE_DIRTY = 1 << 1, /* may be written */
    PTE_PLV_USER = 3 << 2,
    PTE_CACHED = 1 << 4,  /* memory access type: coherent cached */
    PTE_PRESENT = 1 << 7, /* software's: maps a page, even if nobody may touch it */
};
#define PTE_NX (1ull << 62) /* for the kernel alone: see refill_entry */
#define PTE_ADDRESS 0x0000ffffffffc000ull

static inline unsigned isa_pt_index(uint64_t va, unsigned level) /* level 0: the leaf's table */
{
    return (unsigned)(va >> (14 + ISA_PT_SHIFT * level)) & (ISA_PT_ENTRIES - 1);
}

/* What an entry leads to is seen by other CPUs, which walk the tables at any time, before the entry itself. */
static inline void isa_pte_order(void)
{
    __asm__ volatile("dbar 0" ::: "memory");
}

static inline uint64_t isa_pte_table(uint64_t pa)
{
    isa_pte_order();
    return pa;
}

/* A user page; `access` is enum access, 0: mapped, but nobody may touch it (PROT_NONE). */
static inline uint64_t isa_pte_page(uint64_t pa, unsigned access)
{
    isa_pte_order();
    return pa | PTE_PRESENT | PTE_CACHED | PTE_PLV_USER | (access != 0 ? PTE_VALID : 0) | (access & 2 ? PTE_DIRTY : 0) |
           (access & 4 ? 0 : PTE_NX);
}

/* Of a directory's entry or a page's. */
static inline bool isa_pte_is_present(uint64_t pte)
{
    return pte;
}

static inline bool isa_pte_allows(uint64_t pte, unsigned access)
{
    return (pte & PTE_VALID) && (!(access & 2) || (pte & PTE_DIRTY)) && (!(access & 4) || !(pte & PTE_NX));
}

/* The same entry of a page, but nobody may write. */
static inline uint64_t isa_pte_read_only(uint64_t pte)
{
    return pte & ~(uint64_t)PTE_DIRTY;
}

static inline uint64_t isa_pte_address(uint64_t pte)
{
    return pte & PTE_ADDRESS;
}

/* The input that an interrupt specifier of the device tree names, for the bridge's controller ("loongson,pch-pic-1.0"):
 * the number, then its sense. -1: not of this kind. */
static inline int isa_irq_decode(const uint32_t *cells, unsigned count)
{
    return count >= 1 && cells[0] < 64 ? (int)cells[0] : -1;
}

#endif
