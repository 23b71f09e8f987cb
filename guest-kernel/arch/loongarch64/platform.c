/* SPDX-License-Identifier: Apache-2.0 */
/* platform.c - the 16550 and the power-off register of the device tree. */
#include "drv/serial16550.h"
#include "lib/fdt.h"

#include "cpu.h"

/* Where all our machines have them, so that what goes wrong before the device tree has been read is told as well. */
static volatile uint8_t *serial =
    (volatile uint8_t *)(WINDOW_UNCACHED + 0x1fe001e0); /* NOLINT(performance-no-int-to-ptr) */
static volatile uint8_t *power =
    (volatile uint8_t *)(WINDOW_UNCACHED + 0x100e001c); /* NOLINT(performance-no-int-to-ptr) */
static uint8_t power_value = 0x34;

/* Binding "syscon-poweroff": a value for a register at an offset of another node's registers. */
static void power_init(const struct fdt *fdt, const struct fdt_node *node)
{
    uint32_t phandle, offset, value, width;
    struct fdt_node syscon;
    uint64_t base, size;

    if (!fdt_cell(fdt, node, "regmap", 0, &phandle) || !fdt_cell(fdt, node, "offset", 0, &offset) ||
        !fdt_cell(fdt, node, "value", 0, &value) || !fdt_find_phandle(fdt, phandle, &syscon) ||
        !fdt_reg(fdt, &syscon, &base, &size) || offset >= size)
        return;
    if (!fdt_cell(fdt, &syscon, "reg-io-width", 0, &width) || width != 1)
        return;
    power = (volatile uint8_t *)device_registers(base) + offset;
    power_value = (uint8_t)value;
}

void platform_node(const struct fdt *fdt, const struct fdt_node *node)
{
    uint64_t base, size;

    if (fdt_is_compatible(fdt, node, "ns16550a") && fdt_reg(fdt, node, &base, &size))
        serial = device_registers(base);
    else if (fdt_is_compatible(fdt, node, "syscon-poweroff"))
        power_init(fdt, node);
}

void arch_serial_write(const char *bytes, size_t size)
{
    serial16550_write(serial, bytes, size);
}

void arch_power_off(void)
{
    *power = power_value;
    arch_cpu_park();
}
