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

/* ---- address spaces: their entries are not global, as the kernel's are ---- */

unsigned arch_asids;

/* The bits of satp's ASID field that can be set, from the lowest on (Privileged Architecture, 10.1.11). The kernel runs
 * on as before in whatever space. */
void asids_count(void)
{
    uint64_t satp = csr_read(satp);

    csr_write(satp, satp | SATP_ASID_MASK << SATP_ASID_SHIFT);
    arch_asids = csr_read(satp) >> SATP_ASID_SHIFT & SATP_ASID_MASK;
    csr_write(satp, satp);
    if (arch_asids == 1)
        arch_asids = 0;
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

static uint64_t asid_current(void)
{
    return csr_read(satp) >> SATP_ASID_SHIFT & SATP_ASID_MASK;
}

/* What isn't global under that ASID (10.2.1). */
static void asid_forget(uint64_t asid)
{
    __asm__ volatile("sfence.vma zero, %0" ::"r"(asid) : "memory");
}

static void root_load(paddr_t root, uint64_t asid)
{
    csr_write(satp, (uint64_t)SATP_SV39 << 60 | asid << SATP_ASID_SHIFT | root >> PAGE_SHIFT);
    if (arch_asids == 0)
        __asm__ volatile("sfence.vma" ::: "memory");
}

/* The ASID isn't in use before, so that nothing comes under it between the fence and satp. Of entries that have become
 * valid since the last fence a hart may know that there was nothing: that is found out by a fault (trap.c). */
void arch_space_activate(const struct arch_space *space, unsigned asid, bool forget)
{
    percpu()->root = space->root;
    if (forget && asid != 0)
        asid_forget(asid);
    root_load(space->root, asid);
}

/* ASID 0 has nothing in the user half, ever. */
void arch_space_deactivate(void)
{
    percpu()->root = 0;
    root_load(virt_to_phys(boot_root), 0);
}

void arch_tlb_flush_page(uaddr_t va)
{
    __asm__ volatile("sfence.vma %0, %1" ::"r"(va), "r"(asid_current()) : "memory");
}

void arch_tlb_flush_all(void)
{
    asid_forget(asid_current());
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
    *entry =
        pa >> PAGE_SHIFT << PTE_PPN_SHIFT | PTE_VALID | PTE_READ | PTE_WRITE | PTE_GLOBAL | PTE_ACCESSED | PTE_DIRTY;
    tlb_flush_kernel_page(va); /* a hart may have kept that there was none */
    return 0;
}
