/* SPDX-License-Identifier: Apache-2.0 */
/*
 * datagram.c - sockets of UDP and of ICMP's echo. What is sent from one that is bound to a published port to somebody
 * who has sent to it first leaves by that port; all else leaves by a socket of its own, which lets nobody in but whom
 * the guest has sent to.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "vmm/net/datagram_peers.h"
#include "vmm/net/datagram_receive.h"
#include "vmm/net/sockets.h"

#define SEND_TRIES 3u

static void set(int fd, int level, int name)
{
    const int one = 1;

    setsockopt(fd, level, name, &one, sizeof(one));
}

int net_datagram_open(struct net_socket *datagram)
{
    const int zero = 0;
    int fd = socket(datagram->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, datagram->protocol);

    if (fd < 0)
        return -errno;
    set(fd, IPPROTO_IP, IP_RECVERR);
    set(fd, IPPROTO_IP, IP_RECVTTL);
    set(fd, IPPROTO_IP, IP_RECVTOS);
    if (datagram->family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
        set(fd, IPPROTO_IPV6, IPV6_RECVERR);
        set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT);
        set(fd, IPPROTO_IPV6, IPV6_RECVTCLASS);
    }
    datagram->writable = true;
    return net_socket_take(datagram, fd);
}

/* ---- published ports ---- */

static bool is_ports(const struct net_socket *socket, const struct net_port *port)
{
    return port->publish->is_udp && port->owner == socket;
}

void net_datagram_bind(struct net_socket *socket, const struct net_endpoint *local)
{
    struct net_helper *helper = socket->helper;

    socket->local = *local;
    for (unsigned i = 0; i < helper->port_count && socket->protocol == IPPROTO_UDP; i++) {
        struct net_port *port = &helper->port[i];

        if (!port->publish->is_udp || port->publish->guest_port != local->port || port->owner != NULL ||
            !net_port_fits(port, socket))
            continue;
        port->owner = socket;
        port->readable = true;
    }
}

/* Another socket that is bound there has it now. */
static void hand_on(struct net_port *port)
{
    const struct net_helper *helper = port->helper;

    for (uint32_t id = 1; id <= helper->config.sockets && port->owner == NULL; id++) {
        struct net_socket *socket = helper->socket[id];

        if (socket == NULL || socket->is_stream || socket->state != NET_OPENED || socket->protocol != IPPROTO_UDP ||
            socket->local.port != port->publish->guest_port || !net_port_fits(port, socket))
            continue;
        port->owner = socket;
        net_socket_stir(socket);
    }
}

static void datagram_release(struct net_socket *socket)
{
    struct net_helper *helper = socket->helper;

    net_chunks_clear(socket);
    if (helper->pieces == socket)
        helper->pieces = NULL;
    socket->local.port = 0;
    free(socket->peers);
    socket->peers = NULL;
    if (helper->resolver != NULL)
        net_resolver_forget(helper->resolver, socket);
    for (unsigned i = 0; i < helper->port_count; i++) {
        struct net_port *port = &helper->port[i];

        if (!is_ports(socket, port))
            continue;
        port->owner = NULL;
        hand_on(port);
    }
}

/* May it send there? Asked of the policy at the first time. */
static bool may_send(struct net_socket *socket, const struct net_endpoint *to)
{
    return net_datagram_knows(socket, to) ||
           (net_may_reach(socket->helper, socket->protocol, to) && net_datagram_learn(socket, to));
}

/* ---- to the host ---- */

/* What of the message isn't its socket's, as ancillary data for a destination of that kind. */
static void add_number(struct msghdr *message, int level, int type, int number)
{
    struct cmsghdr *head = (struct cmsghdr *)((uint8_t *)message->msg_control + message->msg_controllen);

    head->cmsg_len = CMSG_LEN(sizeof(number));
    head->cmsg_level = level;
    head->cmsg_type = type;
    memcpy(CMSG_DATA(head), &number, sizeof(number));
    message->msg_controllen += CMSG_SPACE(sizeof(number));
}

static void add_given(struct msghdr *message, const struct net_way *way)
{
    bool v4 = net_address_is_v4(&way->to.address);
    int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;

    if ((way->given & LVMM_NET_GIVEN_TTL) != 0)
        add_number(message, level, v4 ? IP_TTL : IPV6_HOPLIMIT, way->ttl);
    if ((way->given & LVMM_NET_GIVEN_TOS) != 0)
        add_number(message, level, v4 ? IP_TOS : IPV6_TCLASS, way->tos);
    if (message->msg_controllen == 0)
        message->msg_control = NULL;
}

/* 0; -EAGAIN: later; or -errno. An error of an earlier one is told by the queue of errors: this one is tried again. */
static int send_now(int fd, int family, const struct net_way *way, const void *bytes, size_t size)
{
    union {
        struct cmsghdr head;
        uint8_t room[2 * CMSG_SPACE(sizeof(int))];
    } control = {.room = {0}};
    struct sockaddr_storage name;
    struct iovec part = {(void *)(uintptr_t)bytes, size};
    struct msghdr message = {.msg_name = &name,
                             .msg_namelen = net_endpoint_sockaddr(&way->to, family, &name),
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control};
    ssize_t n = -1;

    if (message.msg_namelen == 0)
        return -EAFNOSUPPORT;
    add_given(&message, way);
    errno = 0;
    for (unsigned i = 0; i < SEND_TRIES && n < 0; i++) {
        n = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EMSGSIZE || errno == EACCES))
            break;
    }
    return n < 0 ? -errno : 0;
}

