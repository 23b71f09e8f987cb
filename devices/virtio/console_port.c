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

/* A piece is what one system call writes; of a sink's, a page. */
#define PORT_PIECE_BUFFERS 32u
#define PORT_PIECE_BYTES (64u << 10)

void console_port_receive(struct console_port *port)
{
    console_input_receive(port);
}

/* ---- guest to host ---- */

/* What one call may move before others have their turn. */
struct port_slice {
    unsigned chains, pieces;
};

enum port_progress {
    PORT_DONE,  /* nothing is left */
    PORT_WAITS, /* for the host's side, which the loop watches */
    PORT_RESTS, /* for its next turn */
};

/* Copies a piece of the current chain out for the sink. Returns its bytes. */
static ssize_t port_sink(struct console_port *port)
{
    uint8_t bytes[4096];
    size_t size = iov_read(port->tx_iov, port->tx_count, 0, bytes, sizeof(bytes));

    if (size > 0 && !port->host.sink(port->host.owner, bytes, (unsigned)size))
        port->sink_over = true;
    return (ssize_t)size;
}

/* Shows the first `size` bytes of the current chain, as they are in guest memory now. */
static void port_show(const struct console_port *port, size_t size)
{
    uint8_t bytes[1024];
    size_t n;

    for (size_t at = 0; at < size; at += n) {
        n = size - at < sizeof(bytes) ? size - at : sizeof(bytes);
        iov_read(port->tx_iov, port->tx_count, at, bytes, n);
        port->host.watch(port->host.owner, bytes, n);
    }
}

/* Hands the next piece of the current chain to the host: bytes or -errno. */
static ssize_t port_write_piece(struct console_port *port)
{
    struct iovec part[PORT_PIECE_BUFFERS];
    unsigned count = port->tx_count < PORT_PIECE_BUFFERS ? port->tx_count : PORT_PIECE_BUFFERS;

    if (port->host.sink != NULL)
        return port_sink(port);
    memcpy(part, port->tx_iov, count * sizeof(part[0]));
    iov_truncate(part, &count, PORT_PIECE_BYTES);
    ssize_t n = hoststream_write(&port->out, part, count);
    if (port->host.watch != NULL && n > 0)
        port_show(port, (size_t)n);
    return n;
}

/* Does anybody take what the guest sends? */
static bool port_has_taker(const struct console_port *port)
{
    return port->host.sink != NULL ? !port->sink_over : port->out_open;
}

/* A write has failed. Of a stream it is the guest's to know, and the next may succeed (a disk that was full). */
static void port_output_failed(struct console_port *port, int error)
{
    bool was_closed = console_port_is_closed(port);

    port->tx_count = 0;
    if (port->host.on_error != NULL) {
        port->host.on_error(port->host.owner, port->id, error);
        for (unsigned i = 0; i < port->console->count; i++)
            if (port->console->port[i].host.source != NULL)
                console_port_receive(&port->console->port[i]);
    }
    /* EPIPE is how a reader ends a pipe; anything else deserves to be said by someone. */
    if (error != EPIPE && port->host.on_error == NULL)
        log_error("console port %s: cannot write: %s", port->name, strerror(error));
    if (error != EPIPE && port->host.on_error != NULL && !port->host.is_console)
        return;
    port->out_open = false;
    console_port_closed(port, was_closed);
}

/* Writes the rest of the current chain, or drops it where nobody takes it. */
static enum port_progress port_write(struct console_port *port, struct port_slice *slice)
{
    while (port->tx_count > 0 && port_has_taker(port)) {
        if (slice->pieces == 0 || virtio_has_ended(&port->console->virtio))
            return PORT_RESTS;
        slice->pieces--;
        ssize_t n = port_write_piece(port);
        if (n >= 0) {
            iov_skip(&port->tx_iov, &port->tx_count, (size_t)n);
            continue;
        }
        if (n == -EAGAIN) {
            n = hoststream_wait(&port->out);
            if (n == 0)
                return PORT_WAITS;
            if (n == -EPERM)
                continue;
        }
        port_output_failed(port, (int)-n);
    }
    return PORT_DONE;
}

/* Takes the next chain of the guest. */
static bool port_next(struct console_port *port)
{
    if (!virtio_pop(&port->console->virtio, port->tx, port->chain))
        return false;
    port->tx_busy = true;
    port->tx_iov = port->chain->iov;
    port->tx_count = port->chain->readable;
    return true;
}

static enum port_progress port_write_chains(struct console_port *port, struct port_slice *slice)
{
    while (port->tx_busy || port_next(port)) {
        enum port_progress progress = slice->chains > 0 ? port_write(port, slice) : PORT_RESTS;

        if (progress != PORT_DONE)
            return progress;
        slice->chains--;
        port->tx_busy = false;
        queue_push(port->tx, port->chain->head, 0);
    }
    return PORT_DONE;
}

/* True: the loop watches the host's side. */
static bool port_transmit(struct console_port *port)
{
    struct virtio_device *dev = &port->console->virtio;
    struct port_slice slice = {.chains = CONSOLE_BUDGET, .pieces = CONSOLE_BUDGET};
    enum port_progress progress = port_write_chains(port, &slice);

    virtio_interrupt(dev, port->tx);
    if (progress == PORT_RESTS && !virtio_has_ended(dev))
        virtio_continue(dev, &port->rest);
    if (port->host.source != NULL) /* the sink may have got a question */
        console_port_receive(port);
    return progress == PORT_WAITS;
}

void console_port_transmit(struct console_port *port)
{
    port_transmit(port);
}

/* On the loop's thread. */
static void port_go_on(struct console_port *port)
{
    pthread_mutex_t *lock = &port->console->virtio.lock;

    pthread_mutex_lock(lock);
    if (!port_transmit(port))
        hoststream_ignore(&port->out);
    pthread_mutex_unlock(lock);
}

static void on_output(void *owner, uint32_t events)
{
    (void)events;
    port_go_on(owner);
}

static void on_rest(void *owner)
{
    port_go_on(owner);
}

/* ---- life ---- */

void console_port_init(struct console_port *port, struct console *console, uint32_t id,
                       const struct virtio_console_port *host)
{
    port->console = console;
    port->id = id;
    port->host = *host;
    if (host->sink != NULL) /* in place of out_fd */
        port->host.out_fd = -1;
    if (host->name != NULL)
        strncpy(port->name, host->name, sizeof(port->name) - 1);
    port->host.name = port->name;
    console_input_init(port);
    hoststream_init_output(&port->out, console->virtio.env.loop, port->host.out_fd, on_output, port);
    hoststream_open_again(&port->out);
    port->rest = (struct loop_task){.run = on_rest, .owner = port};
    port->out_open = port->host.out_fd >= 0;
}

void console_port_fini(struct console_port *port)
{
    if (port->console->virtio.env.loop != NULL)
        loop_cancel(port->console->virtio.env.loop, &port->rest);
    console_input_fini(port);
    hoststream_fini(&port->out);
}
