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

_Noreturn void start(paddr_t fdt);
_Noreturn void start(paddr_t fdt)
{
    cpu_init(0);
    arch_map_memory(fdt & ~(GIB - 1), 0);
    kernel_main(fdt, GIB - (fdt & (GIB - 1)), (paddr_t)kernel_end - KERNEL_BASE);
}

_Noreturn void start_secondary(unsigned number);
_Noreturn void start_secondary(unsigned number)
{
    cpu_init(number);
    clock_on_timer(); /* off: what it is at reset is not said */
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
