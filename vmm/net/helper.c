/* SPDX-License-Identifier: Apache-2.0 */
/* helper.c - see helper.h: whose turn it is to tell the guest something. */
#include "vmm/net/helper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "vmm/net/sockets.h"

#define TURNS 256u /* before descriptors are looked at again */

/* ---- turns ---- */

static struct net_socket *ring_take(struct net_helper *helper)
{
    struct net_socket *socket = helper->ring_first;

    helper->ring_first = socket->ring_next;
    if (helper->ring_first == NULL)
        helper->ring_last = NULL;
    socket->in_ring = false;
    return socket;
}

static void tell_names(struct net_socket *socket, uint8_t type, uint32_t value)
{
    const struct lvmm_net_names names = {net_name_of(&socket->local), net_name_of(&socket->peer)};
    struct lvmm_net_frame frame = {.value = value};

    net_tell(socket, type, &frame, &names, sizeof(names), NULL, 0);
}

/* One piece of news, in the order in which the guest has to have it. False: there is none. */
static bool tell_news(struct net_socket *socket)
{
    static const uint32_t order[] = {NEWS_CONNECTED, NEWS_ACCEPTED, NEWS_LISTENING, NEWS_BROKEN,
                                     NEWS_CREDIT,    NEWS_URGENT,   NEWS_INFO,      NEWS_ERROR};
    struct lvmm_net_frame frame = {.type = 0};
    struct lvmm_net_info info;
    uint32_t news = 0;

    for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]) && news == 0; i++)
        news = socket->news & order[i];
    socket->news &= ~news;
    switch (news) {
    case NEWS_CONNECTED:
        frame.error = socket->connect_error;
        net_tell(socket, LVMM_NET_CONNECTED, &frame, NULL, 0, NULL, 0);
        break;
    case NEWS_ACCEPTED:
        tell_names(socket, LVMM_NET_ACCEPTED, socket->listener->id);
        socket->listener = NULL;
        break;
    case NEWS_LISTENING:
        frame.value = socket->hosts;
        frame.error = socket->connect_error;
        net_tell(socket, LVMM_NET_LISTENING, &frame, NULL, 0, NULL, 0);
        break;
    case NEWS_CREDIT:
        net_tell(socket, LVMM_NET_CREDIT, &frame, NULL, 0, NULL, 0);
        break;
    case NEWS_BROKEN:
        frame.error = socket->send_error;
        net_tell(socket, LVMM_NET_BROKEN, &frame, NULL, 0, NULL, 0);
        break;
    case NEWS_URGENT:
        net_tell(socket, LVMM_NET_URGENT, &frame, NULL, 0, NULL, 0);
        break;
    case NEWS_INFO:
        net_info(socket, &info);
        net_tell(socket, LVMM_NET_INFO, &frame, &info, sizeof(info), NULL, 0);
        break;
    case NEWS_ERROR:
        frame.error = socket->error;
        net_tell(socket, LVMM_NET_ERROR, &frame, NULL, 0, NULL, 0);
        break;
    default:
        return false;
    }
    return true;
}

static void tell_closed(struct net_socket *socket)
{
    struct lvmm_net_frame frame = {.type = 0};

    net_tell(socket, LVMM_NET_CLOSED, &frame, NULL, 0, NULL, 0);
    net_socket_free(socket);
}

/* It tells one thing. True: it may have more. */
static bool turn(struct net_socket *socket, size_t room)
{
    if (socket->state == NET_CLOSING) {
        if (socket->news & NEWS_CLOSED)
            tell_closed(socket);
        return false;
    }
    if (tell_news(socket))
        return true;
    if (socket->state == NET_FAILED || socket->state == NET_RESERVED)
        return false;
    return socket->kind->turn(socket, room);
}

