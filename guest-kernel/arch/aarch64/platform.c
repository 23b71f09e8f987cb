/* SPDX-License-Identifier: Apache-2.0 */
/* platform.c - the PL011 and the firmware calls of the device tree. */
#include "arch/arch.h"
#include "lib/fdt.h"
#include "lib/string.h"

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
static bool psci_is_by_smc;                             /* else by hvc */

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
    uint32_t size;
    const char *method;

    if (fdt_find(fdt, "/psci", &node)) {
        method = fdt_property(fdt, &node, "method", &size);
        psci_is_by_smc = method != NULL && size == 4 && memcmp(method, "smc", 4) == 0;
    }
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

/* SMC Calling Convention (DEN 0028), PSCI (DEN 0022) */
int64_t psci_call(uint32_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
    register uint64_t x0 __asm__("x0") = function;
    register uint64_t x1 __asm__("x1") = a1;
    register uint64_t x2 __asm__("x2") = a2;
    register uint64_t x3 __asm__("x3") = a3;

#define FIRMWARE_CALL(instruction)                                                                               \
    __asm__ volatile(instruction                                                                                 \
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", \
                       "x12", "x13", "x14", "x15", "x16", "x17", "memory")
    if (psci_is_by_smc)
        FIRMWARE_CALL(".inst 0xd4000003"); /* smc #0 */
    else
        FIRMWARE_CALL("hvc #0");
    return (int64_t)x0;
}

void arch_power_off(void)
{
    psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
    arch_cpu_park();
}
