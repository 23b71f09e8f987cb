/* SPDX-License-Identifier: Apache-2.0 */
/* listen.c - published ports of TCP: who connects there, and to which of the guest's sockets he comes. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "vmm/net/sockets.h"

#define ACCEPTS_A_TURN 64u

/* A connection that comes to the port may be for the socket, which listens. */
static bool listens_at(const struct net_socket *socket, const struct net_port *port)
{
    return !port->publish->is_udp && socket->local.port == port->publish->guest_port && net_port_fits(port, socket);
}

/* ---- numbers for connections that may come ---- */

void net_accept(struct net_socket *listener, uint32_t id, uint64_t credit)
{
    struct net_helper *helper = listener->helper;
    struct net_socket *socket = net_socket_make(helper, id, &net_kind_stream, listener->family, listener->protocol),
                      **at;

    if (socket == NULL)
        return;
    socket->state = NET_RESERVED;
    socket->guest_credit = credit;
    socket->listener = listener;
    for (at = &listener->reserved; *at != NULL; at = &(*at)->reserved_next)
        ;
    *at = socket;
    listener->reserved_count++;
    for (unsigned i = 0; i < helper->port_count; i++) {
        if (helper->port[i].readable && listens_at(listener, &helper->port[i]))
            net_port_accept(&helper->port[i]);
    }
}

static struct net_socket *take_reserved(struct net_socket *listener)
{
    struct net_socket *socket = listener->reserved;

    listener->reserved = socket->reserved_next;
    listener->reserved_count--;
    return socket;
}

/* ---- connections ---- */

/* Who listens there and has room: each in turn, as those of SO_REUSEPORT are. Where one of the port's own family does,
 * the others have no turn. */
static struct net_socket *choose(const struct net_port *port)
{
    int family = net_address_is_v4(&port->publish->host.address) ? AF_INET : AF_INET6;
    struct net_socket *best = NULL;
    bool has_own = false;

    for (struct net_socket *socket = port->helper->listeners; socket != NULL; socket = socket->listener_next) {
        bool is_own = socket->family == family;

        if (!listens_at(socket, port))
            continue;
        if (is_own && !has_own)
            best = NULL;
        has_own = has_own || is_own;
        if (is_own == has_own && socket->reserved != NULL &&
            (best == NULL || socket->id - port->turn - 1 < best->id - port->turn - 1)) /* from the last one on */
            best = socket;
    }
    return best;
}

/* Where the guest believes it to have come in: its own address and port are the guest's to know. */
static void take_connection(struct net_port *port, struct net_socket *listener, int fd,
                            const struct sockaddr_storage *from)
{
    struct net_socket *socket = take_reserved(listener);

    port->turn = listener->id;
    socket->state = NET_CONNECTED;
    socket->readable = socket->writable = true;
    net_endpoint_take(from, &socket->peer);
    net_log_peer(port->helper->config.log, NET_LOG_ACCEPTED, IPPROTO_TCP, &socket->peer);
    net_to_guest(port->helper, &socket->peer);
    socket->local.port = port->publish->guest_port;
    socket->news |= NEWS_ACCEPTED;
    if (net_stream_take(socket, fd) < 0) {
        net_socket_fail(socket, ENOMEM);
        socket->news |= NEWS_ACCEPTED;
    }
    net_options_copy(socket, listener);
    net_socket_stir(socket);
}

void net_port_accept(struct net_port *port)
{
    for (unsigned i = 0; i < ACCEPTS_A_TURN && port->readable && port->watch.fd >= 0; i++) {
        struct net_socket *listener = choose(port);
        struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
        socklen_t size = sizeof(from);

        if (listener == NULL)
            return;
        int fd = accept4(port->watch.fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            take_connection(port, listener, fd, &from);
        else if (errno == EAGAIN)
            port->readable = false;
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            return; /* until there is another number, or another connection */
    }
}

void net_port_ready(void *owner, uint32_t events)
{
    struct net_port *port = owner;

    if ((events & (EPOLLIN | EPOLLERR)) != 0)
        port->readable = true;
    if (!port->publish->is_udp)
        net_port_accept(port);
    else if (port->owner != NULL)
        net_socket_stir(port->owner);
}

/* ---- sockets that listen ---- */

static int begin(struct net_port *port)
{
    if (port->watch.fd >= 0)
        return 0; /* another one does already */
    int fd = net_publish_listen(port->publish), error;
    if (fd < 0)
        return fd;
    port->watch = (struct net_watch){fd, net_port_ready, port};
    error = net_watches_add(&port->helper->watches, &port->watch);
    if (error < 0)
        net_watches_close(&port->watch);
    return error;
}

/* Some socket listens there, even if it couldn't at first. */
static bool is_used(const struct net_port *port)
{
    for (const struct net_socket *socket = port->helper->listeners; socket != NULL; socket = socket->listener_next)
        if (listens_at(socket, port))
            return true;
    return false;
}

void net_listen(struct net_socket *socket, uint32_t backlog)
{
    struct net_helper *helper = socket->helper;
    int error = 0;

    (void)backlog; /* how many numbers it gives is what counts */
    if (socket->state == NET_OPENED) {
        net_watches_close(&socket->watch); /* its connections come from the port's */
        socket->hosts = 0;
        for (unsigned i = 0; i < helper->port_count; i++) {
            struct net_port *port = &helper->port[i];

            if (!listens_at(socket, port))
                continue;
            int failed = begin(port);
            error = failed < 0 ? failed : error;
            socket->hosts += failed == 0;
        }
        socket->state = NET_LISTENING;
        socket->kind = &net_kind_listener;
        socket->listener_next = helper->listeners;
        helper->listeners = socket;
    }
    socket->connect_error = (uint16_t)(socket->hosts == 0 ? -error : 0);
    socket->news |= NEWS_LISTENING;
}

/* Those that the guest doesn't know of yet, too. */
static void release_accepted(const struct net_socket *listener)
{
    struct net_helper *helper = listener->helper;

    for (uint32_t id = 1; id <= helper->config.sockets; id++) {
        struct net_socket *socket = helper->socket[id];

        if (socket == NULL || socket->listener != listener)
            continue;
        if (socket->watch.fd >= 0)
            net_stream_close(socket, true, false, 0);
        net_socket_free(socket);
    }
}

static void listener_release(struct net_socket *socket)
{
    struct net_helper *helper = socket->helper;
    struct net_socket **at = &helper->listeners;

    socket->kind = &net_kind_stream; /* this is done once */
    while (*at != socket)
        at = &(*at)->listener_next;
    *at = socket->listener_next;
    socket->reserved = NULL;
    socket->reserved_count = 0;
    release_accepted(socket);
    for (unsigned i = 0; i < helper->port_count; i++) {
        struct net_port *port = &helper->port[i];

        if (port->watch.fd >= 0 && listens_at(socket, port) && !is_used(port))
            net_watches_close(&port->watch);
    }
}

static void listener_events(struct net_socket *socket, uint32_t events)
{
    (void)socket, (void)events; /* it has no socket of the host's */
}

static bool listener_turn(struct net_socket *socket, size_t room)
{
    (void)socket, (void)room;
    return false;
}

const struct net_kind net_kind_listener = {LVMM_NET_STREAM_CREDIT, listener_events, listener_turn, listener_release};
