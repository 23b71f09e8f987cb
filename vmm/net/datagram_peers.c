/* SPDX-License-Identifier: Apache-2.0 */
/* datagram_peers.c - see datagram_peers.h. */
#include "vmm/net/datagram_peers.h"

#include <stdlib.h>
#include <string.h>

bool net_datagram_knows(const struct net_socket *socket, const struct net_endpoint *peer)
{
    const struct net_peers *peers = socket->peers;

    for (unsigned i = 0; peers != NULL && i < peers->count; i++)
        if (net_endpoint_equal(&peers->peer[i], peer))
            return true;
    return false;
}

bool net_datagram_learn(struct net_socket *socket, const struct net_endpoint *peer)
{
    struct net_peers *peers = socket->peers;

    if (peers == NULL)
        peers = socket->peers = calloc(1, sizeof(*peers));
    if (peers == NULL)
        return false;
    peers->peer[peers->next] = *peer;
    peers->next = (peers->next + 1) % NET_PEERS;
    peers->count += peers->count < NET_PEERS;
    return true;
}

void net_datagram_trouble(struct net_socket *socket, int error)
{
    socket->error = (uint16_t)error;
    socket->news |= NEWS_ERROR;
    net_socket_stir(socket);
}

static struct net_flow *set_of(const struct net_port *port, const struct net_endpoint *shown)
{
    uint32_t hash = shown->port;

    for (unsigned i = 0; i < sizeof(shown->address.bytes); i++)
        hash = hash * 31 + shown->address.bytes[i];
    return &port->flows[(hash ^ hash >> 16) % (NET_FLOWS / NET_FLOW_WAYS) * NET_FLOW_WAYS];
}

static void move_to_front(struct net_flow *set, unsigned at)
{
    struct net_flow flow = set[at];

    memmove(set + 1, set, at * sizeof(*set));
    set[0] = flow;
}

const struct net_flow *net_flow_find(const struct net_port *port, const struct net_endpoint *shown)
{
    struct net_flow *set = set_of(port, shown);

    for (unsigned i = 0; i < NET_FLOW_WAYS; i++) {
        if (!net_endpoint_equal(&set[i].shown, shown))
            continue;
        move_to_front(set, i);
        return set;
    }
    return NULL;
}

void net_flow_remember(const struct net_port *port, const struct net_endpoint *shown, const struct net_endpoint *actual)
{
    struct net_flow *set = set_of(port, shown);

    if (net_flow_find(port, shown) == NULL)
        move_to_front(set, NET_FLOW_WAYS - 1);
    set[0] = (struct net_flow){*shown, *actual};
}
