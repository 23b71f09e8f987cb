/* SPDX-License-Identifier: Apache-2.0 */
/* platform.c - the 16550 and the power-off register of the device tree. */
#include "drv/serial16550.h"
#include "lib/fdt.h"

#include "cpu.h"

static volatile uint8_t *serial; /* NULL: none; set once at boot */
static volatile uint8_t *power;  /* the same */
static uint8_t power_value;

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
    if (serial)
        serial16550_write(serial, bytes, size);
}

void arch_power_off(void)
{
    if (power)
        *power = power_value;
    arch_cpu_park();
}
