/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.c - per-CPU state, what the hart can do, and the other harts, which the SBI starts (HSM extension). */
#include "abi/errno.h"
#include "core/process.h"
#include "core/smp.h"
#include "core/stack.h"
#include "lib/fdt.h"
#include "lib/string.h"
#include "mm/page.h"

#include "fpu.h"
#include "riscv.h"

struct percpu percpus[ARCH_CPUS_MAX + 1]; /* the first is the boot hart's, and the last nobody's: for boot.S */
static char fault_stacks[ARCH_CPUS_MAX][FAULT_STACK_SIZE] __attribute__((aligned(16)));

unsigned harts_started = 1;

static uint64_t hwcap; /* of the boot hart; set once at boot */

_Static_assert(offsetof(struct percpu, kernel_sp) == PERCPU_KERNEL_SP, "trap.S counts on it");
_Static_assert(offsetof(struct percpu, frame) == PERCPU_FRAME, "trap.S counts on it");
_Static_assert(offsetof(struct percpu, scratch) == PERCPU_SCRATCH, "trap.S counts on it");
_Static_assert(offsetof(struct percpu, idle_cause) == PERCPU_IDLE_CAUSE, "trap.S counts on it");
_Static_assert(offsetof(struct percpu, stack) == PERCPU_STACK, "boot.S counts on it");
_Static_assert(offsetof(struct percpu, hart) == PERCPU_HART, "boot.S counts on it");
_Static_assert(sizeof(struct percpu) == PERCPU_SIZE, "boot.S counts on it");
_Static_assert(offsetof(struct percpu, fault_stack) == PERCPU_FAULT_STACK, "trap.S counts on it");
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

/* Programs may read the time, and no other counter (as on Linux). Other harts' software interrupts are kicks. */
void cpu_init(uint32_t hart)
{
    struct percpu *cpu = percpu();

    cpu->hart = hart;
    cpu->fault_stack = (uint64_t)fault_stacks[cpu - percpus] + FAULT_STACK_SIZE;
    csr_write(scounteren, COUNTEREN_TIME);
    csr_set(sie, 1u << IRQ_SOFTWARE);
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
    void *stack;

    if (number >= ARCH_CPUS_MAX)
        return -ENOSPC;
    if (!sbi_serves_harts())
        return -ENOSYS;
    stack = stack_alloc();
    if (stack == NULL)
        return -ENOMEM;
    percpus[number].hart = hwid;
    __atomic_store_n(&percpus[number].stack, (uint64_t)stack + STACK_SIZE, __ATOMIC_RELEASE);
    __asm__ volatile("fence" ::: "memory");
    if (sbi_hart_start(hwid, virt_to_phys(secondary_entry), (uint64_t)&percpus[number]) != 0) {
        percpus[number].stack = 0;
        stack_free(stack);
        return -EIO;
    }
    harts_started = number + 1;
    return 0;
}

_Noreturn void start_secondary(uint32_t hart)
{
    cpu_init(hart);
    smp_enter();
}

void arch_cpu_kick(unsigned number)
{
    __asm__ volatile("fence" ::: "memory");
    sbi_send_ipi(1, percpus[number].hart);
}

/* `pause` (Zihintpause), which is a hint to harts that don't have it. */
void arch_cpu_relax(void)
{
    __asm__ volatile(".4byte 0x0100000f" ::: "memory");
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
