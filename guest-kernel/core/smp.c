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
/* How it is with that one. Whoever comes first sets what it becomes: the CPU, or who waits for it. */
static enum { CPU_EXPECTED, CPU_CAME, CPU_GIVEN_UP } start_state;

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

/* False: it was something else before. */
static bool start_becomes(unsigned state)
{
    unsigned expected = CPU_EXPECTED;

    return __atomic_compare_exchange_n(&start_state, &expected, state, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

_Noreturn void smp_enter(void)
{
    struct cpu *cpu = starting;

    arch_set_current(&cpu->boot_thread);
    if (!start_becomes(CPU_CAME))
        arch_cpu_park(); /* too late: nobody counts on it */
    klock_take(cpu);
    sched_idle();
}

/* 0: it runs; -ETIMEDOUT: it didn't come. It may come yet, onto what it was given, which stays its own: so no other one
 * is started after it. */
static int start(uint32_t hwid, bool is_late)
{
    struct cpu *cpu = kmalloc(sizeof(*cpu));
    uint64_t deadline = arch_clock_ns() + START_NS;
    int error;

    if (cpu == NULL)
        return -ENOMEM;
    cpu->number = cpu_count;
    sched_cpu_init(cpu);
    starting = cpu;
    start_state = is_late ? CPU_GIVEN_UP : CPU_EXPECTED;
    error = arch_cpu_start(cpu->number, hwid);
    if (error != 0) {
        kfree(cpu);
        return error;
    }
    while (__atomic_load_n(&start_state, __ATOMIC_ACQUIRE) == CPU_EXPECTED && arch_clock_ns() < deadline)
        arch_cpu_relax();
    if (start_becomes(CPU_GIVEN_UP) || start_state == CPU_GIVEN_UP)
        return -ETIMEDOUT;
    cpus[cpu_count++] = cpu;
    return 0;
}

void smp_start(const struct fdt *fdt, unsigned late)
{
    struct fdt_node node;
    unsigned told = 1; /* by the tree */
    int error = 0;

    if (!fdt_find(fdt, "/cpus", &node))
        return;
    for (unsigned depth = node.depth + 1; fdt_next(fdt, &node) && node.depth >= depth;) {
        uint32_t hwid;
        if (node.depth != depth || strncmp(node.name, "cpu@", 4) != 0 || !fdt_cell(fdt, &node, "reg", 0, &hwid) ||
            arch_cpu_is_this(hwid))
            continue;
        told++;
        if (cpu_count == ARCH_CPUS_MAX || error == -ETIMEDOUT)
            continue;
        cpu_is_one_of_many = true;
        error = start(hwid, cpu_count == late);
        if (error == -ETIMEDOUT)
            log_error("CPU %u was started and didn't come in %u s: it and those after it stay off; where the host is "
                      "busy, --cpus %u",
                      hwid, (unsigned)(START_NS / 1000000000), cpu_count);
        else if (error != 0)
            log_error("CPU %u can't be started: error %d", hwid, -error);
    }
    if (told > ARCH_CPUS_MAX)
        log_error("--cpus %u: this kernel runs on %u at most, and the others stay off", told, ARCH_CPUS_MAX);
    log_info("%u CPUs run", cpu_count);
}