/* What is left of a datagram. */
static void tell_piece(struct net_helper *helper, size_t room)
{
    struct net_socket *socket = helper->pieces;
    struct lvmm_net_frame frame = {.type = 0};
    size_t most = room - sizeof(frame), left = helper->pieces_size - helper->pieces_at;
    size_t size = left < most ? left : most;
    const uint8_t *bytes = helper->buffer + helper->pieces_at;

    helper->pieces_at += (uint32_t)size;
    if (size < left)
        frame.flags = LVMM_NET_MORE;
    else
        helper->pieces = NULL;
    net_tell(socket, LVMM_NET_DATAGRAM, &frame, bytes, size, NULL, 0);
}

void net_helper_room(struct net_helper *helper)
{
    const struct net_link *link = &helper->link;

    for (unsigned i = 0; i < TURNS && (helper->pieces != NULL || helper->ring_first != NULL); i++) {
        size_t room = link->room(link->owner);

        if (room < LVMM_NET_BUFFER_MIN)
            return;
        if (helper->pieces != NULL) {
            tell_piece(helper, room);
            continue;
        }
        struct net_socket *socket = ring_take(helper);
        if (turn(socket, room))
            net_socket_stir(socket);
    }
}

bool net_helper_is_busy(const struct net_helper *helper)
{
    const struct net_link *link = &helper->link;

    if (helper->watches.more)
        return true;
    return (helper->ring_first != NULL || helper->pieces != NULL) && link->room(link->owner) >= LVMM_NET_BUFFER_MIN;
}

int net_helper_run(struct net_helper *helper, int timeout_ms)
{
    int error = net_watches_run(&helper->watches, net_helper_is_busy(helper) ? 0 : timeout_ms);

    net_helper_room(helper);
    return error;
}

/* ---- from the beginning to the end ---- */

static void answered(void *asker)
{
    net_socket_stir(asker);
}

static int add_ports(struct net_helper *helper)
{
    int error = 0;

    for (unsigned i = 0; i < helper->config.port_count && i < LVMM_NET_PUBLISHED_MAX && error == 0; i++) {
        struct net_port *port = &helper->port[i];

        *port = (struct net_port){.publish = &helper->config.ports[i], .helper = helper};
        helper->port_count++;
        port->watch.fd = -1;
        if (!port->publish->is_udp)
            continue; /* it listens when the guest does */
        port->watch = (struct net_watch){port->publish->fd, net_port_ready, port};
        if ((port->flows = calloc(NET_FLOWS, sizeof(*port->flows))) == NULL)
            error = -ENOMEM;
        else
            error = net_watches_add(&helper->watches, &port->watch);
    }
    return error;
}

int net_helper_create(const struct net_helper_config *config, const struct net_link *link, struct net_helper **out)
{
    struct net_helper *helper = calloc(1, sizeof(*helper));
    int error;

    if (helper == NULL)
        return -ENOMEM;
    helper->config = *config;
    helper->link = *link;
    helper->socket = calloc((size_t)config->sockets + 1, sizeof(helper->socket[0]));
    error = net_watches_init(&helper->watches);
    if (error == 0 && helper->socket == NULL)
        error = -ENOMEM;
    if (error == 0 && config->resolver != NULL)
        error = net_resolver_create(config->resolver, config->policy, config->log, &helper->watches, answered,
                                    &helper->resolver);
    if (error == 0)
        error = add_ports(helper);
    if (error < 0)
        net_helper_destroy(helper);
    else
        *out = helper;
    return error;
}

void net_helper_reset(struct net_helper *helper)
{
    helper->gather.socket = NULL;
    for (uint32_t id = 1; helper->socket != NULL && id <= helper->config.sockets; id++) {
        struct net_socket *socket = helper->socket[id];

        if (socket == NULL)
            continue;
        if (socket->is_stream && socket->watch.fd >= 0)
            net_stream_close(socket, true, false, 0);
        net_socket_free(socket);
    }
}

void net_helper_destroy(struct net_helper *helper)
{
    if (helper == NULL)
        return;
    net_helper_reset(helper);
    net_resolver_destroy(helper->resolver);
    for (unsigned i = 0; i < helper->port_count; i++)
        free(helper->port[i].flows);
    net_watches_fini(&helper->watches);
    free(helper->socket);
    free(helper);
}

int net_helper_fd(const struct net_helper *helper)
{
    return helper->watches.epoll;
}
