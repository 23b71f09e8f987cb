/* SPDX-License-Identifier: Apache-2.0 */
/* platform.c - the 16550 and the power-off port of the device tree's "isa" bus: reg = <1 port size>. */
#include "arch/arch.h"
#include "lib/fdt.h"

#include "x86.h"

/* PC16550D data sheet, section 8 */
#define UART_FCR 2
#define UART_LSR 5
#define FCR_ENABLE 0x01
#define LSR_FIFO_EMPTY 0x20
#define LSR_ALL_SENT 0x40
#define FIFO_SIZE 16

/* Until the device tree has been read, where all our machines have them: what goes wrong before is told as well. 0:
 * there is none. */
static uint16_t serial_port = 0x3f8, power_port = 0x501;

static uint16_t port_of(const struct fdt *fdt, const struct fdt_node *node)
{
    uint32_t space, port;

    if (!fdt_cell(fdt, node, "reg", 0, &space) || space != 1 || !fdt_cell(fdt, node, "reg", 1, &port))
        return 0;
    return (uint16_t)port;
}

void platform_init(const struct fdt *fdt)
{
    struct fdt_node node;
    uint16_t serial = 0, power = 0;

    for (bool ok = fdt_root(fdt, &node); ok && !(serial != 0 && power != 0); ok = fdt_next(fdt, &node)) {
        if (serial == 0 && fdt_is_compatible(fdt, &node, "ns16550a"))
            serial = port_of(fdt, &node);
        else if (power == 0 && fdt_is_compatible(fdt, &node, "qemu,isa-debug-exit"))
            power = port_of(fdt, &node);
    }
    serial_port = serial;
    power_port = power;
}

static void serial_wait(uint8_t bit)
{
    while (!(inb(serial_port + UART_LSR) & bit))
        ;
}

/* QEMU loses what its reader is slow to take, so the FIFO is filled only when it is empty. Behind the gate the device
 * is lvmm's own, which takes all, and one string output is one request. */
void arch_serial_write(const char *bytes, size_t size)
{
    if (serial_port == 0)
        return;
    if (cpu_is_gated) {
        gate_call(GATE_OP_OUT, 0, (uint64_t)bytes, serial_port, size);
        return;
    }
    outb(serial_port + UART_FCR, FCR_ENABLE);
    for (size_t i = 0; i < size; i++) {
        if (i % FIFO_SIZE == 0)
            serial_wait(LSR_FIFO_EMPTY);
        outb(serial_port, (uint8_t)bytes[i]);
    }
    serial_wait(LSR_ALL_SENT);
}

void arch_cpu_park(void)
{
    for (;;) {
        if (cpu_is_gated)
            gate_call(GATE_OP_IDLE, 0, 0, 0, 0);
        else
            __asm__ volatile("cli; hlt");
    }
}

void arch_power_off(void)
{
    static const char zero;

    if (power_port != 0 && cpu_is_gated)
        gate_call(GATE_OP_OUT, 0, (uint64_t)&zero, power_port, 1);
    else if (power_port != 0)
        outb(power_port, 0);
    arch_cpu_park();
}
