/* SPDX-License-Identifier: Apache-2.0 */
/* isa.h - what the portable kernel knows of riscv64 at compile time; included through arch/arch.h only. */
#ifndef GK_ARCH_RISCV64_ISA_H
#define GK_ARCH_RISCV64_ISA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ISA_NAME "riscv64"
#define ISA_ELF_MACHINE 243               /* EM_RISCV */
#define ISA_USER_TOP 0x3ffffff000ull      /* Sv39's lower half, less a guard page */
#define ISA_RAM_TOP 0x0000003f00000000ull /* physical: what the direct map has: DIRECT_GIBS */
#define ISA_STACKS 0xffffffffc0000000ull  /* the kernel's last GiB */

#define ISA_CLONE_BACKWARDS 1
#define ISA_SYSCALL_NUMBER(x86_64, generic) (generic)
#define SYSCALL_RISCV64(number) (number)
#define ISA_PLATFORM NULL      /* no AT_PLATFORM */
#define ISA_SIGACTION_IS_PLAIN /* no SA_RESTORER: handlers return through the vDSO */

/* The user's registers: pc and x1 to x31, as struct user_regs_struct has them, and what the trap was. */
struct trap_frame {
    uint64_t pc, ra, sp, gp, tp, t0, t1, t2, s0, s1;
    union {
        struct {
            uint64_t a0, a1, a2, a3, a4, a5;
        };
        uint64_t argument[6]; /* of a system call */
    };
    uint64_t a6, a7, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, t3, t4, t5, t6;
    uint64_t status, cause, value; /* sstatus, scause, stval */
} __attribute__((aligned(16)));

/* ---- page table entries (Privileged Architecture, 10.4): Sv39, three levels of 512, 4 KiB pages ---- */

#define ISA_PT_LEVELS 3
#define ISA_PT_SHIFT 9
#define ISA_PT_ENTRIES (1 << ISA_PT_SHIFT)

enum {
    PTE_VALID = 1 << 0,
    PTE_READ = 1 << 1,
    PTE_WRITE = 1 << 2,
    PTE_EXEC = 1 << 3,
    PTE_USER = 1 << 4,
    PTE_GLOBAL = 1 << 5,
    PTE_ACCESSED = 1 << 6,
    PTE_DIRTY = 1 << 7,
    PTE_MAPPED = 1 << 8, /* software's: a page is there, even if nobody may touch it */
};
#define PTE_PPN_SHIFT 10
#define PTE_PPN_MASK 0x003ffffffffffc00ull

/* Counts changes of code, as pages that become executable: a hart that has seen fewer has to fence its instruction
 * fetches (code.c). */
extern uint64_t isa_exec_pages;

/* Who sees the new count sees what was written before. */
static inline void isa_code_changed(void)
{
    __atomic_store_n(&isa_exec_pages, isa_exec_pages + 1, __ATOMIC_RELEASE);
}

struct arch_space;
/* ISA_CODE_PUBLISH (arch.h): other harts that run in the space have fenced their fetches when it returns, and this one
 * does before it next runs a program. */
void isa_code_publish(const struct arch_space *space);
#define ISA_CODE_PUBLISH(space) isa_code_publish(space)

static inline unsigned isa_pt_index(uint64_t va, unsigned level) /* level 0: the leaf's table */
{
    return (unsigned)(va >> (12 + ISA_PT_SHIFT * level)) & (ISA_PT_ENTRIES - 1);
}

/*
 * An entry is for other harts to see, too, which may walk the tables at any time: what is written to the table or to
 * the page before the entry is made, they have to see before the entry.
 */
static inline void isa_pte_fence(void)
{
    __asm__ volatile("fence w, w" ::: "memory");
}

static inline uint64_t isa_pte_table(uint64_t pa)
{
    isa_pte_fence();
    return pa >> 12 << PTE_PPN_SHIFT | PTE_VALID;
}

/* A user page; `access` is enum access, 0: mapped, but nobody may touch it (PROT_NONE). A and D are set, as a
 * hart may fault rather than set them. */
static inline uint64_t isa_pte_page(uint64_t pa, unsigned access)
{
    uint64_t pte = pa >> 12 << PTE_PPN_SHIFT | PTE_MAPPED | PTE_USER | PTE_ACCESSED | PTE_DIRTY;

    isa_pte_fence();
    if (access & 4)
        isa_code_changed();
    if (access != 0)
        pte |= PTE_VALID | PTE_READ;
    return pte | (access & 2 ? PTE_WRITE : 0) | (access & 4 ? PTE_EXEC : 0);
}

static inline bool isa_pte_is_present(uint64_t pte)
{
    return pte & (PTE_VALID | PTE_MAPPED);
}

static inline bool isa_pte_allows(uint64_t pte, unsigned access)
{
    return (pte & PTE_VALID) && (pte & PTE_USER) && (!(access & 2) || (pte & PTE_WRITE)) &&
           (!(access & 4) || (pte & PTE_EXEC));
}

/* The same entry, but nobody may write. */
static inline uint64_t isa_pte_read_only(uint64_t pte)
{
    return pte & ~(uint64_t)PTE_WRITE;
}

static inline uint64_t isa_pte_address(uint64_t pte)
{
    return (pte & PTE_PPN_MASK) >> PTE_PPN_SHIFT << 12;
}

#endif
