/* SPDX-License-Identifier: Apache-2.0 */
/* uart_rig.h - a UART of either kind for tests: its input is a pipe, its output an array, its interrupt an eventfd. */
#ifndef LVMM_TESTS_UART_RIG_H
#define LVMM_TESTS_UART_RIG_H

#include <check.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "devices/device.h"

static struct device *dev;
static struct loop *loop;
static int irq_fd, in[2];
static char output[64];
static unsigned output_size;

static inline void on_output(void *owner, const char *bytes, unsigned count)
{
    ck_assert_ptr_eq(owner, output);
    memcpy(output + output_size, bytes, count);
    output_size += count;
}

static inline void uart_setup_as(const struct device_type *type, bool by_interrupt)
{
    struct device_env env;
    struct serial_args args = {.output = on_output, .owner = output, .by_interrupt = by_interrupt};

    ck_assert_int_eq(loop_create(&loop), 0);
    ck_assert_int_eq(pipe(in), 0);
    irq_fd = eventfd(0, EFD_NONBLOCK);
    memset(&env, 0, sizeof(env));
    env.loop = loop;
    env.irq.fd = irq_fd;
    args.in_fd = in[0];
    ck_assert_int_eq(type->create(&env, &args, &dev), 0);
}

static inline void uart_setup(const struct device_type *type)
{
    uart_setup_as(type, false);
}

static inline void uart_teardown(void)
{
    dev->ops->destroy(dev);
    loop_destroy(loop);
    close(irq_fd);
    close(in[0]);
    close(in[1]);
}

/* Was there an interrupt since the last call? */
static inline bool interrupted(void)
{
    uint64_t count;

    return read(irq_fd, &count, sizeof(count)) > 0;
}

#endif
