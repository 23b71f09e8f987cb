/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_connect.c - bind(2), connect(2), listen(2) and accept(2) of TCP. */
#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/socket.h"
#include "core/clock.h"
#include "net/inet_counts.h"
#include "net/outside.h"
#include "net/tcp.h"
#include "net/tcp_outside.h"

/* When connect(2) gives up: after tries that wait for 1, 2, 4 ... seconds each. */
#define SECOND 1000000000ull
#define TRIES_MOST 20

int tcp_bind(struct socket *socket, const struct socket_address *address)
{
    if (tcp_of(socket)->state != TCP_CLOSE)
        return -EINVAL;
    return inet_bind(inet_of(socket), address, &tcp_table);
}

/* ---- whom a connection is for ---- */

static unsigned spread(const struct tcp_socket *tcp)
{
    const struct inet_address *from = &tcp->inet.use.local;

    return (from->words[3] ^ (uint32_t)from->port * 0x9e3779b1u) >> 8;
}

/* Of those that fit best, the first; those with SO_REUSEPORT share what comes. */
static struct tcp_socket *find_listener(const struct tcp_socket *tcp)
{
    const struct inet_address *to = &tcp->inet.use.peer;
    struct inet_port *port = inet_port_find(&tcp_table, to->port);
    struct tcp_socket *found = NULL;
    unsigned best = 0, alike = 0;

    if (port == NULL)
        return NULL;
    for_each_use(use, port)
    {
        unsigned fits;

        if (use->socket == NULL || !use->socket->socket.listens)
            break; /* those that listen come first */
        fits = inet_port_fits(use, to);
        if (fits == 0 || fits < best)
            continue;
        alike = fits == best ? alike + 1 : 1;
        if (alike == 1 || (use->socket->socket.reuse_port && spread(tcp) % alike == 0))
            found = (struct tcp_socket *)(void *)use->socket;
        best = fits;
    }
    return found;
}

/* ---- the connection ---- */

static void establish(struct tcp_socket *tcp, struct tcp_socket *peer)
{
    tcp->peer = peer;
    tcp->state = TCP_ESTABLISHED;
    timer_cancel(&tcp->timer);
}

/* The listener gets a socket for the other end. 0 or -ENOMEM. */
static int meet(struct tcp_socket *tcp, struct tcp_socket *listener)
{
    struct tcp_socket *child;
    int error = tcp_child_create(listener, &tcp->inet.use.peer, &tcp->inet.use.local, &child);

    if (error != 0)
        return error;
    establish(tcp, child);
    establish(child, tcp);
    if (listener->settings.defer_accept != 0)
        tcp_child_defer(child);
    else
        socket_changed(&listener->inet.socket, POLLIN | POLLRDNORM);
    return 0;
}

/* Nobody has taken it in for so long. */
static void gave_up(struct timer *timer)
{
    struct tcp_socket *tcp = container_of(timer, struct tcp_socket, timer);

    tcp_was_reset(tcp);
    tcp->inet.socket.error = -ETIMEDOUT;
}

/* What becomes of a socket that has sent its SYN: it is connected, waits for room at a listener, or was refused, which
 * is its error. -ENOMEM. */
static int arrive(struct tcp_socket *tcp)
{
    const struct inet_use *use = &tcp->inet.use;
    struct tcp_socket *listener;
    int tries = tcp->settings.syn_count != 0 ? tcp->settings.syn_count : inet_settings.syn_retries;

    if (inet_is_outside(&use->peer))
        return tcp_outside_connect(tcp);
    if (use->local.port == use->peer.port && inet_same(&use->local, &use->peer)) {
        establish(tcp, tcp);
        return 0;
    }
    listener = find_listener(tcp);
    if (listener == NULL) {
        tcp_was_reset(tcp);
        return 0;
    }
    if (tcp_has_room(listener))
        return meet(tcp, listener);
    tcp->listener = listener;
    list_insert(&listener->waiting, &tcp->link);
    tcp->timer.expired = gave_up;
    timer_set(&tcp->timer, clock_monotonic_ns() + ((2ull << (tries < TRIES_MOST ? tries : TRIES_MOST)) - 1) * SECOND);
    return 0;
}

/* There may be room for those that wait; who can't be taken in for want of memory is refused. */
static void admit(struct tcp_socket *listener)
{
    while (tcp_has_room(listener) && !list_is_empty(&listener->waiting)) {
        struct tcp_socket *tcp = container_of(listener->waiting.next, struct tcp_socket, link);

        list_remove(&tcp->link);
        tcp->listener = NULL;
        if (meet(tcp, listener) != 0)
            tcp_was_reset(tcp);
        else
            socket_changed(&tcp->inet.socket, POLLOUT | POLLWRNORM);
    }
    if (listener->outside != NULL)
        tcp_outside_admit(listener);
}