/* By the published port that he has sent to. False: he hasn't. */
static bool send_back(struct net_socket *socket, const struct net_way *way, const void *bytes, size_t size)
{
    struct net_helper *helper = socket->helper;

    for (unsigned i = 0; i < helper->port_count; i++) {
        struct net_port *port = &helper->port[i];
        const struct net_flow *flow = is_ports(socket, port) ? net_flow_find(port, &way->to) : NULL;
        struct net_way back = *way;

        if (flow == NULL)
            continue;
        back.to = flow->actual;
        int family = net_address_is_v4(&port->publish->host.address) ? AF_INET : AF_INET6;
        int error = send_now(port->watch.fd, family, &back, bytes, size);
        if (error < 0 && error != -EAGAIN)
            net_datagram_trouble(socket, -error);
        return true;
    }
    return false;
}

/* By its own. False: there is no room now. */
static bool send_out(struct net_socket *socket, const struct net_way *way, const void *bytes, size_t size)
{
    int error = send_now(socket->watch.fd, socket->family, way, bytes, size);

    socket->writable = error != -EAGAIN;
    if (error < 0 && error != -EAGAIN)
        net_datagram_trouble(socket, -error);
    return socket->writable;
}

static void send_to(struct net_socket *socket, struct net_way way, const uint8_t *bytes, size_t size)
{
    const size_t cost = size + sizeof(struct lvmm_net_datagram);

    if (socket->protocol != IPPROTO_UDP)
        way.to.port = 0;
    if (net_is_dns(socket->helper, &way.to) && socket->protocol == IPPROTO_UDP) {
        if (socket->helper->resolver != NULL)
            net_resolver_ask(socket->helper->resolver, socket, bytes, size);
        else
            net_datagram_trouble(socket, ECONNREFUSED);
    } else if (!send_back(socket, &way, bytes, size)) {
        net_from_guest(socket->helper, &way.to);
        if (!may_send(socket, &way.to)) {
            net_datagram_trouble(socket, EACCES);
        } else if (socket->out != NULL || !send_out(socket, &way, bytes, size)) {
            if (net_chunk_add(socket, bytes, size, false, &way))
                return; /* its room is free when it is sent */
        }
    }
    net_credit_give(socket, cost);
}

void net_datagram_send(struct net_socket *socket, const struct net_way *way, const uint8_t *bytes, size_t size)
{
    const struct net_endpoint none = {.port = 0};
    struct net_way whole = *way;

    if (net_endpoint_equal(&whole.to, &none))
        whole.to = socket->peer;
    if (net_endpoint_equal(&whole.to, &none)) {
        net_datagram_trouble(socket, EDESTADDRREQ);
        net_credit_give(socket, size + sizeof(struct lvmm_net_datagram));
        return;
    }
    send_to(socket, whole, bytes, size);
}

static void send_chunks(struct net_socket *socket)
{
    while (socket->out != NULL && socket->writable) {
        const struct net_chunk *chunk = socket->out;
        size_t cost = chunk->size + sizeof(struct lvmm_net_datagram);

        if (!send_out(socket, &chunk->way, chunk->bytes, chunk->size))
            break;
        net_chunk_drop(socket);
        net_credit_give(socket, cost);
    }
}

/* ---- connect ---- */

/* The host's socket is connected as well, as then errors of it are told that it wouldn't have otherwise. */
static int connect_host(struct net_socket *socket, const struct net_endpoint *to)
{
    struct sockaddr_storage name = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof(name);

    if (to != NULL)
        size = net_endpoint_sockaddr(to, socket->family, &name);
    if (size == 0)
        return EAFNOSUPPORT;
    return connect(socket->watch.fd, (struct sockaddr *)&name, size) < 0 ? errno : 0;
}

static bool has_flow(const struct net_socket *socket, const struct net_endpoint *to)
{
    const struct net_helper *helper = socket->helper;

    for (unsigned i = 0; i < helper->port_count; i++) {
        const struct net_port *port = &helper->port[i];

        if (is_ports(socket, port) && net_flow_find(port, to) != NULL)
            return true;
    }
    return false;
}

void net_datagram_connect(struct net_socket *socket, const struct net_endpoint *to)
{
    const struct net_endpoint none = {.port = 0};
    struct net_endpoint where = *to;
    int error = 0;

    net_from_guest(socket->helper, &where);
    if (net_endpoint_equal(to, &none) || net_is_dns(socket->helper, to) || has_flow(socket, to))
        connect_host(socket, NULL);
    else if (!may_send(socket, &where))
        error = EACCES;
    else
        error = connect_host(socket, &where);
    if (error == 0)
        socket->peer = *to;
    socket->connect_error = (uint16_t)error;
    socket->news |= NEWS_CONNECTED;
}

static void datagram_events(struct net_socket *socket, uint32_t events)
{
    if (socket->state != NET_OPENED)
        return;
    if ((events & EPOLLIN) != 0)
        socket->readable = true;
    if ((events & EPOLLERR) != 0)
        socket->has_errors = true;
    if ((events & EPOLLOUT) != 0) {
        socket->writable = true;
        send_chunks(socket);
    }
}

const struct net_kind net_kind_datagram = {LVMM_NET_DATAGRAM_CREDIT, datagram_events, net_datagram_turn,
                                           datagram_release};
