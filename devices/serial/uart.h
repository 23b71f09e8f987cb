/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uart.h - what UARTs of every kind have: an interrupt line, a lock, the host's two sides, a life.
 *
 * Lock: `lock` guards the whole device; vCPUs take it on each access, the loop's thread when there is input.
 */
#ifndef LVMM_DEVICES_SERIAL_UART_H
#define LVMM_DEVICES_SERIAL_UART_H

#include <pthread.h>

#include "devices/device.h"
#include "devices/serial/serial_input.h"

struct uart { /* first member of each kind's own structure */
    struct device device;
    struct irqline irq;
    pthread_mutex_t lock;
    void (*output)(void *owner, const char *bytes, unsigned count);
    void *owner;
    struct serial_input in;
    bool by_interrupt; /* serial_args's */
    /* Raises the line if there is something new to interrupt for. Called with the lock, after input has come. */
    void (*update_irq)(struct uart *uart);
};

/* Everything but what a kind adds; `update_irq` is called when input has come. The streams of args stay the caller's.
 */
void uart_init(struct uart *uart, const struct device_ops *ops, const struct device_env *env,
               const struct serial_args *args, void (*update_irq)(struct uart *uart));
/* device_ops.destroy: frees the structure that the UART is the first member of. */
void uart_destroy(struct device *device);

#endif
