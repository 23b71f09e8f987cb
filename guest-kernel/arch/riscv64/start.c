/* SPDX-License-Identifier: Apache-2.0 */
/* start.c - the first C code: what the device tree says of the machine; serial port and power-off. */
#include "core/boot.h"
#include "core/log.h"
#include "drv/serial16550.h"
#include "lib/fdt.h"
#include "lib/string.h"
#include "mm/page.h"

#include "fpu.h"
#include "riscv.h"

#define FDT_MAX (1u << 20)
#define HWCAP_D (1u << ('d' - 'a'))

extern char kernel_end[];

/* Until the device tree has been read, where all our machines have it: what goes wrong before is told as well. NULL:
 * there is none. */
static volatile uint8_t *serial =
    (volatile uint8_t *)(DIRECT_BASE + 0x10000000); /* NOLINT(performance-no-int-to-ptr) */

_Noreturn void start(uint32_t hart, uint64_t fdt);
_Noreturn void start(uint32_t hart, uint64_t fdt)
{
    cpu_init(hart);
    kernel_main(fdt, FDT_MAX, (paddr_t)kernel_end - KERNEL_BASE);
}

static bool begins(const struct fdt_node *node, const char *with)
{
    return strncmp(node->name, with, strlen(with)) == 0;
}

static void serial_init(const struct fdt *fdt, const struct fdt_node *node)
{
    uint64_t base, size;

    if (serial == NULL && fdt_is_compatible(fdt, node, "ns16550a") && fdt_reg(fdt, node, &base, &size))
        serial = arch_map_device(base, size);
}

/* One walk through the tree, as far as there is something to find: CPUs, then the interrupt controller, then devices is
 * their order. A hart's own interrupt controller is the child of its node. */
static void machine_read(const struct fdt *fdt)
{
    uint32_t hart = UINT32_MAX, own_phandle = 0;
    struct fdt_node node;

    serial = NULL;
    for (bool ok = fdt_root(fdt, &node); ok && !(serial != NULL && intc_is_there()); ok = fdt_next(fdt, &node)) {
        if (begins(&node, "serial@")) {
            serial_init(fdt, &node);
        } else if (node.depth == 1 && begins(&node, "cpus")) {
            clock_start(fdt, &node);
        } else if (node.depth == 2 && begins(&node, "cpu@")) {
            if (fdt_cell(fdt, &node, "reg", 0, &hart) && arch_cpu_is_this(hart))
                cpu_read(fdt, &node);
        } else if (node.depth == 3 && arch_cpu_is_this(hart)) {
            fdt_cell(fdt, &node, "phandle", 0, &own_phandle);
        } else if (begins(&node, "interrupt-controller@")) {
            intc_node(fdt, &node, own_phandle);
        }
    }
}

void arch_init(const struct fdt *fdt)
{
    machine_read(fdt);
    if (!clock_is_there() || !intc_is_there())
        panic("the device tree names no usable %s", clock_is_there() ? "interrupt controller" : "clock");
    asids_count();
    intc_start();
    fpu_init(arch_hwcap(1) & HWCAP_D);
    log_info("riscv64: hart %u, %s, AT_HWCAP %lx", percpu()->hart, aia_is_there() ? "AIA" : "PLIC",
             (unsigned long)arch_hwcap(1));
}

void arch_serial_write(const char *bytes, size_t size)
{
    if (serial != NULL)
        serial16550_write(serial, bytes, size);
}

void arch_power_off(void)
{
    sbi_shutdown();
    arch_cpu_park();
}
