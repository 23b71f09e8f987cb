/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console.c - virtio console with one port or several (virtio 1.2, 5.3).
 *
 * A notification is handled in the vCPU's exit: a program's small write is on its way before the guest goes on, and
 * without a second thread. The loop comes in only where the host's side must be waited for.
 */
#include "devices/virtio/console.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "devices/virtio/iov.h"

/* 5.3.3 */
#define CONSOLE_F_SIZE (UINT64_C(1) << 0)
#define CONSOLE_F_MULTIPORT (UINT64_C(1) << 1)

/* Queues, 5.3.2: port 0, control, port 1 ... */
enum { QUEUE_CONTROL_RX = 2, QUEUE_CONTROL_TX = 3 };

struct control { /* 5.3.6.2 */
    uint32_t id;
    uint16_t event, value;
};

enum control_event {
    EVENT_DEVICE_READY = 0,
    EVENT_PORT_ADD = 1,
    EVENT_PORT_READY = 3,
    EVENT_CONSOLE_PORT = 4,
    EVENT_PORT_OPEN = 6,
    EVENT_PORT_NAME = 7,
};

static unsigned port_rx_index(unsigned port)
{
    return port == 0 ? 0 : 2 + 2 * port;
}

/* ---- control messages to the guest ---- */

/* The message for the first (lowest) bit that a port owes. Returns its size; a name follows without NUL. */
static size_t control_message(const struct console_port *port, unsigned owed, uint8_t *buffer)
{
    struct control control = {.id = port->id, .value = 1};
    size_t name_size = 0;

    switch (owed) {
    case CONSOLE_SAY_ADD:
        control.event = EVENT_PORT_ADD;
        break;
    case CONSOLE_SAY_CONSOLE:
        control.event = EVENT_CONSOLE_PORT;
        break;
    case CONSOLE_SAY_NAME:
        control.event = EVENT_PORT_NAME;
        name_size = strlen(port->name);
        break;
    case CONSOLE_SAY_OPEN:
        control.event = EVENT_PORT_OPEN;
        break;
    case CONSOLE_SAY_CLOSED:
        control.event = EVENT_PORT_OPEN;
        control.value = 0;
        break;
    }
    memcpy(buffer, &control, sizeof(control));
    memcpy(buffer + sizeof(control), port->name, name_size);
    return sizeof(control) + name_size;
}

/* Sends one message. False: no buffer. */
static bool control_send_one(struct console *console, struct console_port *port)
{
    struct virtqueue *queue = &console->queue[QUEUE_CONTROL_RX];
    unsigned owed = port->owed & -port->owed;
    uint8_t message[sizeof(struct control) + CONSOLE_PORT_NAME_MAX];
    struct queue_chain chain;
    size_t size;

    if (!virtio_pop(&console->virtio, queue, &chain))
        return false;
    console->listens = true;
    size = control_message(port, owed, message);
    size = iov_write(chain.iov + chain.readable, chain.writable, 0, message, size);
    queue_push(queue, chain.head, (uint32_t)size);
    port->owed &= ~owed;
    return true;
}

static void control_send(struct console *console)
{
    if (!virtio_has_feature(&console->virtio, CONSOLE_F_MULTIPORT))
        return;
    for (unsigned i = 0; i < console->count; i++)
        while (console->port[i].owed != 0 && control_send_one(console, &console->port[i]))
            ;
    virtio_interrupt(&console->virtio, &console->queue[QUEUE_CONTROL_RX]);
}

/* ---- control messages from the guest ---- */

static void control_receive_one(struct console *console, const struct control *control)
{
    if (control->event == EVENT_DEVICE_READY && control->value == 1) {
        for (unsigned i = 0; i < console->count; i++)
            console->port[i].owed |= CONSOLE_SAY_ADD;
    } else if (control->event == EVENT_PORT_READY && control->value == 1 && control->id < console->count) {
        console_port_ready(&console->port[control->id]);
    }
    /* PORT_OPEN: whether the guest's side is open doesn't matter to us; bytes flow when it posts buffers. */
}

/* What a driver asks for and then gives no buffer for, it does not look at: it knows its ports, and would have to take
 * all of it in when it first wants to hear of an end. QEMU drops it, too. The end of a port is never dropped. */
static void forget_greetings(struct console *console)
{
    for (unsigned i = 0; i < console->count && !console->listens; i++)
        console->port[i].owed &= CONSOLE_SAY_CLOSED;
}

static void control_receive(struct console *console)
{
    struct virtqueue *queue = &console->queue[QUEUE_CONTROL_TX];
    struct queue_chain chain;

    for (unsigned n = 0; virtio_pending(&console->virtio, queue); n++) {
        struct control control;

        if (n == CONSOLE_BUDGET) {
            virtio_continue(&console->virtio, &console->rest);
            break;
        }
        if (!virtio_pop(&console->virtio, queue, &chain))
            break;
        if (iov_read(chain.iov, chain.readable, 0, &control, sizeof(control)) == sizeof(control))
            control_receive_one(console, &control);
        queue_push(queue, chain.head, 0);
    }
    virtio_interrupt(&console->virtio, queue);
    control_send(console);
    forget_greetings(console);
}

