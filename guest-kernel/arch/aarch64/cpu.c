/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.c - puts a CPU in the state that the kernel wants, and starts the others. */
#include "abi/errno.h"
#include "arch/arch.h"
#include "core/process.h"
#include "mm/page.h"

#include "aarch64.h"
#include "debug.h"

#define PSCI_CPU_ON 0xc4000003u
#define CPU_MEMORY_ORDER 2u

_Static_assert(offsetof(struct trap_frame, sp) == FRAME_SP, "trap.S counts on it");
_Static_assert(offsetof(struct trap_frame, pc) == FRAME_PC, "trap.S counts on it");
_Static_assert(sizeof(struct trap_frame) == FRAME_SIZE, "trap.S counts on it");
_Static_assert(PAGE_SIZE << CPU_MEMORY_ORDER == CPU_MEMORY_SIZE, "boot.S counts on it");
_Static_assert(offsetof(struct thread, frame) == 0, "a frame is aligned as its thread");

struct thread *arch_current(void)
{
    struct thread *thread;

    __asm__ volatile("mrs %0, tpidr_el1" : "=r"(thread));
    return thread;
}

void arch_set_current(struct thread *thread)
{
    sysreg_write(tpidr_el1, thread);
}

/* Where there is PAN, the kernel's touching a program's page by accident is a fault. */
static void pan_set(void)
{
    if (sysreg_read(id_aa64mmfr1_el1) >> 20 & 0xf)
        __asm__ volatile(".inst 0xd500419f"); /* msr pan, #1: the assembler wants to be told of ARMv8.1 */
}

/* Counters that programs could be given, where the CPU has them: what reset leaves in these is not said. */
static void counters_hide(void)
{
    uint64_t pmu = sysreg_read(id_aa64dfr0_el1) >> 8 & 0xf;

    if (pmu != 0 && pmu != 0xf)
        sysreg_write(pmuserenr_el0, 0);
    if (sysreg_read(id_aa64pfr0_el1) >> 44 & 0xf)
        sysreg_write(s3_3_c13_c2_3, 0); /* AMUSERENR_EL0 */
}

void cpu_init(unsigned number)
{
    enum { CPACR_FPEN = 3 << 20, CNTKCTL_EL0VCTEN = 1 << 1 };

    sysreg_write(tpidr_el1, NULL);
    sysreg_write(contextidr_el1, number);
    sysreg_write(vbar_el1, vectors);
    sysreg_write(cpacr_el1, CPACR_FPEN); /* SVE and SME stay off */
    sysreg_write(cntkctl_el1, CNTKCTL_EL0VCTEN);
    debug_init();
    sysreg_write(tpidrro_el0, 0);
    counters_hide();
    pan_set();
    arch_space_deactivate();
    arch_tlb_flush_all(); /* the map that it came by, under ASID 0 */
}

/* ---- the other CPUs ---- */

static uint64_t affinity(void)
{
    return sysreg_read(mpidr_el1) & 0xff00ffffffull;
}

bool arch_cpu_is_this(uint32_t hwid)
{
    return affinity() == hwid;
}

static char boot_memory[PANIC_STACK_SIZE] __attribute__((aligned(16)));

char *cpu_memory[ARCH_CPUS_MAX] = {boot_memory};

int arch_cpu_start(unsigned number, uint32_t hwid)
{
    struct page *page = page_alloc_order(CPU_MEMORY_ORDER);

    if (page == NULL)
        return -ENOMEM;
    cpu_memory[number] = page_data(page);
    __asm__ volatile("dsb ishst" ::: "memory"); /* it is there before the CPU looks */
    if (psci_call(PSCI_CPU_ON, hwid, virt_to_phys(secondary_entry), number) == 0)
        return 0;
    page_put_order(page, CPU_MEMORY_ORDER);
    return -EIO;
}

void arch_cpu_relax(void)
{
    __asm__ volatile("yield" ::: "memory");
}

_Noreturn void arch_cpu_park(void)
{
    for (;;)
        __asm__ volatile("wfi");
}
