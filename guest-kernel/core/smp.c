/* SPDX-License-Identifier: Apache-2.0 */
/* smp.c - see smp.h. */
#include "core/smp.h"

#include "abi/errno.h"
#include "arch/arch.h"
#include "core/irq.h"
#include "core/klock.h"
#include "core/log.h"
#include "core/sched.h"
#include "core/shootdown.h"
#include "lib/fdt.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/mapping.h"

/* A CPU that takes longer is not coming. So long, because a host with other work may leave a virtual CPU waiting. */
#define START_NS 30000000000ull

static struct cpu *starting;
static bool has_come; /* the one that is being started */

/* ---- into the kernel and out of it ---- */

static void place_set(struct cpu *cpu, enum cpu_place place)
{
    __atomic_store_n(&cpu->place, place, __ATOMIC_RELEASE);
}

static void kernel_take(struct cpu *cpu)
{
    place_set(cpu, CPU_IN_KERNEL); /* what it has done in user mode is done: shootdown.c waits for that */
    klock_take(cpu);
    cpu->kicked = false;
    irq_dispatch_kept(cpu);
}

void smp_enter_kernel(void)
{
    struct cpu *cpu = cpu_this();

    if (cpu_is_one_of_many && cpu->place != CPU_IN_KERNEL)
        kernel_take(cpu);
}

void smp_leave_kernel(void)
{
    struct cpu *cpu = cpu_this();

    sched_leaves(cpu);
    shootdown_catch_up(cpu);
    if (cpu->code_is_stale) {
        cpu->code_is_stale = false;
        arch_code_sync();
    }
    place_set(cpu, CPU_IN_USER);
    klock_give(cpu);
}

void smp_halt(void)
{
    struct cpu *cpu = cpu_this();
    unsigned irq;

    place_set(cpu, CPU_HALTED);
    klock_give(cpu);
    irq = arch_wait_for_interrupt();
    kernel_take(cpu);
    irq_dispatch(irq);
}

void smp_kick(struct cpu *cpu)
{
    if (cpu->kicked || __atomic_load_n(&cpu->place, __ATOMIC_ACQUIRE) == CPU_IN_KERNEL)
        return;
    cpu->kicked = true;
    arch_cpu_kick(cpu->number);
}

static bool is_out(const struct cpu *cpu, const struct arch_space *space)
{
    return (space == NULL || (cpu->active != NULL && &cpu->active->arch == space)) &&
           __atomic_load_n(&cpu->place, __ATOMIC_ACQUIRE) == CPU_IN_USER;
}

/* All are kicked before the first one is waited for. */
void smp_call_in(const struct arch_space *space)
{
    const struct cpu *self = cpu_this();

    for (unsigned i = 0; i < cpu_count; i++)
        if (cpus[i] != self && is_out(cpus[i], space))
            smp_kick(cpus[i]);
    for (unsigned i = 0; i < cpu_count; i++)
        while (cpus[i] != self && is_out(cpus[i], space))
            arch_cpu_relax();
}

void smp_sync_code(void)
{
    for (unsigned i = 0; i < cpu_count; i++)
        cpus[i]->code_is_stale = true;
}

/* ---- the start ---- */

_Noreturn void smp_enter(void)
{
    struct cpu *cpu = starting;

    arch_set_current(&cpu->boot_thread);
    __atomic_store_n(&has_come, true, __ATOMIC_RELEASE);
    klock_take(cpu);
    sched_idle();
}

static int start(uint32_t hwid)
{
    struct cpu *cpu = cpu_count < ARCH_CPUS_MAX ? kmalloc(sizeof(*cpu)) : NULL;
    uint64_t deadline = arch_clock_ns() + START_NS;
    int error;

    if (cpu == NULL)
        return -ENOMEM;
    cpu->number = cpu_count;
    sched_cpu_init(cpu);
    starting = cpu;
    has_come = false;
    error = arch_cpu_start(cpu->number, hwid);
    if (error != 0) {
        kfree(cpu);
        return error;
    }
    while (!__atomic_load_n(&has_come, __ATOMIC_ACQUIRE) && arch_clock_ns() < deadline)
        arch_cpu_relax();
    if (!__atomic_load_n(&has_come, __ATOMIC_ACQUIRE))
        panic("CPU %u was started and didn't come", hwid); /* it may come yet, onto what the next one would use */
    cpus[cpu_count++] = cpu;
    return 0;
}

void smp_start(const struct fdt *fdt)
{
    struct fdt_node node;

    if (!fdt_find(fdt, "/cpus", &node))
        return;
    for (unsigned depth = node.depth + 1; fdt_next(fdt, &node) && node.depth >= depth;) {
        uint32_t hwid;
        if (node.depth != depth || strncmp(node.name, "cpu@", 4) != 0 || !fdt_cell(fdt, &node, "reg", 0, &hwid) ||
            arch_cpu_is_this(hwid))
            continue;
        cpu_is_one_of_many = true;
        int error = start(hwid);
        if (error != 0)
            log_error("CPU %u can't be started: error %d", hwid, -error);
    }
    log_info("%u CPUs run", cpu_count);
}