static void on_rest(void *owner)
{
    struct console *console = owner;

    pthread_mutex_lock(&console->virtio.lock);
    control_receive(console);
    pthread_mutex_unlock(&console->virtio.lock);
}

/* ---- what the transport calls ---- */

static void console_notify(struct virtio_device *dev, unsigned index)
{
    struct console *console = (struct console *)dev;
    unsigned port = index < 2 ? 0 : index / 2 - 1;

    if (index == QUEUE_CONTROL_RX)
        control_send(console);
    else if (index == QUEUE_CONTROL_TX)
        control_receive(console);
    else if (index % 2 == 0)
        console_port_receive(&console->port[port]);
    else
        console_port_transmit(&console->port[port]);
}

static void console_queue_stop(struct virtio_device *dev, unsigned index)
{
    struct console *console = (struct console *)dev;

    /* A chain that is being written points into guest memory, and its place in the ring is void. */
    for (unsigned i = 0; i < console->count; i++) {
        if (console->port[i].tx == &console->queue[index])
            console->port[i].tx_busy = false;
        else if (console->port[i].rx == &console->queue[index])
            console->port[i].rx_taken = false;
    }
}

static void console_reset(struct virtio_device *dev)
{
    struct console *console = (struct console *)dev;

    console->listens = false;
    /* Held input stays: the next driver gets it. */
    for (unsigned i = 0; i < console->count; i++) {
        console->port[i].owed = 0;
        console->port[i].announced = false;
    }
}

static void console_destroy(struct virtio_device *dev)
{
    struct console *console = (struct console *)dev;

    for (unsigned i = 0; i < console->count; i++)
        console_port_fini(&console->port[i]);
    if (console->virtio.env.loop != NULL)
        loop_cancel(console->virtio.env.loop, &console->rest);
    virtio_fini(dev);
    free(console);
}

static const struct virtio_device_ops console_ops = {
    .device_id = 3,
    .notify = console_notify,
    .queue_stop = console_queue_stop,
    .reset = console_reset,
    .destroy = console_destroy,
};

static int console_create(const struct device_env *env, const void *args, struct device **out)
{
    const struct virtio_console_args *a = args;
    struct console *console;
    struct virtio_init init;

    if (a->count == 0 || a->count > CONSOLE_PORTS_MAX)
        return -EINVAL;
    console = malloc(sizeof(*console));
    if (console == NULL)
        return -ENOMEM;
    memset(console, 0, offsetof(struct console, chain));
    console->count = a->count;
    console->send_owed = control_send;
    console->rest = (struct loop_task){.run = on_rest, .owner = console};
    console->config.cols = a->columns;
    console->config.rows = a->rows;
    console->config.max_nr_ports = a->count;
    init = (struct virtio_init){
        .ops = &console_ops,
        .features = (a->count > 1 ? CONSOLE_F_MULTIPORT : 0) | (a->rows != 0 && a->columns != 0 ? CONSOLE_F_SIZE : 0),
        .config = &console->config,
        .config_size = sizeof(console->config),
        .queue = console->queue,
        .queue_count = a->count > 1 ? 2 * (a->count + 1) : 2, /* one port needs no control queues */
    };
    virtio_init(&console->virtio, env, &init);
    for (unsigned i = 0; i < a->count; i++) {
        console->port[i].rx = &console->queue[port_rx_index(i)];
        console->port[i].tx = &console->queue[port_rx_index(i) + 1];
        console->port[i].chain = &console->chain[2 * i];
        console->port[i].rx_chain = &console->chain[2 * i + 1];
        console_port_init(&console->port[i], console, i, &a->ports[i]);
    }
    *out = &console->virtio.device;
    if (a->self != NULL)
        *a->self = *out;
    return 0;
}

/* ---- what the owner calls ---- */

void virtio_console_wake(struct device *device, unsigned port)
{
    struct console *console = (struct console *)device;

    pthread_mutex_lock(&console->virtio.lock);
    console_port_receive(&console->port[port]);
    pthread_mutex_unlock(&console->virtio.lock);
}

void virtio_console_resume(struct device *device, unsigned port)
{
    struct console *console = (struct console *)device;

    pthread_mutex_lock(&console->virtio.lock);
    console->port[port].in_paused = false;
    console_port_receive(&console->port[port]);
    pthread_mutex_unlock(&console->virtio.lock);
}

const struct device_type device_virtio_console = {
    .name = "virtio-console",
    .compatible = "virtio,mmio\0",
    .node_name = "virtio_mmio",
    .create = console_create,
};
