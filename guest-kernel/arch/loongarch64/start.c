/* SPDX-License-Identifier: Apache-2.0 */
/* start.c - the first C code. */
#include "core/boot.h"
#include "core/clock.h"
#include "core/log.h"
#include "lib/fdt.h"
#include "lib/string.h"
#include "mm/page.h"

#include "cpu.h"

extern char kernel_end[];

_Noreturn void start(paddr_t fdt);
_Noreturn void start(paddr_t fdt)
{
    cpu_init(0);
    clock_start();
    clock_show_cpu();
    kernel_main(fdt, fdt_total_size(phys_to_virt(fdt)), virt_to_phys(kernel_end));
}

/* The generic names of these nodes are cheaper to look at than their properties. */
void arch_init(const struct fdt *fdt)
{
    struct fdt_node node;

    for (bool ok = fdt_root(fdt, &node); ok; ok = fdt_next(fdt, &node)) {
        if (strncmp(node.name, "serial@", 7) == 0 || strcmp(node.name, "poweroff") == 0)
            platform_node(fdt, &node);
        else if (strncmp(node.name, "platic@", 7) == 0)
            intc_node(fdt, &node);
    }
    intc_init();
    log_info("loongarch64: CPU %x", cpucfg(0));
}
