/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c - the kernel's map of memory and devices, and address spaces. */
#include "abi/errno.h"
#include "arch/arch.h"
#include "lib/string.h"
#include "mm/page.h"

#include "layout.h"
#include "x86.h"

#define LARGE_PAGE 0x200000ull
#define ENTRY_LARGE 0x80

extern uint64_t boot_pml4[], boot_pdpt_direct[];

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
        pd[i] = (gib + i * LARGE_PAGE) | PTE_PRESENT | PTE_WRITE | ENTRY_LARGE | PTE_NX;
    boot_pdpt_direct[gib >> 30] = table | PTE_PRESENT | PTE_WRITE;
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

    if (!page)
        return -ENOMEM;
    uint64_t *root = page_data(page);
    root[DIRECT_SLOT] = boot_pml4[DIRECT_SLOT];
    root[KERNEL_SLOT] = boot_pml4[KERNEL_SLOT];
    space->root = page_phys(page);
    return 0;
}

void arch_space_activate(const struct arch_space *space)
{
    __asm__ volatile("mov %0, %%cr3" ::"r"(space->root) : "memory");
}

void arch_space_deactivate(void)
{
    __asm__ volatile("mov %0, %%cr3" ::"r"(virt_to_phys(boot_pml4)) : "memory");
}

void arch_tlb_flush_page(uaddr_t va)
{
    __asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
}
