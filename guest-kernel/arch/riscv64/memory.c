/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c - the kernel's map of memory and devices, and address spaces. */
#include "abi/errno.h"
#include "lib/string.h"
#include "mm/page.h"
#include "mm/pagetable.h"

#include "riscv.h"

extern uint64_t boot_root[];

void *phys_to_virt(paddr_t pa)
{
    return (void *)(DIRECT_BASE + pa); /* NOLINT(performance-no-int-to-ptr) */
}

paddr_t virt_to_phys(const void *va)
{
    uint64_t address = (uint64_t)va;

    return address >= KERNEL_BASE ? address - KERNEL_BASE : address - DIRECT_BASE;
}

/* All of it is in the root table from the start, and so in those of all address spaces. */
void arch_map_memory(paddr_t gib, paddr_t table)
{
    (void)gib;
    (void)table;
}

void *arch_map_device(paddr_t pa, uint64_t size)
{
    return pa < DEVICES_END && size <= DEVICES_END - pa ? phys_to_virt(pa) : NULL;
}

int arch_space_init(struct arch_space *space)
{
    struct page *page = page_alloc();

    if (page == NULL)
        return -ENOMEM;
    uint64_t *root = page_data(page);
    memcpy(root + DIRECT_SLOT, boot_root + DIRECT_SLOT, (ISA_PT_ENTRIES - DIRECT_SLOT) * sizeof(*root));
    space->root = page_phys(page);
    return 0;
}

static void root_load(paddr_t root)
{
    csr_write(satp, (uint64_t)SATP_SV39 << 60 | root >> PAGE_SHIFT);
    __asm__ volatile("sfence.vma" ::: "memory");
}

void arch_space_activate(const struct arch_space *space)
{
    percpu()->root = space->root;
    root_load(space->root);
}

void arch_space_deactivate(void)
{
    percpu()->root = 0;
    root_load(virt_to_phys(boot_root));
}

void arch_tlb_flush_page(uaddr_t va)
{
    __asm__ volatile("sfence.vma %0" ::"r"(va) : "memory");
}

void arch_tlb_flush_all(void)
{
    __asm__ volatile("sfence.vma" ::: "memory");
}

/* ---- kernel stacks ---- */

/* The root's entry is there from the start, and so in all address spaces. Another hart that has kept that there was
 * none faults once (trap.c). */
int arch_stack_map(uint64_t va, paddr_t pa)
{
    static struct arch_space kernel;
    uint64_t *entry;

    kernel.root = virt_to_phys(boot_root);
    entry = pagetable_create(&kernel, va);
    if (entry == NULL)
        return -ENOMEM;
    *entry = pa >> PAGE_SHIFT << PTE_PPN_SHIFT | PTE_VALID | PTE_READ | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY;
    arch_tlb_flush_page(va); /* a hart may have kept that there was none */
    return 0;
}
