/* SPDX-License-Identifier: Apache-2.0 */
/* smp.c - starts the other CPUs, by INIT and SIPI (Intel SDM vol. 3, 9.4.4). One at a time: core/smp.c waits for each.
 */
#include "abi/errno.h"
#include "arch/arch.h"
#include "core/smp.h"
#include "lib/string.h"
#include "mm/page.h"

#include "fpu.h"
#include "layout.h"
#include "x86.h"

#define BLOCK_ORDER 2 /* 16 KiB: a CPU's own state, then its stack */

extern const char smp_trampoline[];
extern const uint64_t smp_trampoline_size;
extern uint64_t boot_pml4[], boot_pdpt_kernel_low[];

_Noreturn void smp_cpu_main(void);

/* For the CPU that is being started (smp.S). */
uint64_t smp_starting_stack;
struct gdt_register smp_starting_gdtr;
static struct cpu_block *starting;

static uint32_t apic_ids[ARCH_CPUS_MAX]; /* by number */

int arch_cpu_start(unsigned number, uint32_t hwid)
{
    struct page *block = page_alloc_order(BLOCK_ORDER);

    if (block == NULL)
        return -ENOMEM;
    apic_ids[0] = percpu()->apic_id;
    starting = page_data(block);
    starting->percpu.self = &starting->percpu;
    starting->percpu.apic_id = apic_ids[number] = hwid;
    starting->percpu.number = number;
    starting->percpu.fault_stack = (uint64_t)starting->fault_stack + sizeof(starting->fault_stack);
    int error = cpu_is_gated ? gate_cpu_create(starting, number, &smp_starting_gdtr) : 0;
    if (error != 0) {
        for (unsigned i = 0; i < 1u << BLOCK_ORDER; i++)
            page_put(block + i);
        return error;
    }
    smp_starting_stack = (uint64_t)page_data(block) + (PAGE_SIZE << BLOCK_ORDER);
    memcpy(phys_to_virt(SMP_TRAMPOLINE), smp_trampoline, smp_trampoline_size);
    /* The identity map that its entry needs, as at boot; it takes that away again. */
    boot_pml4[0] = virt_to_phys(boot_pdpt_kernel_low) | PTE_PRESENT | PTE_WRITE;
    apic_start_cpu(hwid, SMP_TRAMPOLINE >> PAGE_SHIFT);
    return 0;
}

/* On the new CPU, behind its gate or at CPL 0. */
_Noreturn void smp_cpu_main(void)
{
    cpu_init_other(starting);
    apic_init_other();
    fpu_enable();
    smp_enter();
}

void arch_cpu_kick(unsigned number)
{
    apic_kick(apic_ids[number]);
}

void arch_cpu_relax(void)
{
    __asm__ volatile("pause" ::: "memory");
}

/* Caches of code are coherent here, and what was fetched ahead goes with an instruction that serializes (SDM vol.
 * 3, 9.3), as iretq is, by which the gate always goes back to user mode. */
void arch_code_sync(void)
{
    uint64_t scratch;

    if (cpu_is_gated)
        return;
    __asm__ volatile("mov %%ss, %k0\n\t"
                     "push %0\n\t"
                     "lea 8(%%rsp), %0\n\t"
                     "push %0\n\t"
                     "pushfq\n\t"
                     "mov %%cs, %k0\n\t"
                     "push %0\n\t"
                     "lea 1f(%%rip), %0\n\t"
                     "push %0\n\t"
                     "iretq\n"
                     "1:"
                     : "=&r"(scratch)::"memory", "cc");
}

bool arch_cpu_is_this(uint32_t hwid)
{
    return percpu()->apic_id == hwid;
}
