/* SPDX-License-Identifier: Apache-2.0 */
/* smp.c - see smp.h. */
#include "core/smp.h"

#include "abi/errno.h"
#include "arch/arch.h"
#include "core/hold.h"
#include "core/klock.h"
#include "core/log.h"
#include "core/sched.h"
#include "core/shootdown.h"
#include "lib/fdt.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

/* A CPU that takes longer is not coming. So long, because a host with other work may leave a virtual CPU waiting. */
#define START_NS 30000000000ull

static struct cpu *starting;
static bool has_come; /* the one that is being started */

/* ---- into the kernel and out of it ---- */

void smp_enter_kernel(void)
{
    struct cpu *cpu = cpu_this();

    if (cpu_is_one_of_many && cpu->place != CPU_IN_KERNEL) {
        klock_enter(cpu);
        hold_begin(false);
    }
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
    hold_end();
    klock_leave(cpu, CPU_IN_USER);
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
    struct cpu *cpu = kmalloc(sizeof(*cpu));
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
    unsigned told = 1; /* by the tree */

    if (!fdt_find(fdt, "/cpus", &node))
        return;
    for (unsigned depth = node.depth + 1; fdt_next(fdt, &node) && node.depth >= depth;) {
        uint32_t hwid;
        if (node.depth != depth || strncmp(node.name, "cpu@", 4) != 0 || !fdt_cell(fdt, &node, "reg", 0, &hwid) ||
            arch_cpu_is_this(hwid))
            continue;
        told++;
        if (cpu_count == ARCH_CPUS_MAX)
            continue;
        cpu_is_one_of_many = true;
        int error = start(hwid);
        if (error != 0)
            log_error("CPU %u can't be started: error %d", hwid, -error);
    }
    if (told > ARCH_CPUS_MAX)
        log_error("--cpus %u: this kernel runs on %u at most, and the others stay off", told, ARCH_CPUS_MAX);
    log_info("%u CPUs run", cpu_count);
}
