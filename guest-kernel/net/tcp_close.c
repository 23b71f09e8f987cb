/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_close.c - how connections end: by FIN from each side, or by RST. */
#include "abi/errno.h"
#include "abi/poll.h"
#include "core/thread.h"
#include "core/wait.h"
#include "mm/kmalloc.h"
#include "net/outside.h"
#include "net/tcp.h"
#include "net/tcp_outside.h"

#define RESET_AT_ONCE 8u    /* connections, without a turn for others */
#define LINGER_MOST 100000u /* seconds: a day and more */
#define ALL_EVENTS (POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLHUP | POLLRDHUP)

/* It waits at no listener any more. */
static void stop_waiting(struct tcp_socket *tcp)
{
    if (tcp->listener == NULL)
        return;
    list_remove(&tcp->link);
    tcp->listener = NULL;
}

/* ---- RST ---- */

void tcp_fail(struct tcp_socket *tcp, int error)
{
    struct socket *socket = tcp_socket_of(tcp);

    socket->error = error;
    if (tcp->state == TCP_SYN_SENT)
        stop_waiting(tcp);
    socket->read_shut = socket->write_shut = true;
    tcp_set_closed(tcp);
    socket_changed(socket, ALL_EVENTS | POLLERR);
}

void tcp_reset_peer(struct tcp_socket *tcp)
{
    struct tcp_socket *peer = tcp->peer;

    if (tcp->outside != NULL)
        tcp_outside_close(tcp, LVMM_NET_RESET);
    tcp->peer = NULL;
    if (peer == NULL || peer == tcp)
        return;
    peer->peer = NULL;
    if (peer->is_orphan)
        tcp_orphan_end(peer);
    else if (peer->is_deferred)
        tcp_child_drop(peer);
    else
        tcp_was_reset(peer);
}

void tcp_was_reset(struct tcp_socket *tcp)
{
    if (tcp->state == TCP_CLOSE)
        return;
    tcp_fail(tcp, tcp->state == TCP_SYN_SENT ? -ECONNREFUSED : tcp->state == TCP_CLOSE_WAIT ? -EPIPE : -ECONNRESET);
}

/* ---- FIN ---- */

/* It ends by FIN, and so isn't counted as reset. */
static void set_finished(struct tcp_socket *tcp)
{
    tcp->state = TCP_LAST_ACK;
    tcp_set_closed(tcp);
}

/* Both have sent their FIN, and this one was first. */
static void end_here(struct tcp_socket *tcp)
{
    struct socket *socket = tcp_socket_of(tcp);

    tcp_time_wait_begin(tcp);
    if (tcp->is_orphan) {
        tcp_orphan_end(tcp);
        return;
    }
    socket->read_shut = socket->write_shut = true;
    tcp_set_closed(tcp);
}

void tcp_take_end(struct tcp_socket *tcp)
{
    struct socket *socket = tcp_socket_of(tcp);
    bool is_orphan = tcp->is_orphan;

    tcp->end_received = true;
    socket->read_shut = true;
    if (tcp->state == TCP_FIN_WAIT2)
        end_here(tcp);
    else
        tcp->state = TCP_CLOSE_WAIT;
    if (!is_orphan)
        socket_changed(socket, POLLIN | POLLRDNORM | POLLRDHUP |
                                   (tcp->state == TCP_CLOSE ? POLLHUP | POLLOUT | POLLWRNORM : 0));
    if (!is_orphan)
        tcp_child_due(tcp);
}

void tcp_finish(struct tcp_socket *tcp)
{
    struct tcp_socket *peer = tcp->peer;

    if (tcp->state == TCP_ESTABLISHED) {
        tcp->state = TCP_FIN_WAIT2;
        if (tcp->outside != NULL)
            outside_shutdown(tcp->outside);
        else
            tcp_take_end(peer);
    } else if (tcp->state == TCP_CLOSE_WAIT) {
        tcp_socket_of(tcp)->read_shut = tcp_socket_of(tcp)->write_shut = true;
        set_finished(tcp);
        if (peer == NULL) /* an orphan that has timed out */
            return;
        peer->peer = NULL;
        tcp_take_end(peer);
    }
}

/* ---- by programs ---- */

/* What is in the listener's list is in `gone` now; nobody is told. */
static void take_away(struct list *list, struct list *gone)
{
    while (!list_is_empty(list)) {
        struct tcp_socket *child = container_of(list->next, struct tcp_socket, link);

        timer_cancel(&child->timer);
        child->is_deferred = false;
        stop_waiting(child);
        list_insert(gone, &child->link);
    }
}

/* Those that wait to get as far as to be accepted are refused; those that have are in `gone` now. */
static void stop_listening(struct tcp_socket *tcp, struct list *gone)
{
    tcp->state = TCP_CLOSE;
    tcp_socket_of(tcp)->listens = false;
    take_away(&tcp->accepted, gone);
    take_away(&tcp->deferred, gone);
    tcp->accepted_count = 0;
    while (!list_is_empty(&tcp->waiting))
        tcp_was_reset(container_of(tcp->waiting.next, struct tcp_socket, link));
    tcp_set_closed(tcp);
    if (tcp->inet.use.port != NULL)
        inet_port_order(&tcp->inet.use, false);
}

/* Connections that nobody will accept are reset. It gives others turns, as there may be thousands, each with what it
 * was sent: the listener may be another's by then, or gone. */
