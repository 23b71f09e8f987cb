/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pl011.c - Arm's PL011 UART (DDI 0183G), as far as drivers look: FIFOs, loopback, interrupts for both directions.
 *
 * Output is instantaneous: the transmit FIFO is always empty, and each byte sent raises the transmit interrupt anew.
 * A byte received counts at once as one that has waited for the receive timeout.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "devices/serial/uart.h"

enum { /* section 3.2 */
       REG_DR = 0x00,
       REG_RSR = 0x04,
       REG_FR = 0x18,
       REG_ILPR = 0x20,
       REG_IBRD = 0x24,
       REG_FBRD = 0x28,
       REG_LCR_H = 0x2c,
       REG_CR = 0x30,
       REG_IFLS = 0x34,
       REG_IMSC = 0x38,
       REG_RIS = 0x3c,
       REG_MIS = 0x40,
       REG_ICR = 0x44,
       REG_DMACR = 0x48,
       REG_ID = 0xfe0, /* eight, with one byte each */
};

enum { RSR_OE = 0x08 };
enum { DR_OE = 0x800 };
enum { FR_CTS = 0x01, FR_DSR = 0x02, FR_DCD = 0x04, FR_RXFE = 0x10, FR_RXFF = 0x40, FR_TXFE = 0x80, FR_RI = 0x100 };
enum { LCR_FEN = 0x10, LCR_ALL = 0xff };
enum { CR_LBE = 0x80, CR_TXE = 0x100, CR_RXE = 0x200, CR_DTR = 0x400, CR_RTS = 0x800, CR_OUT1 = 0x1000 };
enum { CR_OUT2 = 0x2000, CR_ALL = 0xff87 };
enum { IFLS_RESET = 0x12 };
enum { INT_RX = 0x10, INT_TX = 0x20, INT_RT = 0x40, INT_OE = 0x400, INT_ALL = 0x7ff };

