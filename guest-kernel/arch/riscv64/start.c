/* SPDX-License-Identifier: Apache-2.0 */
/* start.c - the first C code, serial port and power-off. */
#include "core/boot.h"
#include "drv/serial16550.h"
#include "lib/fdt.h"
#include "lib/log.h"
#include "mm/page.h"

#include "fpu.h"
#include "riscv.h"

#define FDT_MAX (1u << 20)

extern char kernel_end[];

static volatile uint8_t *serial; /* NULL: none; set once at boot */

_Noreturn void start(uint32_t hart, uint64_t fdt);
_Noreturn void start(uint32_t hart, uint64_t fdt)
{
    cpu_init(hart);
    kernel_main(fdt, FDT_MAX, (paddr_t)kernel_end - KERNEL_BASE);
}

static void serial_init(const struct fdt *fdt)
{
    struct fdt_node node;
    uint64_t base, size;

    for (bool ok = fdt_root(fdt, &node); ok && !serial; ok = fdt_next(fdt, &node))
        if (fdt_is_compatible(fdt, &node, "ns16550a") && fdt_reg(fdt, &node, &base, &size))
            serial = arch_map_device(base, size);
}

void arch_init(const struct fdt *fdt)
{
    serial_init(fdt);
    cpu_read(fdt);
    fpu_init();
    clock_start(fdt);
    plic_init(fdt);
    log_info("riscv64: hart %u, AT_HWCAP %lx", percpu()->hart, (unsigned long)arch_hwcap(1));
}

void arch_serial_write(const char *bytes, size_t size)
{
    if (serial)
        serial16550_write(serial, bytes, size);
}

void arch_power_off(void)
{
    sbi_shutdown();
    arch_cpu_park();
}
