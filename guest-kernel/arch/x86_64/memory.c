/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c - the kernel's map of memory and devices, and address spaces. */
#include "abi/errno.h"
#include "arch/arch.h"
#include "lib/string.h"
#include "mm/page.h"
#include "mm/pagetable.h"

#include "layout.h"
#include "x86.h"

#define LARGE_PAGE 0x200000ull
#define ENTRY_LARGE 0x80

extern uint64_t boot_pml4[], gate_pml4[], boot_pdpt_direct[];

void *phys_to_virt(paddr_t pa)
{
    return (void *)(DIRECT_BASE + pa); /* NOLINT(performance-no-int-to-ptr) */
}

paddr_t virt_to_phys(const void *va)
{
    uint64_t address = (uint64_t)va;

    return address >= KERNEL_BASE ? address - KERNEL_BASE : address - DIRECT_BASE;
}

void arch_map_memory(paddr_t gib, paddr_t table)
{
    uint64_t *pd = phys_to_virt(table);

    for (unsigned i = 0; i < ISA_PT_ENTRIES; i++)
        pd[i] = (gib + i * LARGE_PAGE) | PTE_PRESENT | PTE_WRITE | PTE_USER | ENTRY_LARGE | PTE_GLOBAL | PTE_NX;
    boot_pdpt_direct[gib >> 30] = table | PTE_PRESENT | PTE_WRITE | PTE_USER;
}

void *arch_map_device(paddr_t pa, uint64_t size)
{
    if (pa < DEVICES_PHYS || pa + size > DEVICES_PHYS + (uint64_t)DEVICES_SIZE || pa + size < pa)
        return NULL;
    return phys_to_virt(pa);
}

int arch_space_init(struct arch_space *space)
{
    struct page *page = page_alloc();

    if (page == NULL)
        return -ENOMEM;
    uint64_t *root = page_data(page);
    if (cpu_is_gated) { /* of the kernel, nothing; the gate alone */
        root[GATE_SLOT] = gate_pml4[GATE_SLOT];
    } else { /* for the supervisor */
        root[DIRECT_SLOT] = boot_pml4[DIRECT_SLOT];
        root[KERNEL_SLOT] = boot_pml4[KERNEL_SLOT];
    }
    space->root = page_phys(page);
    return 0;
}

/* ASIDs are called PCIDs here. None are used: QEMU's TCG has none and behind the gate there can't be any, so that what
 * uses them could be tried nowhere that this kernel is tested. */
unsigned arch_asids;

/* With the gate, a program's tables are loaded on each way out, which also flushes what the TLB held. */
static void root_load(paddr_t root)
{
    if (cpu_is_gated)
        *gate_slot(GATE_USER_CR3) = root;
    else
        __asm__ volatile("mov %0, %%cr3" ::"r"(root) : "memory");
}

void arch_space_activate(const struct arch_space *space, unsigned asid, bool forget)
{
    (void)asid, (void)forget;
    root_load(space->root);
}

void arch_space_deactivate(void)
{
    root_load(virt_to_phys(boot_pml4));
}

void arch_tlb_flush_page(uaddr_t va)
{
    if (!cpu_is_gated)
        __asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
}

void arch_tlb_flush_all(void)
{
    uint64_t root;

    if (cpu_is_gated)
        return;
    __asm__ volatile("mov %%cr3, %0\n\t"
                     "mov %0, %%cr3"
                     : "=r"(root)::"memory");
}

/* ---- kernel stacks ---- */

/* Both sets of the kernel's tables, and those of all spaces, share what lies below the last entry. No processor keeps
 * that there was nothing (4.10.2.3). */
int arch_stack_map(uint64_t va, paddr_t pa)
{
    static struct arch_space kernel;
    uint64_t *entry;

    kernel.root = virt_to_phys(boot_pml4);
    entry = pagetable_create(&kernel, va);
    if (entry == NULL)
        return -ENOMEM;
    *entry =
        pa | PTE_PRESENT | PTE_WRITE | (cpu_is_gated ? PTE_USER : 0) | PTE_GLOBAL | PTE_ACCESSED | PTE_DIRTY | PTE_NX;
    return 0;
}
