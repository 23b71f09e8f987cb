/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serial16550.c - a 16550A UART (National PC16550D data sheet), as far as drivers look: FIFOs, loopback, interrupts for
 * received data, for the empty transmitter and for the modem status.
 *
 * Output is instantaneous: the transmitter is always empty.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "devices/serial/uart.h"

enum { REG_DATA = 0, REG_IER = 1, REG_IIR_FCR = 2, REG_LCR = 3, REG_MCR = 4, REG_LSR = 5, REG_MSR = 6, REG_SCR = 7 };

enum { IER_RDI = 0x01, IER_THRI = 0x02, IER_RLSI = 0x04, IER_MSI = 0x08, IER_ALL = 0x0f };
enum { IIR_MSI = 0x00, IIR_NONE = 0x01, IIR_THRI = 0x02, IIR_RDI = 0x04, IIR_RLSI = 0x06, IIR_FIFO = 0xc0 };
enum { FCR_ENABLE = 0x01, FCR_CLEAR_RX = 0x02 };
enum { LCR_DLAB = 0x80 };
enum { MCR_DTR = 0x01, MCR_RTS = 0x02, MCR_OUT1 = 0x04, MCR_OUT2 = 0x08, MCR_LOOP = 0x10, MCR_ALL = 0x1f };
enum { LSR_DR = 0x01, LSR_OE = 0x02, LSR_THRE = 0x20, LSR_TEMT = 0x40 };
enum { MSR_DELTA = 0x0f, MSR_CTS = 0x10, MSR_DSR = 0x20, MSR_RI = 0x40, MSR_DCD = 0x80 };

struct serial {
    struct uart port; /* first */
    uint8_t ier, lcr, mcr, msr, scr, dll, dlm;
    bool fifo_enabled;
    bool thr_pending; /* "transmitter empty" was not seen yet: reading IIR or writing THR clears it */
    bool irq_high;    /* some interrupt is pending: an edge goes out when this becomes true */
};

/* ---- interrupts ---- */

/* The pending interrupt of the highest priority (data sheet, table V). */
static uint8_t serial_iir(const struct serial *serial)
{
    if ((serial->ier & IER_RLSI) && serial->port.in.overrun)
        return IIR_RLSI;
    if ((serial->ier & IER_RDI) && serial->port.in.count > 0)
        return IIR_RDI;
    if ((serial->ier & IER_THRI) && serial->thr_pending)
        return IIR_THRI;
    if ((serial->ier & IER_MSI) && (serial->msr & MSR_DELTA))
        return IIR_MSI;
    return IIR_NONE;
}

static void serial_update_irq(struct uart *port)
{
    struct serial *serial = (struct serial *)port;
    bool high = serial_iir(serial) != IIR_NONE;

    if (high && !serial->irq_high)
        irqline_raise(&serial->port.irq);
    serial->irq_high = high;
}

/* ---- registers ---- */

/* In loopback the modem's outputs are its inputs (data sheet, 8.6.6); else the other side is there and ready. */
static void serial_update_msr(struct serial *serial)
{
    uint8_t lines = MSR_DCD | MSR_DSR | MSR_CTS;
    uint8_t changed;

    if (serial->mcr & MCR_LOOP)
        lines = (uint8_t)((serial->mcr & MCR_RTS ? MSR_CTS : 0) | (serial->mcr & MCR_DTR ? MSR_DSR : 0) |
                          (serial->mcr & MCR_OUT1 ? MSR_RI : 0) | (serial->mcr & MCR_OUT2 ? MSR_DCD : 0));
    changed = (uint8_t)((serial->msr ^ lines) >> 4);
    serial->msr = (uint8_t)(lines | (serial->msr & MSR_DELTA) | changed);
}

static uint8_t serial_read_lsr(struct serial *serial)
{
    uint8_t lsr = LSR_THRE | LSR_TEMT;

    if (serial->port.in.count > 0)
        lsr |= LSR_DR;
    if (serial->port.in.overrun)
        lsr |= LSR_OE;
    serial->port.in.overrun = false;
    return lsr;
}

static uint8_t serial_read_iir(struct serial *serial)
{
    uint8_t iir = serial_iir(serial);

    if (iir == IIR_THRI)
        serial->thr_pending = false;
    return (uint8_t)(iir | (serial->fifo_enabled ? IIR_FIFO : 0));
}

/* A guest without interrupts asks by looking. */
static void serial_look(struct serial *serial)
{
    if (!serial->port.by_interrupt || (serial->ier & IER_RDI))
        serial_input_want(&serial->port.in);
}

