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

/* ---- address spaces: none of their entries is global, and the kernel has none ----
 *
 * A refill takes what it finds by CSR.PGDL under CSR.ASID (LoongArch Reference Manual vol. 1, 7.5.4 and 7.5.5). The
 * kernel lives in windows and causes none, so that between the writes of the two nothing comes into the TLB. */

unsigned arch_asids;

/* CSR.ASID.ASIDBITS says how many bits there are. */
void asids_count(void)
{
    unsigned bits = csr_read(CSR_ASID) >> 16 & 0xff;

    arch_asids = bits > 1 ? (1u << (bits < ASID_WIDTH ? bits : ASID_WIDTH)) - 1 : 0;
}

int arch_space_init(struct arch_space *space)
{
    struct page *page = page_alloc();

    if (page == NULL)
        return -ENOMEM;
    space->root = page_phys(page);
    return 0;
}

static uint64_t asid_current(void)
{
    return csr_read(CSR_ASID) & ((1u << ASID_WIDTH) - 1);
}

/* INVTLB (4.2.4.7): 4 is all entries of an ASID that aren't global, 5 is one address's of them. */
static void asid_forget(uint64_t asid)
{
    __asm__ volatile("invtlb 4, %0, $zero" ::"r"(asid) : "memory");
}

static void root_load(paddr_t root, uint64_t asid, bool forget)
{
    csr_write(CSR_ASID, asid);
    csr_write(CSR_PGDL, root);
    if (forget)
        asid_forget(asid);
}

void arch_space_activate(const struct arch_space *space, unsigned asid, bool forget)
{
    root_load(space->root, asid, forget);
}

void arch_space_deactivate(void)
{
    root_load(0, 0, arch_asids == 0);
}

void arch_tlb_flush_page(uaddr_t va)
{
    __asm__ volatile("invtlb 5, %0, %1" ::"r"(asid_current()), "r"(va) : "memory");
}

void arch_tlb_flush_all(void)
{
    asid_forget(asid_current());
}
