/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console_port.c - a console port, and what the guest sends there.
 *
 * The guest gets a transmit buffer back when all of it is with the host, so a full pipe slows the guest's program down
 * as it would a process, and what the guest has got back is not lost. Neither direction ever blocks: where the host's
 * side isn't ready, the loop watches it and goes on from there.
 */
#include "devices/virtio/console.h"

#include <errno.h>
#include <string.h>

#include "devices/virtio/iov.h"
#include "vmm/log.h"

/* Of one chain; a record is never as long. */
#define SINK_BYTES_MAX 65536u

void console_port_closed(struct console_port *port, bool was_closed)
{
    if (was_closed || !console_port_is_closed(port))
        return;
    if (port->announced)
        port->owed |= CONSOLE_SAY_CLOSED;
    port->console->send_owed(port->console);
}

bool console_port_is_closed(const struct console_port *port)
{
    return (port->host.in_fd >= 0 && !port->in_open && port->held_size == 0) ||
           (port->host.out_fd >= 0 && !port->out_open);
}

void console_port_ready(struct console_port *port)
{
    if (port->host.is_console)
        port->owed |= CONSOLE_SAY_CONSOLE;
    if (port->name[0])
        port->owed |= CONSOLE_SAY_NAME;
    /* Open first even if it is closed by now: a driver takes the end of a port that never opened for nothing. */
    port->owed |= CONSOLE_SAY_OPEN;
    if (console_port_is_closed(port))
        port->owed |= CONSOLE_SAY_CLOSED;
    port->announced = true;
}

void console_port_receive(struct console_port *port)
{
    console_input_receive(port);
}

/* ---- guest to host ---- */

static void port_sink(struct console_port *port)
{
    uint8_t bytes[4096];
    size_t n, offset = 0;

    while (offset < SINK_BYTES_MAX &&
           (n = iov_read(port->chain->iov, port->chain->readable, offset, bytes, sizeof(bytes))) > 0) {
        if (!port->host.sink(port->host.owner, bytes, (unsigned)n)) {
            port->host.sink = NULL;
            return;
        }
        offset += n;
    }
}

/* A write has failed. Of a stream it is the guest's to know, and the next may succeed (a disk that was full). */
static void port_output_failed(struct console_port *port, int error)
{
    bool was_closed = console_port_is_closed(port);

    port->tx_count = 0;
    if (port->host.on_error) {
        port->host.on_error(port->host.owner, port->id, error);
        for (unsigned i = 0; i < port->console->count; i++)
            if (port->console->port[i].host.source)
                console_port_receive(&port->console->port[i]);
    }
    /* EPIPE is how a reader ends a pipe; anything else deserves to be said by someone. */
    if (error != EPIPE && !port->host.on_error)
        log_error("console port %s: cannot write: %s", port->name, strerror(error));
    if (error != EPIPE && port->host.on_error && !port->host.is_console)
        return;
    port->out_open = false;
    console_port_closed(port, was_closed);
}

/* The host's side isn't ready, or the budget is used up: has the loop go on. True: it will. */
static bool port_wait(struct console_port *port)
{
    int error = port->out_open ? hoststream_wait(&port->out) : -EPERM;

    if (error == -EPERM) { /* always ready */
        port->tx_again = true;
        port->console->call_again(port->console);
    } else if (error != 0) {
        port_output_failed(port, -error);
    }
    return error == 0 || error == -EPERM;
}

/* Writes the rest of the current chain. 0: nothing is left of it (written or dropped); 1: the loop continues. */
static int port_write(struct console_port *port)
{
    while (port->tx_count > 0 && port->out_open) {
        ssize_t n = port->tx_budget > 0 ? hoststream_write(&port->out, port->tx_iov, port->tx_count) : -EAGAIN;

        if (port->tx_budget > 0)
            port->tx_budget--;
        if (n >= 0)
            iov_skip(&port->tx_iov, &port->tx_count, (size_t)n);
        else if (n != -EAGAIN)
            port_output_failed(port, (int)-n);
        else if (port_wait(port))
            return 1;
    }
    return 0;
}

/* Takes the next chain of the guest. Without a host's side its bytes are dropped. */
static bool port_next(struct console_port *port)
{
    if (!virtio_pop(&port->console->virtio, port->tx, port->chain))
        return false;
    port->tx_busy = true;
    port->tx_iov = port->chain->iov;
    port->tx_count = port->host.out_fd >= 0 ? port->chain->readable : 0;
    if (port->host.sink)
        port_sink(port);
    return true;
}

/* True: to be continued by the loop. */
static bool port_transmit(struct console_port *port)
{
    bool more = false;

    port->tx_again = false;
    port->tx_budget = CONSOLE_BUDGET;
    for (unsigned n = 0; port->tx_busy || port_next(port); n++) {
        more = n >= CONSOLE_BUDGET ? port_wait(port) : port_write(port) == 1;
        if (more)
            break;
        port->tx_busy = false;
        queue_push(port->tx, port->chain->head, 0);
    }
    virtio_interrupt(&port->console->virtio, port->tx);
    if (port->host.source) /* the sink may have got a question */
        console_port_receive(port);
    return more;
}

void console_port_transmit(struct console_port *port)
{
    port_transmit(port);
}

static void on_output(void *owner, uint32_t events)
{
    struct console_port *port = owner;
    pthread_mutex_t *lock = &port->console->virtio.lock;

    (void)events;
    pthread_mutex_lock(lock);
    if (!port_transmit(port) || !port->out_open || port->tx_again)
        hoststream_ignore(&port->out);
    pthread_mutex_unlock(lock);
}

void console_port_again(struct console_port *port)
{
    if (port->rx_again)
        console_port_receive(port);
    if (port->tx_again)
        port_transmit(port);
}

/* ---- life ---- */

void console_port_init(struct console_port *port, struct console *console, uint32_t id,
                       const struct virtio_console_port *host)
{
    port->console = console;
    port->id = id;
    port->host = *host;
    if (host->sink) /* in place of out_fd */
        port->host.out_fd = -1;
    if (host->name)
        strncpy(port->name, host->name, sizeof(port->name) - 1);
    port->host.name = port->name;
    console_input_init(port);
    hoststream_init_output(&port->out, console->virtio.env.loop, port->host.out_fd, on_output, port);
    port->out_open = port->host.out_fd >= 0;
}

void console_port_fini(struct console_port *port)
{
    console_input_fini(port);
    hoststream_fini(&port->out);
}