static int start(struct tcp_socket *tcp, const struct socket_address *address)
{
    struct inet_use *use = &tcp->inet.use;
    struct inet_address to, local = use->local;
    int error = inet_address_take(tcp->inet.socket.family, address, &to);

    if (error == 0)
        error = inet_route(&tcp->inet, &to);
    if (error == 0 && (inet_is_multicast(&to) || inet_is_broadcast(&to)))
        error = -ENETUNREACH;
    if (error != 0)
        return error;
    if (inet_is_any(&local)) {
        inet_set_source(&use->local, &to);
        use->local.port = local.port;
    }
    use->peer = to;
    error = inet_port_connect(&tcp_table, use);
    if (error != 0) {
        use->local = local;
        use->peer = (struct inet_address){0};
        return error;
    }
    tcp_socket_of(tcp)->read_shut = tcp_socket_of(tcp)->write_shut = tcp->end_received = false;
    tcp->state = TCP_SYN_SENT;
    tcp->phase = TCP_CONNECTING;
    inet_counts.active_opens++;
    tcp_socket_of(tcp)->error = 0; /* it was an earlier connection's */
    tcp_socket_of(tcp)->maker = socket_identity_now(false);
    error = arrive(tcp);
    if (error != 0) {
        (void)tcp_disconnect(tcp);
        (void)socket_take_error(tcp_socket_of(tcp));
        tcp->phase = TCP_IDLE;
    }
    return error;
}

int tcp_wait_connected(struct tcp_socket *tcp, bool nonblocking)
{
    struct socket *socket = tcp_socket_of(tcp);
    uint64_t deadline_ns = socket_deadline(socket->send_timeout_ns);
    int error = 0;

    while (tcp->state == TCP_SYN_SENT && error == 0)
        error = nonblocking ? -EAGAIN : socket_wait(socket, POLLOUT, deadline_ns);
    return error;
}

/* As on Linux the answer to a SYN is looked at when the call is over, so one that doesn't wait has it in progress. */
int tcp_connect(struct socket *socket, const struct socket_address *address, bool nonblocking)
{
    struct tcp_socket *tcp = tcp_of(socket);
    bool was_connecting = tcp->phase == TCP_CONNECTING;
    int error;

    if (address->size < sizeof(address->family))
        return -EINVAL;
    if (address->family == AF_UNSPEC) {
        tcp->phase = TCP_IDLE;
        return tcp_disconnect(tcp);
    }
    if (tcp->phase == TCP_CONNECTED || (tcp->phase == TCP_IDLE && tcp->state != TCP_CLOSE))
        return -EISCONN;
    if (!was_connecting) {
        error = start(tcp, address);
        if (error != 0)
            return error;
        if (nonblocking)
            return -EINPROGRESS;
    }
    error = tcp_wait_connected(tcp, nonblocking);
    if (error == -EAGAIN)
        return was_connecting ? -EALREADY : -EINPROGRESS;
    if (error != 0)
        return error;
    if (tcp->state == TCP_CLOSE) {
        error = socket_take_error(socket);
        tcp->phase = TCP_IDLE;
        (void)tcp_disconnect(tcp);
        return error != 0 ? error : -ECONNABORTED;
    }
    tcp->phase = TCP_CONNECTED;
    return 0;
}

/* ---- listening ---- */

int tcp_listen(struct socket *socket, unsigned backlog)
{
    struct tcp_socket *tcp = tcp_of(socket);
    struct inet_use *use = &tcp->inet.use;
    bool was_free;
    int error = 0;

    if (tcp->outside != NULL) /* it may listen again and again */
        outside_pace();
    if (tcp->phase != TCP_IDLE || (tcp->state != TCP_CLOSE && tcp->state != TCP_LISTEN))
        return -EINVAL;
    tcp->backlog = backlog;
    if (tcp->state == TCP_LISTEN) {
        if (tcp->outside != NULL)
            tcp_outside_listen(tcp);
        admit(tcp);
        return 0;
    }
    was_free = use->port == NULL;
    if (was_free)
        error = inet_port_take(&tcp_table, use, 0);
    else if (inet_port_conflicts(use))
        error = -EADDRINUSE;
    if (error != 0)
        return error;
    inet_port_order(use, true);
    list_init(&tcp->accepted);
    list_init(&tcp->waiting);
    list_init(&tcp->deferred);
    tcp->accepted_count = 0;
    tcp->state = TCP_LISTEN;
    socket->listens = true;
    socket->maker = socket_identity_now(false);
    socket->read_shut = socket->write_shut = false;
    if (outside_config != NULL)
        tcp_outside_listen(tcp);
    return 0;
}

int tcp_accept(struct socket *socket, bool nonblocking, struct socket **out)
{
    struct tcp_socket *tcp = tcp_of(socket), *child;
    uint64_t deadline_ns = socket_deadline(socket->receive_timeout_ns);
    int error = 0;

    if (tcp->state != TCP_LISTEN)
        return -EINVAL;
    while (error == 0 && tcp->state == TCP_LISTEN && list_is_empty(&tcp->accepted))
        error = nonblocking ? -EAGAIN : socket_wait(socket, POLLIN, deadline_ns);
    if (error != 0)
        return error;
    if (tcp->state != TCP_LISTEN)
        return -EINVAL;
    child = container_of(tcp->accepted.next, struct tcp_socket, link);
    list_remove(&child->link);
    child->listener = NULL;
    tcp->accepted_count--;
    tcp_pending_add(-1);
    admit(tcp);
    *out = tcp_socket_of(child);
    return 0;
}
