/* SPDX-License-Identifier: Apache-2.0 */
/* gate.c - the gate's data for the CPUs beside the first, whose is in the image (gate.S). */
#include "abi/errno.h"
#include "arch/arch.h"
#include "lib/string.h"
#include "mm/page.h"

#include "layout.h"
#include "x86.h"

#define TSS_AVAILABLE 0x0000890000000000ull

extern uint64_t gate_pt[];
extern const char gate_kernel_entry[];

/* The boot CPU's page as a pattern: what is to be changed are its own addresses. */
static void page_fill(char *page, uint64_t at)
{
    uint64_t *gdt = (uint64_t *)(void *)(page + GATE_GDT), base = at + GATE_TSS;
    struct tss *tss = (struct tss *)(void *)(page + GATE_TSS);

    memcpy(page, (const void *)GATE_DATA_ALIAS, PAGE_SIZE);
    gdt[SEL_TSS / 8] = TSS_AVAILABLE | (sizeof(*tss) - 1) | (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
    gdt[SEL_TSS / 8 + 1] = base >> 32;
    tss->rsp[0] = at + GATE_RSP0;
    tss->ist[0] = at + GATE_IST;
    tss->ist[1] = at + GATE_RSP0;
}

int gate_cpu_create(struct cpu_block *block, unsigned number, struct gdt_register *gdt)
{
    struct page *page = number + 2 < GATE_PAGES ? page_alloc() : NULL;
    uint64_t at = GATE_BASE + (uint64_t)(number + 2) * PAGE_SIZE;

    if (page == NULL)
        return -ENOMEM;
    char *data = page_data(page);
    page_fill(data, at);
    block->percpu.gate = (uint64_t)data + GATE_RSP0;
    block->early_frame.cpu = (uint64_t)&block->percpu;
    *(uint64_t *)(void *)(data + GATE_RSP0 + GATE_KERNEL_RIP) = (uint64_t)gate_kernel_entry;
    *(uint64_t *)(void *)(data + GATE_RSP0 + GATE_KERNEL_RSP) = (uint64_t)&block->early_frame.vector;
    *(uint64_t *)(void *)(data + GATE_RSP0 + GATE_IN_USER) = 0;
    gate_pt[number + 2] = page_phys(page) | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY | PTE_NX;
    *gdt = (struct gdt_register){GDT_ENTRIES * sizeof(uint64_t) - 1, at + GATE_GDT};
    return 0;
}
