/* SPDX-License-Identifier: Apache-2.0 */
/* isa.h - what the portable kernel knows of x86_64 at compile time; included through arch/arch.h only. */
#ifndef GK_ARCH_X86_64_ISA_H
#define GK_ARCH_X86_64_ISA_H

#include <stdbool.h>
#include <stdint.h>

#define ISA_NAME "x86_64"
#define ISA_ELF_MACHINE 62                 /* EM_X86_64 */
#define ISA_HAS_PAUSE                      /* arch_cpu_relax is known to emulators: they let others go on meanwhile */
#define ISA_USER_TOP 0x00007ffffffff000ull /* one guard page below the canonical hole, as on Linux */
#define ISA_RAM_TOP 0x0000008000000000ull  /* physical: what the direct map has entries for, one a GiB */
#define ISA_STACKS 0xffffffffc0000000ull   /* the kernel's last GiB */

#define ISA_PKEY_ERRNO EINVAL /* pkey_alloc where the CPU has no keys (arch_set_user_pkey_access) */
#define ISA_HAS_KEYS          /* some CPUs have them: mm/keys.h */
#define ISA_SYSCALL_NUMBER(x86_64, generic) (x86_64)
#define ISA_HAS_STEP         /* ptrace(2): one instruction at a time */
#define ISA_STEP_CALL_CODE 1 /* TRAP_BRKPT: what a step over a system call tells, where others are TRAP_TRACE */
#define ISA_HAS_I386         /* int 0x80, and 32-bit programs: EM_386, up to where Linux gives them their stack */
#define ISA_USER_TOP_I386 0xffffe000u
/* What handlers of 32-bit programs return to where the program says nothing: pop %eax, the signal's number; mov
 * $sigreturn, %eax; int $0x80; at byte 8 the same for rt_sigreturn, without the first. */
#define ISA_SIGRETURN_32BIT {0x58, 0xb8, 119, 0, 0, 0, 0xcd, 0x80, 0xb8, 173, 0, 0, 0, 0xcd, 0x80}
#define ISA_ABI_32BIT {"i386", "i686", {3, true, ISA_USER_TOP_I386}, ISA_USER_TOP_I386, sizeof(uint32_t), false}
#define ISA_EPOLL_EVENT_LAYOUT __attribute__((packed)) /* of struct epoll_event: as 32-bit programs have it */
#define ISA_STAT_IS_X86                                /* struct stat has x86_64's own layout */
#define ISA_SEMID_IS_X86                               /* and struct semid64_ds */
#define ISA_MAP_32BIT 0x40u                            /* mmap's: below 2 GiB (asm/mman.h) */

/*
 * The user's registers. The processor pushes the last five on an exception (TSS.RSP0 points just behind `ss`, which
 * must be 16-byte aligned: Intel SDM vol. 3, 6.14.2), the entry code the others below them.
 */
struct trap_frame {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11;
    union {
        struct {
            uint64_t rdi, rsi, rdx, r10, r8, r9;
        };
        uint64_t argument[6]; /* of a system call */
    };
    uint64_t rax, rcx;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
    uint64_t fs_base, gs_base; /* the program's; in the MSRs while it is current, but behind the gate */
    uint64_t cpu;              /* behind the gate: the struct percpu of the CPU that runs it */
    uint64_t tls[3];           /* the program's segment descriptors (set_thread_area) */
    uint64_t selectors;        /* its ds, es, fs and gs, from the lowest 16 bits on; in the CPU while it is current */
} __attribute__((aligned(16)));

/* ---- page table entries (Intel SDM vol. 3, 4.5): four levels of 512, 4 KiB pages ---- */

#define ISA_PT_LEVELS 4
#define ISA_PT_SHIFT 9
#define ISA_PT_ENTRIES (1 << ISA_PT_SHIFT)

enum {
    PTE_PRESENT = 1 << 0,
    PTE_WRITE = 1 << 1,
    PTE_USER = 1 << 2,
    PTE_ACCESSED = 1 << 5,
    PTE_DIRTY = 1 << 6,
    PTE_GLOBAL = 1 << 8, /* the kernel's own, the same in all address spaces; CR4.PGE says whether it counts */
};
#define PTE_NX (1ull << 63)
#define PTE_ADDRESS 0x000ffffffffff000ull
#define PTE_KEY_SHIFT 59 /* the page's protection key, of four bits (Intel SDM vol. 3, 4.6.2) */

static inline unsigned isa_pt_index(uint64_t va, unsigned level) /* level 0: the leaf's table */
{
    return (unsigned)(va >> (12 + ISA_PT_SHIFT * level)) & (ISA_PT_ENTRIES - 1);
}

static inline uint64_t isa_pte_table(uint64_t pa)
{
    return pa | PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED;
}

/* Entries come as accessed and dirty, which nobody here looks at: the processor needn't mark them, and a KVM with
 * shadow page tables fills in, with the one that was missed, the entries around it only if they were accessed.
 *
 * A user page; `access` is enum access, 0: mapped, but nobody may touch it (PROT_NONE); with it, the page's key. */
static inline uint64_t isa_pte_page(uint64_t pa, unsigned access)
{
    return pa | PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY | (access & 7 ? PTE_USER : 0) | (access & 2 ? PTE_WRITE : 0) |
           (access & 4 ? 0 : PTE_NX) | (uint64_t)(access >> 8) << PTE_KEY_SHIFT;
}

static inline unsigned isa_pte_key(uint64_t pte)
{
    return (unsigned)(pte >> PTE_KEY_SHIFT) & 0xf;
}

/* The rights register of the thread that the CPU runs, PKRU: two bits a key, its access and its writing denied. Only
 * where the CPU has keys. */
static inline uint32_t isa_keys_read(void)
{
    uint32_t low, high;

    __asm__ volatile("rdpkru" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static inline void isa_keys_write(uint32_t rights)
{
    __asm__ volatile("wrpkru" ::"a"(rights), "c"(0), "d"(0) : "memory");
}

static inline bool isa_pte_is_present(uint64_t pte)
{
    return pte & PTE_PRESENT;
}

static inline bool isa_pte_allows(uint64_t pte, unsigned access)
{
    return (pte & PTE_PRESENT) && (pte & PTE_USER) && (!(access & 2) || (pte & PTE_WRITE)) &&
           (!(access & 4) || !(pte & PTE_NX));
}

/* The same entry, but nobody may write. */
static inline uint64_t isa_pte_read_only(uint64_t pte)
{
    return pte & ~(uint64_t)PTE_WRITE;
}

static inline uint64_t isa_pte_address(uint64_t pte)
{
    return pte & PTE_ADDRESS;
}

#endif