static void reset_all(struct list *gone)
{
    unsigned count = 0;

    while (!list_is_empty(gone)) {
        struct tcp_socket *child = container_of(gone->next, struct tcp_socket, link);

        list_remove(&child->link);
        tcp_reset_peer(child);
        tcp_free(child);
        tcp_pending_add(-1);
        if (++count % RESET_AT_ONCE == 0)
            (void)wait_loop_ends(true);
    }
}

static bool is_connected(const struct tcp_socket *tcp)
{
    return tcp->state == TCP_ESTABLISHED || tcp->state == TCP_CLOSE_WAIT || tcp->state == TCP_FIN_WAIT2;
}

static void forget_addresses(struct inet_socket *inet)
{
    uint16_t port = inet->use.local.port; /* is told still, though it may be anybody's by now: as on Linux */

    inet->use.peer = (struct inet_address){0};
    if (!inet->address_is_bound)
        inet_set_any(&inet->use.local, inet->socket.family);
    inet->use.local.port = port;
}

int tcp_disconnect(struct tcp_socket *tcp)
{
    struct socket *socket = tcp_socket_of(tcp);
    struct list gone;

    list_init(&gone);
    while (tcp->is_reading) { /* who copies out of the stream is nearly done: no signal ends this */
        tcp->reading_awaited = true;
        (void)wait_on(&socket->changed, WAIT_FOREVER, 0);
    }
    if (tcp->state == TCP_LISTEN) {
        stop_listening(tcp, &gone);
    } else if (is_connected(tcp)) {
        tcp_reset_peer(tcp);
        tcp_set_closed(tcp);
        socket->error = -ECONNRESET;
    } else if (tcp->state == TCP_SYN_SENT) {
        stop_waiting(tcp);
        tcp_set_closed(tcp);
        socket->error = -ECONNRESET;
    }
    stream_clear(&tcp->in);
    tcp->in = (struct stream){0};
    tcp->urgent = TCP_URGENT_NONE;
    tcp->urgent_told = false;
    tcp->end_received = socket->read_shut = socket->write_shut = false;
    tcp->sent = 0;
    forget_addresses(&tcp->inet);
    socket_changed(socket, ALL_EVENTS);
    reset_all(&gone);
    return 0;
}

int tcp_shutdown(struct socket *socket, bool read, bool write)
{
    struct tcp_socket *tcp = tcp_of(socket);
    int error = 0;

    if (tcp->phase == TCP_CONNECTING)
        tcp->phase = is_connected(tcp) ? TCP_CONNECTED : TCP_IDLE;
    if (tcp->state == TCP_LISTEN || tcp->state == TCP_SYN_SENT) {
        if (tcp->state == TCP_SYN_SENT || read) {
            tcp->phase = TCP_IDLE;
            (void)tcp_disconnect(tcp);
        }
        return 0;
    }
    if (tcp->state == TCP_CLOSE)
        error = -ENOTCONN;
    socket->read_shut |= read;
    socket->write_shut |= write;
    if (write)
        tcp_finish(tcp);
    socket_changed(socket, ALL_EVENTS);
    return error;
}

/* The host waits for the other side's end; who closes first has the port for a while, as Linux has it, unless the
 * connection is over already. */
static void close_outside(struct tcp_socket *tcp)
{
    if (tcp->state != TCP_CLOSE_WAIT && !tcp->is_broken)
        tcp_time_wait_begin(tcp);
    set_finished(tcp);
}

/* What ends it is RST. */
static bool resets(const struct tcp_socket *tcp)
{
    const struct socket_linger *linger = &tcp->inet.socket.linger;

    return stream_size(&tcp->in) != 0 || (linger->on != 0 && linger->seconds == 0) || tcp->settings.linger2 < 0;
}

/* As on Linux, nobody waits whose file goes because he ends. */
static bool is_ending(void)
{
    const struct thread *thread = current_thread();

    return thread->process == NULL || thread->process->exiting || thread->ending;
}

/* Within the VM all arrives at once. */
void tcp_closing(struct socket *socket)
{
    struct tcp_socket *tcp = tcp_of(socket);
    struct outside *outside = tcp->outside;
    uint32_t seconds = (uint32_t)socket->linger.seconds;

    if (outside == NULL || socket->linger.on == 0 || !is_connected(tcp) || resets(tcp) || is_ending())
        return;
    tcp->outside = NULL;
    socket->read_shut = socket->write_shut = true;
    close_outside(tcp);
    outside_close_lingering(outside, seconds < LINGER_MOST ? seconds * 1000 : LINGER_MOST * 1000);
}

void tcp_release(struct socket *socket)
{
    struct tcp_socket *tcp = tcp_of(socket);
    struct list gone;

    list_init(&gone);
    if (tcp->state == TCP_LISTEN) {
        stop_listening(tcp, &gone);
    } else if (tcp->state == TCP_SYN_SENT) {
        stop_waiting(tcp);
        tcp_set_closed(tcp);
    } else if (is_connected(tcp)) {
        bool is_reset = resets(tcp);

        if (is_reset) {
            tcp_reset_peer(tcp);
            tcp_set_closed(tcp);
        } else if (tcp->outside != NULL) {
            close_outside(tcp);
        } else {
            tcp_finish(tcp);
        }
        if (!is_reset && tcp->state == TCP_FIN_WAIT2) {
            tcp_orphan_begin(tcp);
            return;
        }
    }
    tcp_free(tcp);
    reset_all(&gone);
}
