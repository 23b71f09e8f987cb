/* SPDX-License-Identifier: Apache-2.0 */
/* platform.c - the PL011 of the device tree, and the end. */
#include "arch/arch.h"
#include "lib/fdt.h"

#include "aarch64.h"

/* PL011 (DDI 0183G, 3.2) */
#define UART_DR 0x00
#define UART_FR 0x18
#define UART_CR 0x30
#define FR_BUSY 0x08
#define FR_TX_FULL 0x20
#define CR_ENABLE 0x301 /* UARTEN, TXE, RXE */

#define PSCI_SYSTEM_OFF 0x84000008u

/* Until the device tree has been read, where all our machines have it: what goes wrong before is told as well. NULL:
 * there is none. */
static char *uart = (char *)(DIRECT_BASE + 0x09000000); /* NOLINT(performance-no-int-to-ptr) */

static bool uart_find(const struct fdt *fdt, const struct fdt_node *node)
{
    uint64_t base, size;

    if (!fdt_is_compatible(fdt, node, "arm,pl011") || !fdt_reg(fdt, node, &base, &size))
        return false;
    uart = arch_map_device(base, size);
    return uart;
}

void platform_init(const struct fdt *fdt)
{
    struct fdt_node node;

    uart = NULL;
    for (bool ok = fdt_root(fdt, &node); ok; ok = fdt_next(fdt, &node))
        if (uart_find(fdt, &node))
            break;
}

void arch_serial_write(const char *bytes, size_t size)
{
    if (uart == NULL)
        return;
    mmio_write(uart + UART_CR, CR_ENABLE);
    for (size_t i = 0; i < size; i++) {
        while (mmio_read(uart + UART_FR) & FR_TX_FULL)
            ;
        mmio_write(uart + UART_DR, (uint8_t)bytes[i]);
    }
    while (mmio_read(uart + UART_FR) & FR_BUSY)
        ;
}

void arch_power_off(void)
{
    psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
    arch_cpu_park();
}