static uint8_t serial_get(struct serial *serial, unsigned reg)
{
    uint8_t value;

    switch (reg) {
    case REG_DATA:
        if (serial->lcr & LCR_DLAB)
            return serial->dll;
        value = serial_input_get(&serial->port.in);
        serial_look(serial);
        return value;
    case REG_IER:
        return serial->lcr & LCR_DLAB ? serial->dlm : serial->ier;
    case REG_IIR_FCR:
        return serial_read_iir(serial);
    case REG_LCR:
        return serial->lcr;
    case REG_MCR:
        return serial->mcr;
    case REG_LSR:
        serial_look(serial);
        return serial_read_lsr(serial);
    case REG_MSR:
        value = serial->msr;
        serial->msr &= (uint8_t)~MSR_DELTA;
        return value;
    default:
        return serial->scr;
    }
}

static void serial_transmit(struct serial *serial, uint8_t byte)
{
    if (serial->mcr & MCR_LOOP)
        serial_input_put(&serial->port.in, byte);
    else
        serial->port.output(serial->port.owner, (const char *)&byte, 1);
    serial->thr_pending = true; /* empty again already */
    serial->irq_high = false;   /* each byte sent is a new interrupt */
}

static void serial_set_ier(struct serial *serial, uint8_t value)
{
    /* Enabling it while the transmitter is empty interrupts: drivers test for that. */
    if (!(serial->ier & IER_THRI) && (value & IER_THRI))
        serial->thr_pending = true;
    serial->ier = value & IER_ALL;
    if (serial->ier & IER_RDI)
        serial_input_want(&serial->port.in);
}

static void serial_set_fcr(struct serial *serial, uint8_t value)
{
    bool enable = value & FCR_ENABLE;

    if (enable != serial->fifo_enabled || (enable && (value & FCR_CLEAR_RX)))
        serial->port.in.count = 0;
    serial->fifo_enabled = enable;
    serial->port.in.capacity = enable ? SERIAL_FIFO_BYTES : 1;
}

static void serial_set(struct serial *serial, unsigned reg, uint8_t value)
{
    switch (reg) {
    case REG_DATA:
        if (serial->lcr & LCR_DLAB)
            serial->dll = value;
        else
            serial_transmit(serial, value);
        break;
    case REG_IER:
        if (serial->lcr & LCR_DLAB)
            serial->dlm = value;
        else
            serial_set_ier(serial, value);
        break;
    case REG_IIR_FCR:
        serial_set_fcr(serial, value);
        break;
    case REG_LCR:
        serial->lcr = value;
        break;
    case REG_MCR:
        serial->mcr = value & MCR_ALL;
        serial->port.in.paused = value & MCR_LOOP;
        serial_update_msr(serial);
        break;
    case REG_SCR:
        serial->scr = value;
        break;
    default: /* LSR and MSR are read-only */
        break;
    }
}

/* A wider access is one to as many registers, as on the ISA bus. */
static void serial_read(void *owner, uint64_t offset, void *data, unsigned size)
{
    struct serial *serial = owner;

    pthread_mutex_lock(&serial->port.lock);
    for (unsigned i = 0; i < size; i++)
        ((uint8_t *)data)[i] = serial_get(serial, (offset + i) & 7);
    serial_update_irq(&serial->port);
    pthread_mutex_unlock(&serial->port.lock);
}

static void serial_write(void *owner, uint64_t offset, const void *data, unsigned size)
{
    struct serial *serial = owner;

    pthread_mutex_lock(&serial->port.lock);
    for (unsigned i = 0; i < size; i++)
        serial_set(serial, (offset + i) & 7, ((const uint8_t *)data)[i]);
    serial_update_irq(&serial->port);
    pthread_mutex_unlock(&serial->port.lock);
}

/* ---- life ---- */

static void serial_init_registers(struct serial *serial)
{
    serial->ier = serial->lcr = serial->mcr = serial->scr = 0;
    serial->dll = 1; /* 115200 baud */
    serial->dlm = 0;
    serial->msr = MSR_DCD | MSR_DSR | MSR_CTS;
    serial->fifo_enabled = serial->thr_pending = serial->irq_high = false;
    serial_input_reset(&serial->port.in);
}

static const struct device_ops serial_ops = {
    .io = {.read = serial_read, .write = serial_write},
    .destroy = uart_destroy,
};

static void serial_describe(const struct device_window *window, struct node *node)
{
    const uint32_t clock_hz = 1843200, baud = 115200;

    (void)window;
    node->ops->cells(node, "clock-frequency", &clock_hz, 1);
    node->ops->cells(node, "current-speed", &baud, 1);
}

static int serial_create(const struct device_env *env, const void *args, struct device **out)
{
    struct serial *serial = calloc(1, sizeof(*serial));

    if (serial == NULL)
        return -ENOMEM;
    uart_init(&serial->port, &serial_ops, env, args, serial_update_irq);
    serial_init_registers(serial);
    *out = &serial->port.device;
    return 0;
}

const struct device_type device_serial16550 = {
    .name = "serial16550",
    .compatible = "ns16550a\0",
    .node_name = "serial",
    .describe = serial_describe,
    .create = serial_create,
};
