/* SPDX-License-Identifier: Apache-2.0 */
/* sockets.c - what all of the helper's sockets have in common: see sockets.h. */
#include "vmm/net/sockets.h"

#include <stdlib.h>
#include <string.h>

/* ---- the ring ---- */

void net_socket_stir(struct net_socket *socket)
{
    struct net_helper *helper = socket->helper;

    if (socket->in_ring)
        return;
    socket->in_ring = true;
    socket->ring_next = NULL;
    if (helper->ring_last != NULL)
        helper->ring_last->ring_next = socket;
    else
        helper->ring_first = socket;
    helper->ring_last = socket;
}

static void ring_remove(struct net_socket *socket)
{
    struct net_helper *helper = socket->helper;
    struct net_socket **at = &helper->ring_first, *last = NULL;

    if (!socket->in_ring)
        return;
    while (*at != socket) {
        last = *at;
        at = &(*at)->ring_next;
    }
    *at = socket->ring_next;
    if (helper->ring_last == socket)
        helper->ring_last = last;
    socket->in_ring = false;
}

/* ---- sockets ---- */

struct net_socket *net_socket_make(struct net_helper *helper, uint32_t id, const struct net_kind *kind, int family,
                                   int protocol)
{
    struct net_socket *socket = calloc(1, sizeof(*socket));

    if (socket == NULL)
        return NULL;
    socket->helper = helper;
    socket->id = id;
    socket->kind = kind;
    socket->is_stream = kind->window == LVMM_NET_STREAM_CREDIT;
    socket->family = family;
    socket->protocol = protocol;
    socket->state = NET_OPENED;
    socket->watch.fd = -1;
    socket->out_end = &socket->out;
    socket->window = kind->window;
    socket->credit = socket->credit_told = socket->window;
    helper->socket[id] = socket;
    return socket;
}

static void release(struct net_socket *socket)
{
    struct net_helper *helper = socket->helper;

    socket->kind->release(socket);
    net_watches_close(&socket->watch);
    net_timer_clear(&helper->watches, &socket->timer);
}

void net_socket_free(struct net_socket *socket)
{
    struct net_helper *helper = socket->helper;

    release(socket);
    ring_remove(socket);
    helper->socket[socket->id] = NULL;
    net_watches_bury(&helper->watches, &socket->grave);
}

void net_socket_fail(struct net_socket *socket, int error)
{
    if (socket->state == NET_FAILED || socket->state == NET_CLOSING)
        return;
    release(socket);
    socket->state = NET_FAILED;
    socket->error = (uint16_t)error;
    socket->news = NEWS_ERROR;
    net_socket_stir(socket);
}

static void socket_ready(void *owner, uint32_t events)
{
    struct net_socket *socket = owner;

    socket->kind->events(socket, events);
    net_socket_stir(socket);
}

int net_socket_take(struct net_socket *socket, int fd)
{
    int error;

    socket->watch = (struct net_watch){fd, socket_ready, socket};
    error = net_watches_add(&socket->helper->watches, &socket->watch);
    if (error < 0)
        net_watches_close(&socket->watch);
    return error;
}

/* ---- addresses ---- */

bool net_name_take(const struct lvmm_net_name *name, struct net_endpoint *out)
{
    memcpy(out->address.bytes, name->address, sizeof(out->address.bytes));
    out->port = name->port;
    return name->reserved == 0 && name->scope == 0;
}

struct lvmm_net_name net_name_of(const struct net_endpoint *endpoint)
{
    struct lvmm_net_name name = {.port = endpoint->port};

    memcpy(name.address, endpoint->address.bytes, sizeof(name.address));
    return name;
}

void net_to_guest(const struct net_helper *helper, struct net_endpoint *endpoint)
{
    if (net_address_is_loopback(&endpoint->address))
        endpoint->address = net_address_is_v4(&endpoint->address) ? helper->config.gateway4 : helper->config.gateway6;
}

void net_from_guest(const struct net_helper *helper, struct net_endpoint *endpoint)
{
    if (net_address_is_any(&endpoint->address))
        return; /* as a gateway that there isn't would be */
    if (net_address_equal(&endpoint->address, &helper->config.gateway4))
        endpoint->address = net_address_v4(INADDR_LOOPBACK);
    else if (net_address_equal(&endpoint->address, &helper->config.gateway6))
        endpoint->address = (struct net_address){{[15] = 1}};
}

bool net_port_fits(const struct net_port *port, const struct net_socket *socket)
{
    const struct net_address *local = &socket->local.address;
    bool is_mapped = net_address_is_v4(local);

    if (!net_address_is_v4(&port->publish->host.address))
        return socket->family == AF_INET6 && !is_mapped;
    return socket->family == AF_INET || is_mapped || (!socket->only_v6 && net_address_is_any(local));
}

bool net_is_dns(const struct net_helper *helper, const struct net_endpoint *to)
{
    return to->port == 53 && net_address_equal(&to->address, &helper->config.dns4);
}

/* This host's own addresses count as such where they are in an address of IPv6, too. */
static bool allows(const struct net_policy *policy, const struct net_endpoint *to)
{
    return net_policy_allows(policy, to, policy->mode != NET_ALL && net_address_is_own(&to->address));
}

bool net_may_reach(struct net_helper *helper, int protocol, const struct net_endpoint *to)
{
    const struct net_policy *policy = helper->config.policy;
    const struct net_endpoint where = {to->address, protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ? to->port : 0};
    struct net_endpoint inner = {.port = where.port};
    bool allowed =
        allows(policy, &where) && (!net_address_embedded(&to->address, &inner.address) || allows(policy, &inner));

    net_log_peer(helper->config.log, allowed ? NET_LOG_ALLOWED : NET_LOG_DENIED, protocol, &where);
    return allowed;
}

/* ---- frames to the guest ---- */

/* With what every frame has, which is told by that. */
static void fill_head(struct net_socket *socket, uint8_t type, struct lvmm_net_frame *frame, size_t size)
{
    frame->type = type;
    frame->socket = socket->id;
    frame->size = (uint32_t)size;
    frame->credit = socket->credit;
    socket->credit_told = socket->credit;
    socket->news &= ~(uint32_t)NEWS_CREDIT;
}

void net_tell_placed(struct net_socket *socket, uint8_t type, struct lvmm_net_frame *frame, size_t size)
{
    const struct net_link *link = &socket->helper->link;

    fill_head(socket, type, frame, size);
    link->send_placed(link->owner, frame);
}

void net_tell(struct net_socket *socket, uint8_t type, struct lvmm_net_frame *frame, const void *first,
              size_t first_size, const void *rest, size_t rest_size)
{
    const struct net_link *link = &socket->helper->link;

    fill_head(socket, type, frame, first_size + rest_size);
    link->send(link->owner, frame, first, first_size, rest);
}
