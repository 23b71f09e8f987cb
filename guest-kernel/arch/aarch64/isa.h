/* SPDX-License-Identifier: Apache-2.0 */
/* isa.h - what the portable kernel knows of aarch64 at compile time; included through arch/arch.h only. */
#ifndef GK_ARCH_AARCH64_ISA_H
#define GK_ARCH_AARCH64_ISA_H

#include <stdbool.h>
#include <stdint.h>

#define ISA_NAME "aarch64"
#define ISA_ELF_MACHINE 183                /* EM_AARCH64 */
#define ISA_HAS_PAUSE                      /* arch_cpu_relax is known to emulators: they let others go on meanwhile */
#define ISA_USER_TOP 0x0001000000000000ull /* all that TTBR0 translates */
#define ISA_RAM_TOP 0x0000008000000000ull  /* physical: what the direct map has entries for, one a GiB */
#define ISA_STACKS 0xffffffffc0000000ull   /* the kernel's last GiB */
/* The mapping CPU's barrier orders the entry before what it writes afterwards, the kernel lock among that; but without
 * a context synchronization event here an access may go by a walk that was made before the lock was had. */
#define ISA_STACKS_SYNC() __asm__ volatile("isb" ::: "memory")

#define ISA_CLONE_BACKWARDS 1
#define ISA_HAS_STEP          /* ptrace(2): one instruction at a time */
#define ISA_STEP_CALL_CODE 0  /* SI_USER: what a step over a system call tells, where others are TRAP_TRACE */
#define ISA_PKEY_ERRNO ENOSPC /* pkey_alloc where the CPU has no keys (mm_pkey_alloc) */
#define ISA_SYSCALL_NUMBER(x86_64, generic) (generic)
#define ISA_MINSIGSTKSZ 5120u /* asm/signal.h */
/* O_DIRECTORY, O_NOFOLLOW, O_DIRECT and O_LARGEFILE (asm/fcntl.h): the two pairs of bits change places. */
#define ISA_OPEN_FLAGS(flags) (((flags) & ~0x3c000u) | ((flags) & 0x30000u) >> 2 | ((flags) & 0xc000u) << 2)

/* The user's registers; trap.S knows it by the offsets of layout.h. */
struct trap_frame {
    uint64_t x[31], sp;
    uint64_t pc, pstate;
    uint64_t tls;                /* the program's TPIDR_EL0; in the register while it is current */
    uint64_t esr, fault_address; /* of the last fault, for signal frames; 0: it has none */
    uint32_t fpsr, fpcr;         /* while it isn't current */
} __attribute__((aligned(16)));

/* ---- page table entries (Arm ARM, D8.3): four levels of 512, 4 KiB pages ---- */

#define ISA_PT_LEVELS 4
#define ISA_PT_SHIFT 9
#define ISA_PT_ENTRIES (1 << ISA_PT_SHIFT)

#define PTE_VALID (1ull << 0)
#define PTE_TABLE (1ull << 1)  /* or, in the last level, a page */
#define PTE_NORMAL (1ull << 2) /* MAIR_EL1's attribute 1: memory; attribute 0: device registers */
#define PTE_USER (1ull << 6)
#define PTE_READ_ONLY (1ull << 7)
#define PTE_INNER_SHAREABLE (3ull << 8)
#define PTE_ACCESSED (1ull << 10)
#define PTE_NOT_GLOBAL (1ull << 11)
#define PTE_PXN (1ull << 53)
#define PTE_UXN (1ull << 54)
#define PTE_ADDRESS 0x0000fffffffff000ull

static inline unsigned isa_pt_index(uint64_t va, unsigned level) /* level 0: the leaf's table */
{
    return (unsigned)(va >> (12 + ISA_PT_SHIFT * level)) & (ISA_PT_ENTRIES - 1);
}

/* What comes with an entry is seen by all CPUs before the entry itself, which their walks find at any time. */
static inline void isa_pte_order(void)
{
    __asm__ volatile("dmb ishst" ::: "memory");
}

static inline uint64_t isa_pte_table(uint64_t pa)
{
    isa_pte_order();
    return pa | PTE_VALID | PTE_TABLE;
}

/* Makes what was written to the page visible to instruction fetches. */
void isa_sync_code(uint64_t pa);

/* A user page; `access` is enum access, 0: mapped, but nobody may touch it (PROT_NONE). */
static inline uint64_t isa_pte_page(uint64_t pa, unsigned access)
{
    if (access & 4)
        isa_sync_code(pa);
    isa_pte_order();
    return pa | PTE_VALID | PTE_TABLE | PTE_NORMAL | PTE_INNER_SHAREABLE | PTE_ACCESSED | PTE_NOT_GLOBAL | PTE_PXN |
           (access != 0 ? PTE_USER : 0) | (access & 2 ? 0 : PTE_READ_ONLY) | (access & 4 ? 0 : PTE_UXN);
}

static inline bool isa_pte_is_present(uint64_t pte)
{
    return pte & PTE_VALID;
}

static inline bool isa_pte_allows(uint64_t pte, unsigned access)
{
    return (pte & PTE_VALID) && (pte & PTE_USER) && !((access & 2) && (pte & PTE_READ_ONLY)) &&
           !((access & 4) && (pte & PTE_UXN));
}

/* The same entry, but nobody may write. */
static inline uint64_t isa_pte_read_only(uint64_t pte)
{
    return pte | PTE_READ_ONLY;
}

static inline uint64_t isa_pte_address(uint64_t pte)
{
    return pte & PTE_ADDRESS;
}

#endif