/* UARTPeriphID0-3 (revision r1p3: FIFOs of 16 bytes) and UARTPCellID0-3 */
static const uint8_t identification[] = {0x11, 0x10, 0x24, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

struct pl011 {
    struct uart port; /* first */
    unsigned seen;    /* bytes in the FIFO when its interrupts were last looked at */
    uint32_t ilpr, ibrd, fbrd, lcr, cr, ifls, imsc, ris, dmacr;
    uint32_t raised; /* masked interrupts that an edge has told of */
};

/* ---- interrupts ---- */

/* Bytes in the FIFO that interrupt (table 3-12), or one without FIFO. */
static unsigned receive_level(const struct pl011 *uart)
{
    static const uint8_t levels[8] = {2, 4, 8, 12, 14, 14, 14, 14};

    return uart->lcr & LCR_FEN ? levels[uart->ifls >> 3 & 7] : 1;
}

static void update_receive(struct pl011 *uart)
{
    unsigned count = uart->port.in.count;

    if (count > uart->seen)
        uart->ris |= INT_RT | (count >= receive_level(uart) ? INT_RX : 0);
    if (count < receive_level(uart))
        uart->ris &= ~(uint32_t)INT_RX;
    if (count == 0)
        uart->ris &= ~(uint32_t)INT_RT;
    if (uart->port.in.overrun)
        uart->ris |= INT_OE;
    uart->seen = count;
}

static void update_irq(struct uart *port)
{
    struct pl011 *uart = (struct pl011 *)port;

    update_receive(uart);
    uint32_t pending = uart->ris & uart->imsc;
    if (pending & ~uart->raised)
        irqline_raise(&uart->port.irq);
    uart->raised = pending;
}

/* ---- registers ---- */

/* In loopback the modem's outputs are its inputs (section 2.6.2); else the other side is there and ready. */
static uint32_t modem_lines(const struct pl011 *uart)
{
    if (!(uart->cr & CR_LBE))
        return FR_CTS | FR_DSR | FR_DCD;
    return (uart->cr & CR_RTS ? FR_CTS : 0) | (uart->cr & CR_DTR ? FR_DSR : 0) | (uart->cr & CR_OUT1 ? FR_DCD : 0) |
           (uart->cr & CR_OUT2 ? FR_RI : 0);
}

/* A guest without interrupts asks by looking. */
static void look(struct pl011 *uart)
{
    if (!uart->port.by_interrupt || (uart->imsc & (INT_RX | INT_RT)) != 0)
        serial_input_want(&uart->port.in);
}

static uint32_t read_flags(struct pl011 *uart)
{
    look(uart);
    return modem_lines(uart) | FR_TXFE | (uart->port.in.count == 0 ? FR_RXFE : 0) |
           (uart->port.in.count == uart->port.in.capacity ? FR_RXFF : 0);
}

static uint32_t read_data(struct pl011 *uart)
{
    uint32_t value = serial_input_get(&uart->port.in) | (uart->port.in.overrun ? DR_OE : 0);

    uart->port.in.overrun = false;
    update_receive(uart);
    look(uart);
    return value;
}

static uint32_t get(struct pl011 *uart, unsigned reg)
{
    switch (reg) {
    case REG_DR:
        return read_data(uart);
    case REG_RSR:
        return uart->port.in.overrun ? RSR_OE : 0;
    case REG_FR:
        return read_flags(uart);
    case REG_ILPR:
        return uart->ilpr;
    case REG_IBRD:
        return uart->ibrd;
    case REG_FBRD:
        return uart->fbrd;
    case REG_LCR_H:
        return uart->lcr;
    case REG_CR:
        return uart->cr;
    case REG_IFLS:
        return uart->ifls;
    case REG_IMSC:
        return uart->imsc;
    case REG_RIS:
        return uart->ris;
    case REG_MIS:
        return uart->ris & uart->imsc;
    case REG_DMACR:
        return uart->dmacr;
    default:
        return reg >= REG_ID ? identification[(reg - REG_ID) / 4] : 0;
    }
}

static void transmit(struct pl011 *uart, uint8_t byte)
{
    if (uart->cr & CR_LBE)
        serial_input_put(&uart->port.in, byte);
    else
        uart->port.output(uart->port.owner, (const char *)&byte, 1);
    uart->ris |= INT_TX;
    uart->raised &= ~(uint32_t)INT_TX; /* each byte sent is a new interrupt */
}

static void set_lcr(struct pl011 *uart, uint32_t value)
{
    if ((value ^ uart->lcr) & LCR_FEN)
        uart->port.in.count = 0;
    uart->lcr = value & LCR_ALL;
    uart->port.in.capacity = uart->lcr & LCR_FEN ? SERIAL_FIFO_BYTES : 1;
}

static void set(struct pl011 *uart, unsigned reg, uint32_t value)
{
    switch (reg) {
    case REG_DR:
        transmit(uart, (uint8_t)value);
        break;
    case REG_RSR: /* ECR: any value */
        uart->port.in.overrun = false;
        break;
    case REG_ILPR:
        uart->ilpr = value & 0xff;
        break;
    case REG_IBRD:
        uart->ibrd = value & 0xffff;
        break;
    case REG_FBRD:
        uart->fbrd = value & 0x3f;
        break;
    case REG_LCR_H:
        set_lcr(uart, value);
        break;
    case REG_CR:
        uart->cr = value & CR_ALL;
        uart->port.in.paused = value & CR_LBE;
        break;
    case REG_IFLS:
        uart->ifls = value & 0x3f;
        break;
    case REG_IMSC:
        uart->imsc = value & INT_ALL;
        if ((uart->imsc & (INT_RX | INT_RT)) != 0)
            serial_input_want(&uart->port.in);
        break;
    case REG_ICR:
        uart->ris &= ~value;
        break;
    case REG_DMACR:
        uart->dmacr = value & 7;
        break;
    default: /* read-only, or nothing */
        break;
    }
}

/* Registers are words; of a narrower access to another place than their start nothing comes. */
static void pl011_read(void *owner, uint64_t offset, void *data, unsigned size)
{
    struct pl011 *uart = owner;
    uint32_t value = 0;

    memset(data, 0, size);
    pthread_mutex_lock(&uart->port.lock);
    if (offset % 4 == 0)
        value = get(uart, (unsigned)offset & 0xfff);
    update_irq(&uart->port);
    pthread_mutex_unlock(&uart->port.lock);
    memcpy(data, &value, size < sizeof(value) ? size : sizeof(value));
}

static void pl011_write(void *owner, uint64_t offset, const void *data, unsigned size)
{
    struct pl011 *uart = owner;
    uint32_t value = 0;

    memcpy(&value, data, size < sizeof(value) ? size : sizeof(value));
    pthread_mutex_lock(&uart->port.lock);
    if (offset % 4 == 0)
        set(uart, (unsigned)offset & 0xfff, value);
    update_irq(&uart->port);
    pthread_mutex_unlock(&uart->port.lock);
}

/* ---- life ---- */

static void init_registers(struct pl011 *uart)
{
    uart->ilpr = uart->ibrd = uart->fbrd = uart->lcr = uart->imsc = uart->ris = uart->dmacr = 0;
    uart->cr = CR_TXE | CR_RXE;
    uart->ifls = IFLS_RESET;
    uart->raised = 0;
    uart->seen = 0;
    serial_input_reset(&uart->port.in);
}

static const struct device_ops pl011_ops = {
    .io = {.read = pl011_read, .write = pl011_write},
    .destroy = uart_destroy,
};

/* Both of its clocks are the one that the machine has for devices. */
static void pl011_describe(const struct device_window *window, struct node *node)
{
    static const char names[] = "uartclk\0apb_pclk";
    const uint32_t clocks[] = {DEVICE_PHANDLE_CLOCK, DEVICE_PHANDLE_CLOCK};

    (void)window;
    node->ops->cells(node, "clocks", clocks, 2);
    node->ops->strings(node, "clock-names", names, sizeof(names));
}

static int pl011_create(const struct device_env *env, const void *args, struct device **out)
{
    struct pl011 *uart = calloc(1, sizeof(*uart));

    if (uart == NULL)
        return -ENOMEM;
    uart_init(&uart->port, &pl011_ops, env, args, update_irq);
    init_registers(uart);
    *out = &uart->port.device;
    return 0;
}

const struct device_type device_pl011 = {
    .name = "pl011",
    .compatible = "arm,pl011\0arm,primecell\0",
    .node_name = "pl011",
    .describe = pl011_describe,
    .create = pl011_create,
};
