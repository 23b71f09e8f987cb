/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c - the kernel's map of memory and devices, address spaces, caches. */
#include "abi/errno.h"
#include "arch/arch.h"
#include "mm/page.h"
#include "mm/pagetable.h"

#include "aarch64.h"

#define GIB (1ull << 30)

extern uint64_t kernel_l0[], direct_l1[];

static const uint64_t empty_root[ISA_PT_ENTRIES] __attribute__((aligned(PAGE_SIZE)));

void *phys_to_virt(paddr_t pa)
{
    return (void *)(DIRECT_BASE + pa); /* NOLINT(performance-no-int-to-ptr) */
}

paddr_t virt_to_phys(const void *va)
{
    uint64_t address = (uint64_t)va;

    return address >= KERNEL_BASE ? address - KERNEL_BASE : address - DIRECT_BASE;
}

/* One block: the frame for a table is not needed. */
void arch_map_memory(paddr_t gib, paddr_t table)
{
    uint64_t *entry = &direct_l1[gib >> 30 & (ISA_PT_ENTRIES - 1)];

    (void)table;
    if (*entry != 0)
        return;
    *entry = gib | PTE_VALID | PTE_NORMAL | PTE_INNER_SHAREABLE | PTE_ACCESSED | PTE_PXN | PTE_UXN;
    __asm__ volatile("dsb ishst; isb" ::: "memory");
}

/* All devices lie in the first GiB, which is there uncached. */
void *arch_map_device(paddr_t pa, uint64_t size)
{
    return pa < GIB && size <= GIB - pa ? phys_to_virt(pa) : NULL;
}

void arch_mmio_batch(struct arch_mmio *list, unsigned count)
{
    for (struct arch_mmio *at = list; at < list + count; at++) {
        if (at->write & MMIO_WRITE) {
            __asm__ volatile("dmb oshst" ::: "memory"); /* what the device is told of is in memory */
            mmio_write(at->reg, at->value);
        } else {
            at->value = mmio_read(at->reg);
            __asm__ volatile("dmb oshld" ::: "memory");
        }
    }
}

/*
 * ---- address spaces: their entries are not global, as the kernel's are ----
 *
 * A CPU's ASIDs are its own: no other one shares its translations, as TTBR0_EL1.CnP is 0 (Arm ARM). Eight bits of
 * them, which all CPUs have, are enough (TCR_EL1.AS is 0). What is invalidated is this CPU's (core/ sees to the
 * others'); that the tables are in memory first is for the walks of all CPUs.
 */

#define ASID_SHIFT 48
#define ASID_BITS (0xffffull << ASID_SHIFT)

unsigned arch_asids = 0xff;

int arch_space_init(struct arch_space *space)
{
    struct page *page = page_alloc();

    if (page == NULL)
        return -ENOMEM;
    space->root = page_phys(page);
    return 0;
}

/* Root and ASID are in one register (TCR_EL1.A1 is 0), so that no walk has the one with another one's other. */
static void ttbr0_load(paddr_t root, uint64_t asid)
{
    __asm__ volatile("dsb ishst\n\t" /* the tables are in memory */
                     "msr ttbr0_el1, %0\n\t"
                     "isb" ::"r"(root | asid << ASID_SHIFT)
                     : "memory");
}

static void asid_forget(uint64_t asid_bits)
{
    __asm__ volatile("dsb ishst\n\t"
                     "tlbi aside1, %0\n\t"
                     "dsb nsh" ::"r"(asid_bits)
                     : "memory");
}

/* The ASID isn't in use before, so that nothing comes under it between the two. */
void arch_space_activate(const struct arch_space *space, unsigned asid, bool forget)
{
    if (forget)
        asid_forget((uint64_t)asid << ASID_SHIFT);
    ttbr0_load(space->root, asid);
}

void arch_space_deactivate(void)
{
    ttbr0_load(virt_to_phys(empty_root), 0);
}

void arch_tlb_flush_page(uaddr_t va)
{
    __asm__ volatile("dsb ishst\n\t"
                     "tlbi vae1, %0\n\t"
                     "dsb nsh" ::"r"((sysreg_read(ttbr0_el1) & ASID_BITS) | va << 16 >> 28)
                     : "memory");
}

void arch_tlb_flush_all(void)
{
    asid_forget(sysreg_read(ttbr0_el1) & ASID_BITS);
}

/* ---- instruction cache (Arm ARM, B2.4.4) ---- */

static void lines_clean(uint64_t at, uint64_t end, uint64_t line)
{
    for (; at < end; at += line)
        __asm__ volatile("dc cvau, %0" ::"r"(at) : "memory");
    __asm__ volatile("dsb ish" ::: "memory");
}

static void lines_invalidate(uint64_t at, uint64_t end, uint64_t line)
{
    for (; at < end; at += line)
        __asm__ volatile("ic ivau, %0" ::"r"(at) : "memory");
    __asm__ volatile("dsb ish; isb" ::: "memory");
}

static void all_invalidate(void)
{
    __asm__ volatile("ic ialluis; dsb ish; isb" ::: "memory");
}

/* Only where the instruction cache is indexed by physical addresses (CTR_EL0.L1Ip) does the kernel's address of the
 * page reach what was fetched by the program's. */
void isa_sync_code(uint64_t pa)
{
    enum { CTR_PIPT = 3 << 14, CTR_IDC = 1 << 28, CTR_DIC = 1 << 29 };
    uint64_t ctr = sysreg_read(ctr_el0), at = (uint64_t)phys_to_virt(pa);

    if (!(ctr & CTR_IDC))
        lines_clean(at, at + PAGE_SIZE, 4ull << (ctr >> 16 & 0xf));
    if (!(ctr & CTR_DIC) && (ctr & CTR_PIPT) != CTR_PIPT)
        all_invalidate();
    else if (!(ctr & CTR_DIC))
        lines_invalidate(at, at + PAGE_SIZE, 4ull << (ctr & 0xf));
}

/* Caches are cleaned and invalidated for all CPUs by whoever writes code, a program (SCTLR_EL1.UCI) or isa_sync_code.
 * What is left to each CPU is what its pipeline has fetched before. */
void arch_code_sync(void)
{
    __asm__ volatile("dsb ish; isb" ::: "memory");
}

/* ---- kernel stacks ---- */

/* By TTBR1, which stays. What was no entry before is in no TLB, but a walk may be under way: ISA_STACKS_SYNC. */
int arch_stack_map(uint64_t va, paddr_t pa)
{
    static struct arch_space kernel;
    uint64_t *entry;

    kernel.root = virt_to_phys(kernel_l0);
    entry = pagetable_create(&kernel, va);
    if (entry == NULL)
        return -ENOMEM;
    *entry = pa | PTE_VALID | PTE_TABLE | PTE_NORMAL | PTE_INNER_SHAREABLE | PTE_ACCESSED | PTE_PXN | PTE_UXN;
    __asm__ volatile("dsb ishst; isb" ::: "memory");
    return 0;
}
