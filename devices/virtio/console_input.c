/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console_input.c - what the host sends to a console port.
 *
 * Reading ahead of the guest would take input from whoever reads after us: a stream is read into the guest's own
 * buffers, when it has posted them and only as much as they hold. A terminal is the exception, as its escape key must
 * work however badly the guest does: it is always read, and what the guest doesn't take is held, up to a limit.
 */
#include "devices/virtio/console.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "devices/virtio/iov.h"
#include "vmm/log.h"

static bool is_terminal(const struct console_port *port)
{
    return port->host.escape != 0;
}

/* ---- what is held: a terminal's keys, a source's bytes ---- */

static bool held_create(struct console_port *port)
{
    if (port->held == NULL)
        port->held = malloc(CONSOLE_HELD_BYTES);
    return port->held != NULL;
}

/* Gives what is held to the guest, as far as it has posted buffers. */
static void held_deliver(struct console_port *port)
{
    struct virtio_device *dev = &port->console->virtio;
    struct queue_chain chain;

    while (port->held_size > 0 && virtio_pop(dev, port->rx, &chain)) {
        size_t n =
            iov_write(chain.iov + chain.readable, chain.writable, 0, port->held + port->held_at, port->held_size);

        queue_push(port->rx, chain.head, (uint32_t)n);
        port->held_at += n;
        port->held_size -= n;
    }
    if (port->held_size == 0)
        port->held_at = 0;
}

/* Appends what fits; false: not all of it did. */
static bool held_add(struct console_port *port, const uint8_t *bytes, size_t size)
{
    size_t room = CONSOLE_HELD_BYTES - port->held_size;
    size_t n = size < room ? size : room;

    if (port->held_at + port->held_size + n > CONSOLE_HELD_BYTES) {
        memmove(port->held, port->held + port->held_at, port->held_size);
        port->held_at = 0;
    }
    memcpy(port->held + port->held_at + port->held_size, bytes, n);
    port->held_size += n;
    return n == size;
}

static void source_receive(struct console_port *port)
{
    uint8_t bytes[VIRTIO_CONSOLE_SOURCE_BYTES];
    size_t n;

    held_deliver(port);
    while (port->held_size == 0 && virtio_pending(&port->console->virtio, port->rx) && held_create(port)) {
        n = port->host.source(port->host.owner, bytes);
        if (n == 0)
            break;
        held_add(port, bytes, n);
        held_deliver(port);
    }
    virtio_interrupt(&port->console->virtio, port->rx);
}

/* ---- reading ---- */

/* As a terminal does whose line buffer is full. */
static void ring_bell(struct console_port *port)
{
    const struct iovec bell = {.iov_base = (char[]){'\a'}, .iov_len = 1};

    if (port->out_open && !port->tx_busy)
        hoststream_write(&port->out, &bell, 1);
}

static ssize_t read_terminal(struct console_port *port)
{
    uint8_t bytes[1024];
    ssize_t n;
    size_t kept;

    if (!held_create(port))
        return -ENOMEM;
    n = hoststream_read(&port->in, bytes, sizeof(bytes));
    if (n <= 0)
        return n;
    kept = escape_filter(&port->escape, bytes, (size_t)n, port->host.on_escape, port->host.owner);
    if (!held_add(port, bytes, kept))
        ring_bell(port);
    held_deliver(port);
    return n;
}

/* Into the guest's buffers. */
static ssize_t read_stream(struct console_port *port)
{
    struct queue_chain *chain = port->rx_chain;
    ssize_t n;

    if (!port->rx_taken && !virtio_pop(&port->console->virtio, port->rx, chain))
        return -EAGAIN;
    port->rx_taken = true;
    n = chain->writable_bytes == 0 ? 0 : hoststream_readv(&port->in, chain->iov + chain->readable, chain->writable);
    if (n > 0 || chain->writable_bytes == 0) {
        port->rx_taken = false;
        queue_push(port->rx, chain->head, (uint32_t)n);
        return 1;
    }
    return n;
}

static bool may_read(struct console_port *port)
{
    if (!port->in_open || port->in_paused || virtio_has_ended(&port->console->virtio))
        return false;
    return is_terminal(port) || port->rx_taken || virtio_pending(&port->console->virtio, port->rx);
}

/* The terminal is another job's. */
static void pause_input(struct console_port *port)
{
    port->in_paused = true;
    if (port->host.on_pause != NULL)
        port->host.on_pause(port->host.owner);
}

/* Nothing came, or the budget is used up: has the loop go on. True: it watches the stream. */
static bool wait_for_more(struct console_port *port)
{
    int error = hoststream_wait(&port->in);

    if (error == -EPERM) { /* always ready */
        virtio_continue(&port->console->virtio, &port->rx_rest);
    } else if (error != 0) { /* no input is better than a guest that waits for ever */
        log_error("console port %s: cannot wait for input: %s", port->name, strerror(-error));
        port->in_open = false;
    }
    return error == 0;
}

/* A terminal that hangs up gives an error: it is as much the end. */
static void input_ended(struct console_port *port)
{
    port->in_open = false;
    if (port->escape.held) {
        held_add(port, &port->escape.byte, 1);
        held_deliver(port);
    }
}

/* True: to be continued when the stream is ready. */
static bool stream_receive(struct console_port *port)
{
    bool was_closed = console_port_is_closed(port);
    bool more = false;

    if (is_terminal(port) && port->held_size > 0)
        held_deliver(port);
    for (unsigned n = 0; may_read(port); n++) {
        ssize_t done = n < CONSOLE_BUDGET ? is_terminal(port) ? read_terminal(port) : read_stream(port) : -EAGAIN;

        if (done == -EAGAIN) {
            more = wait_for_more(port);
            break;
        }
        if (done == -ENOTTY)
            pause_input(port);
        else if (done <= 0)
            input_ended(port);
    }
    virtio_interrupt(&port->console->virtio, port->rx);
    console_port_closed(port, was_closed);
    return more;
}

void console_input_receive(struct console_port *port)
{
    if (port->host.source != NULL)
        source_receive(port);
    else if (port->host.in_fd >= 0)
        stream_receive(port);
}

static void on_input(void *owner, uint32_t events)
{
    struct console_port *port = owner;
    pthread_mutex_t *lock = &port->console->virtio.lock;

    (void)events;
    pthread_mutex_lock(lock);
    if (!stream_receive(port))
        hoststream_ignore(&port->in);
    pthread_mutex_unlock(lock);
}

static void on_rest(void *owner)
{
    on_input(owner, 0);
}

void console_input_init(struct console_port *port)
{
    hoststream_init_input(&port->in, port->console->virtio.env.loop, port->host.in_fd, on_input, port);
    hoststream_open_again(&port->in);
    port->rx_rest = (struct loop_task){.run = on_rest, .owner = port};
    port->in_open = port->host.in_fd >= 0;
    port->in_paused = port->host.paused;
    port->escape.byte = port->host.escape;
    /* The escape byte works from the start, even if the guest never gets as far as this device. */
    if (port->in_open && is_terminal(port) && !port->in_paused)
        hoststream_wait(&port->in);
}

void console_input_fini(struct console_port *port)
{
    if (port->console->virtio.env.loop != NULL)
        loop_cancel(port->console->virtio.env.loop, &port->rx_rest);
    hoststream_fini(&port->in);
    free(port->held);
}
