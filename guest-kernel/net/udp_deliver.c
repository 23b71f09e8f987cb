/* SPDX-License-Identifier: Apache-2.0 */
/* udp_deliver.c - who gets a packet of UDP: the socket that it fits best, or for groups and broadcasts each that it
 * fits. */
#include "abi/errno.h"
#include "abi/inet.h"
#include "abi/socket.h"
#include "lib/string.h"
#include "net/datagram_outside.h"
#include "net/inet_counts.h"
#include "net/inet_group.h"
#include "net/inet_port.h"
#include "net/socket_filter.h"
#include "net/udp.h"

#define CONNECTED_FITS 8u /* one with that peer is before all that have none */

static struct datagram_socket *socket_of_use(struct inet_use *use)
{
    return (struct datagram_socket *)(void *)use->socket;
}

/* How well; 0: it isn't for it. */
static unsigned fits(struct inet_use *use, const struct datagram *datagram)
{
    const struct datagram_socket *socket = socket_of_use(use);
    unsigned how = inet_port_fits(use, &datagram->to);

    if (how == 0 || !socket->is_connected)
        return how;
    if (use->peer.port != datagram->from.port || !inet_same(&use->peer, &datagram->from))
        return 0;
    return how + CONNECTED_FITS;
}

static unsigned spread(const struct datagram *datagram)
{
    return (datagram->from.words[3] ^ (uint32_t)datagram->from.port * 0x9e3779b1u) >> 8;
}

static struct datagram_socket *find(const struct inet_port *port, const struct datagram *datagram)
{
    struct datagram_socket *found = NULL;
    unsigned best = 0, alike = 0;

    for_each_use(use, port)
    {
        unsigned how = fits(use, datagram);

        if (how == 0 || how < best)
            continue;
        alike = how == best ? alike + 1 : 1;
        /* Of several that fit alike, those of SO_REUSEPORT share what comes; else the last one has it. */
        if (alike == 1 || !use->socket->socket.reuse_port || spread(datagram) % alike == 0)
            found = socket_of_use(use);
        best = how;
    }
    return found;
}

static struct datagram *copy_of(const struct datagram *datagram)
{
    struct datagram *copy = datagram_create(datagram->size);

    if (copy == NULL)
        return NULL;
    memcpy(copy->bytes, datagram->bytes, datagram->size);
    copy->from = datagram->from;
    copy->to = datagram->to;
    copy->ttl = datagram->ttl;
    copy->tos = datagram->tos;
    return copy;
}

/* Each gets one of its own. */
static void deliver_to_all(const struct inet_port *port, struct datagram *datagram)
{
    bool multicast = inet_is_multicast(&datagram->to);
    uint32_t steps = 0;

    if (multicast && !inet_group_has_members(&datagram->to, &datagram->from))
        return;
    for_each_use(use, port)
    {
        struct datagram *copy;
        bool is_for = fits(use, datagram) != 0;

        if (multicast)
            is_for = is_for && inet_group_receives(use->socket, &datagram->to, &datagram->from);
        if (is_for && !socket_filter_affords(&use->socket->socket, &steps)) {
            socket_of_use(use)->dropped++;
            is_for = false;
        }
        copy = is_for ? copy_of(datagram) : NULL;
        if (copy != NULL)
            (void)datagram_deliver(socket_of_use(use), copy);
    }
}

/* UDP-Lite has numbers of its own. */
static bool is_counted(const struct datagram_socket *sender, const struct datagram *datagram)
{
    return sender->inet.socket.protocol == IPPROTO_UDP && inet_is_v4(&datagram->to);
}

void udp_deliver(struct datagram_socket *sender, struct datagram *datagram)
{
    /* The sender may have no port any more: the packet was held back, or its bytes were waited for. */
    const struct inet_table *table = sender->inet.socket.protocol == IPPROTO_UDP ? &udp_table : &udplite_table;
    const struct inet_port *port = inet_port_find(table, datagram->to.port);
    struct datagram_socket *found;

    inet_counts.out_datagrams += is_counted(sender, datagram);
    if (inet_is_outside(&datagram->to)) {
        (void)datagram_outside_send(sender, datagram);
        return;
    }
    if (inet_is_multicast(&datagram->to) || inet_is_broadcast(&datagram->to)) {
        if (port != NULL)
            deliver_to_all(port, datagram);
        datagram_put(datagram);
        return;
    }
    found = port != NULL ? find(port, datagram) : NULL;
    if (found != NULL) {
        (void)datagram_deliver(found, datagram);
        return;
    }
    inet_counts.no_ports += is_counted(sender, datagram);
    datagram_refused(sender, datagram, -ECONNREFUSED);
    datagram_put(datagram);
}
