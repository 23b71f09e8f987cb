/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console_port.c - the bytes of one console port.
 *
 * The guest gets a transmit buffer back when all of it is with the host, so a full pipe slows the guest's program down
 * as it would a process, and what the guest has got back is not lost. Neither direction ever blocks: where the host's
 * side isn't ready, the loop watches it and goes on from there.
 */
#include "devices/virtio/console.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "devices/virtio/iov.h"
#include "vmm/log.h"

/* Reads, chains, or pieces of chains, that one call handles before others on the loop have their turn. */
#define PORT_BUDGET 64u
/* A piece is what one system call writes; of a sink's, a page. */
#define PORT_PIECE_BUFFERS 32u
#define PORT_PIECE_BYTES (64u << 10)

/* The host's side is gone, of one direction or both: the guest learns it as PORT_OPEN 0, once. */
static void port_closed(struct console_port *port)
{
    if (port->announced)
        port->owed |= CONSOLE_SAY_CLOSED;
    console_control_send(port->console);
}

static bool port_is_closed(const struct console_port *port)
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
    if (port_is_closed(port))
        port->owed |= CONSOLE_SAY_CLOSED;
    port->announced = true;
}

/* ---- host to guest ---- */

/* Takes the escape byte and what follows it out of the `size` bytes at `bytes`; returns how many stay. */
static size_t port_filter(struct console_port *port, uint8_t *bytes, size_t size)
{
    uint8_t escape = port->host.escape;
    size_t kept = 0;

    if (escape == 0)
        return size;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = bytes[i];

        if (!port->escape_seen && byte == escape) {
            port->escape_seen = true;
        } else if (port->escape_seen && byte != escape) {
            port->escape_seen = false;
            if (port->host.on_escape)
                port->host.on_escape(port->host.owner, byte);
        } else { /* an ordinary byte, or the second escape, which stands for one */
            port->escape_seen = false;
            bytes[kept++] = byte;
        }
    }
    return kept;
}

/* Gives what is held to the guest, as far as it has posted buffers. */
static void port_deliver(struct console_port *port)
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

/* Reading ahead of the guest would take input from whoever reads after us, so it isn't done; but where there is an
 * escape byte, it must work however badly the guest does. */
static bool port_may_read(struct console_port *port)
{
    if (!port->in_open || port->held_at + port->held_size == CONSOLE_HELD_BYTES)
        return false;
    return port->host.escape != 0 || (port->held_size == 0 && virtio_pending(&port->console->virtio, port->rx));
}

/* Reads once. 0: go on; -EAGAIN; the end of input is no error, in_open tells it. */
static int port_read(struct console_port *port)
{
    uint8_t *at;
    ssize_t n;

    if (!port->held)
        port->held = malloc(CONSOLE_HELD_BYTES);
    if (!port->held)
        return -EAGAIN;
    at = port->held + port->held_at + port->held_size;
    n = hoststream_read(&port->in, at, CONSOLE_HELD_BYTES - port->held_at - port->held_size);
    if (n == -EAGAIN)
        return -EAGAIN;
    if (n > 0) {
        port->held_size += port_filter(port, at, (size_t)n);
        return 0;
    }
    /* A terminal that hangs up gives an error: it is as much the end. */
    port->in_open = false;
    if (port->escape_seen)
        port->held[port->held_at + port->held_size++] = port->host.escape; /* it had room: size was at least 1 */
    return 0;
}

/* True: to be continued by the loop. */
static bool port_receive(struct console_port *port)
{
    bool was_closed = port_is_closed(port);
    bool more = false;

    port_deliver(port);
    for (unsigned n = 0; port_may_read(port); n++) {
        if (n >= PORT_BUDGET || port_read(port) == -EAGAIN) {
            int rc = hoststream_wait(&port->in);

            more = rc == 0;
            if (more)
                break;
            if (rc != -EPERM) { /* it can't be watched: no input is better than a guest that waits for ever */
                log_error("console port %s: cannot wait for input: %s", port->name, strerror(-rc));
                port->in_open = false;
            }
            n = 0;
        }
        port_deliver(port);
    }
    virtio_interrupt(&port->console->virtio, port->rx);
    if (port_is_closed(port) && !was_closed)
        port_closed(port);
    return more;
}

void console_port_receive(struct console_port *port)
{
    if (port->host.in_fd >= 0)
        port_receive(port);
}

static void on_input(void *owner, uint32_t events)
{
    struct console_port *port = owner;
    pthread_mutex_t *lock = &port->console->virtio.lock;

    (void)events;
    pthread_mutex_lock(lock);
    if (!port_receive(port))
        hoststream_ignore(&port->in);
    pthread_mutex_unlock(lock);
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

/* Hands the next piece of the current chain to the host: bytes or -errno. */
static ssize_t port_write_piece(struct console_port *port)
{
    struct iovec part[PORT_PIECE_BUFFERS];
    unsigned count = port->tx_count < PORT_PIECE_BUFFERS ? port->tx_count : PORT_PIECE_BUFFERS;

    if (port->host.sink != NULL)
        return port_sink(port);
    memcpy(part, port->tx_iov, count * sizeof(part[0]));
    iov_truncate(part, &count, PORT_PIECE_BYTES);
    return hoststream_write(&port->out, part, count);
}

/* Does anybody take what the guest sends? */
static bool port_has_taker(const struct console_port *port)
{
    return port->host.sink != NULL ? !port->sink_over : port->out_open;
}

static void port_output_gone(struct console_port *port, int error)
{
    bool was_closed = port_is_closed(port);

    /* EPIPE is how a reader ends a pipe; anything else deserves to be said. */
    if (error != -EPIPE)
        log_error("console port %s: cannot write: %s", port->name, strerror(-error));
    port->out_open = false;
    if (!was_closed)
        port_closed(port);
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
        port_output_gone(port, (int)n);
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
    struct port_slice slice = {.chains = PORT_BUDGET, .pieces = PORT_BUDGET};
    enum port_progress progress = port_write_chains(port, &slice);

    virtio_interrupt(dev, port->tx);
    if (progress == PORT_RESTS && !virtio_has_ended(dev))
        virtio_continue(dev, &port->rest);
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
    if (host->sink) /* in place of out_fd */
        port->host.out_fd = -1;
    if (host->name)
        strncpy(port->name, host->name, sizeof(port->name) - 1);
    port->host.name = port->name;
    hoststream_init_input(&port->in, console->virtio.env.loop, port->host.in_fd, on_input, port);
    hoststream_init_output(&port->out, console->virtio.env.loop, port->host.out_fd, on_output, port);
    port->rest = (struct loop_task){.run = on_rest, .owner = port};
    port->in_open = port->host.in_fd >= 0;
    port->out_open = port->host.out_fd >= 0;
    /* The escape byte works from the start, even if the guest never gets as far as this device. */
    if (port->in_open && port->host.escape)
        hoststream_wait(&port->in);
}

void console_port_fini(struct console_port *port)
{
    if (port->console->virtio.env.loop != NULL)
        loop_cancel(port->console->virtio.env.loop, &port->rest);
    hoststream_fini(&port->in);
    hoststream_fini(&port->out);
    free(port->held);
}
