/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c - the kernel's view of memory and devices through the windows, and address spaces. */
#include "abi/errno.h"
#include "mm/page.h"

#include "cpu.h"

#define PHYSICAL_MASK ((1ull << 48) - 1)

void *phys_to_virt(paddr_t pa)
{
    return (void *)(WINDOW_CACHED + pa); /* NOLINT(performance-no-int-to-ptr) */
}

paddr_t virt_to_phys(const void *va)
{
    return (uint64_t)va & PHYSICAL_MASK;
}

void arch_map_memory(paddr_t gib, paddr_t table)
{
    (void)gib;
    (void)table; /* the window has it all */
}

void *arch_map_device(paddr_t pa, uint64_t size)
{
    if (pa > PHYSICAL_MASK || size > PHYSICAL_MASK - pa)
        return NULL;
    return device_registers(pa);
}

static void mmio_access(struct arch_mmio *at)
{
    volatile uint8_t *byte = at->reg;
    volatile uint16_t *half = at->reg;
    volatile uint32_t *word = at->reg;

    switch (at->write) {
    case MMIO_8:
        at->value = *byte;
        break;
    case MMIO_8 | MMIO_WRITE:
        *byte = (uint8_t)at->value;
        break;
    case MMIO_16:
        at->value = *half;
        break;
    case MMIO_16 | MMIO_WRITE:
        *half = (uint16_t)at->value;
        break;
    case MMIO_WRITE:
        *word = at->value;
        break;
    default:
        at->value = *word;
    }
}

void arch_mmio_batch(struct arch_mmio *list, unsigned count)
{
    barrier();
    for (struct arch_mmio *at = list; at < list + count; at++)
        mmio_access(at);
    barrier();
}

int arch_space_init(struct arch_space *space)
{
    struct page *page = page_alloc();

    if (page == NULL)
        return -ENOMEM;
    space->root = page_phys(page);
    return 0;
}

static void root_load(paddr_t root)
{
    csr_write(CSR_PGDL, root);
    __asm__ volatile("invtlb 0, $zero, $zero" ::: "memory");
}

void arch_space_activate(const struct arch_space *space)
{
    root_load(space->root);
}

void arch_space_deactivate(void)
{
    root_load(0);
}

void arch_tlb_flush_page(uaddr_t va)
{
    __asm__ volatile("invtlb 5, $zero, %0" ::"r"(va) : "memory"); /* of ASID 0 */
}

void arch_tlb_flush_all(void)
{
    __asm__ volatile("invtlb 0, $zero, $zero" ::: "memory");
}
