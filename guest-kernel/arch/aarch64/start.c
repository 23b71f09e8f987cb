/* SPDX-License-Identifier: Apache-2.0 */
/* start.c - the first C code, on the boot CPU and on the others. */
#include "arch/arch.h"
#include "core/boot.h"
#include "core/log.h"
#include "core/smp.h"
#include "mm/page.h"

#include "aarch64.h"

#define GIB (1ull << 30)

extern char kernel_end[];

static struct percpu boot_cpu;

_Noreturn void start(paddr_t fdt);
_Noreturn void start(paddr_t fdt)
{
    cpu_init(&boot_cpu);
    arch_map_memory(fdt & ~(GIB - 1), 0);
    kernel_main(fdt, GIB - (fdt & (GIB - 1)), (paddr_t)kernel_end - KERNEL_BASE);
}

_Noreturn void start_secondary(struct percpu *self);
_Noreturn void start_secondary(struct percpu *self)
{
    cpu_init(self);
    gic_cpu_init();
    smp_enter();
}

void arch_init(const struct fdt *fdt)
{
    psci_init(fdt);
    platform_init(fdt);
    clock_start();
    gic_init(fdt);
}
