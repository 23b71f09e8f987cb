/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.c - per-CPU state, what the hart can do, and the other harts, which the SBI starts (HSM extension). */
#include "abi/errno.h"
#include "core/process.h"
#include "core/smp.h"
#include "lib/fdt.h"
#include "lib/string.h"
#include "mm/page.h"

#include "fpu.h"
#include "riscv.h"

#define CPUS_MAX 32
#define STACK_ORDER 2 /* 16 KiB */

struct percpu percpus[CPUS_MAX]; /* the first is the boot hart's: boot.S knows it */

static uint64_t hwcap; /* of the boot hart; set once at boot */

_Static_assert(offsetof(struct percpu, kernel_sp) == PERCPU_KERNEL_SP, "trap.S counts on it");
_Static_assert(offsetof(struct percpu, frame) == PERCPU_FRAME, "trap.S counts on it");
_Static_assert(offsetof(struct percpu, scratch) == PERCPU_SCRATCH, "trap.S counts on it");
_Static_assert(offsetof(struct percpu, idle_cause) == PERCPU_IDLE_CAUSE, "trap.S counts on it");
_Static_assert(offsetof(struct percpu, stack) == PERCPU_STACK, "boot.S counts on it");
_Static_assert(offsetof(struct trap_frame, sp) == FRAME_SP, "trap.S counts on it");
_Static_assert(offsetof(struct trap_frame, tp) == FRAME_TP, "trap.S counts on it");
_Static_assert(offsetof(struct trap_frame, t6) == 8 * 31, "trap.S counts on it");
_Static_assert(offsetof(struct trap_frame, status) == FRAME_STATUS, "trap.S counts on it");
_Static_assert(offsetof(struct trap_frame, value) == FRAME_VALUE, "trap.S counts on it");
_Static_assert(sizeof(struct trap_frame) == FRAME_SIZE, "trap.S counts on it");

struct thread *arch_current(void)
{
    return percpu()->current;
}

void arch_set_current(struct thread *thread)
{
    struct percpu *cpu = percpu();

    cpu->current = thread;
    cpu->frame = &thread->frame;
}

/* Programs may read the time, and no other counter (as on Linux). */
void cpu_init(uint32_t hart)
{
    percpu()->hart = hart;
    csr_write(scounteren, COUNTEREN_TIME);
}

/* ---- extensions ---- */

#define HWCAP_V (1u << ('v' - 'a'))

/* The single letters of "riscv,isa", "rv64imafdc_zicsr...", as Linux gives them (arch/riscv/kernel/cpufeature.c): bit 0
 * is 'a'. V shows itself. */
static uint64_t letters_read(const char *isa, uint32_t size)
{
    static const char known[] = "imafdc";
    uint64_t bits = 0;

    for (uint32_t i = 4; i < size && isa[i] != 0 && isa[i] != '_'; i++)
        if (strchr(known, isa[i]) != NULL)
            bits |= 1ull << (isa[i] - 'a');
    return bits;
}

void cpu_read(const struct fdt *fdt, const struct fdt_node *node)
{
    uint32_t size;
    const char *isa = fdt_property(fdt, node, "riscv,isa", &size);

    hwcap = isa != NULL ? letters_read(isa, size) : 0;
}

uint64_t arch_hwcap(unsigned which)
{
    return which == 1 ? hwcap | (vector_is_there() ? HWCAP_V : 0) : 0;
}

/* ---- other harts ---- */

_Noreturn void start_secondary(uint32_t hart);

int arch_cpu_start(unsigned number, uint32_t hwid)
{
    struct page *stack;

    if (number >= CPUS_MAX)
        return -ENOSPC;
    stack = page_alloc_order(STACK_ORDER);
    if (stack == NULL)
        return -ENOMEM;
    percpus[number].stack = (uint64_t)page_data(stack) + (PAGE_SIZE << STACK_ORDER);
    return sbi_hart_start(hwid, virt_to_phys(secondary_entry), (uint64_t)&percpus[number]) != 0 ? -EIO : 0;
}

_Noreturn void start_secondary(uint32_t hart)
{
    cpu_init(hart);
    smp_enter();
}

bool arch_cpu_is_this(uint32_t hwid)
{
    return hwid == percpu()->hart;
}

_Noreturn void arch_cpu_park(void)
{
    for (;;)
        __asm__ volatile("wfi");
}
