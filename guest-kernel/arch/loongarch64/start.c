/* SPDX-License-Identifier: Apache-2.0 */
/* start.c - the first C code. */
#include "core/boot.h"
#include "lib/fdt.h"
#include "lib/log.h"
#include "mm/page.h"

#include "cpu.h"

extern char kernel_end[];

_Noreturn void start(paddr_t fdt);
_Noreturn void start(paddr_t fdt)
{
    cpu_init(0);
    clock_start();
    kernel_main(fdt, fdt_total_size(phys_to_virt(fdt)), virt_to_phys(kernel_end));
}

void arch_init(const struct fdt *fdt)
{
    platform_init(fdt);
    intc_init(fdt);
    log_info("loongarch64: CPU %x", cpucfg(0));
}
