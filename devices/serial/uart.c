/* SPDX-License-Identifier: Apache-2.0 */
/* uart.c - see uart.h. */
#include "devices/serial/uart.h"

#include <stdlib.h>

static void on_input(void *owner, uint32_t events)
{
    struct uart *uart = owner;

    (void)events;
    pthread_mutex_lock(&uart->lock);
    serial_input_ready(&uart->in);
    uart->update_irq(uart);
    pthread_mutex_unlock(&uart->lock);
}

void uart_init(struct uart *uart, const struct device_ops *ops, const struct device_env *env,
               const struct serial_args *args, void (*update_irq)(struct uart *uart))
{
    uart->device.ops = ops;
    uart->irq = env->irq;
    pthread_mutex_init(&uart->lock, NULL); /* of the default type: it has no resource to lack */
    uart->output = args->output;
    uart->owner = args->owner;
    uart->by_interrupt = args->by_interrupt;
    uart->update_irq = update_irq;
    serial_input_init(&uart->in, env->loop, args->in_fd, on_input, uart);
    uart->in.stream.meter = args->in_meter;
    if (args->escape != 0)
        serial_input_set_escape(&uart->in, args->escape, args->paused, args->on_escape, args->on_pause, args->owner);
    if (args->self != NULL)
        *args->self = &uart->device;
}

void serial_resume(struct device *device)
{
    struct uart *uart = (struct uart *)device;

    pthread_mutex_lock(&uart->lock);
    serial_input_resume(&uart->in);
    uart->update_irq(uart);
    pthread_mutex_unlock(&uart->lock);
}

void uart_destroy(struct device *device)
{
    struct uart *uart = (struct uart *)device;

    serial_input_fini(&uart->in);
    pthread_mutex_destroy(&uart->lock);
    free(uart);
}
