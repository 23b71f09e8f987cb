/* SPDX-License-Identifier: Apache-2.0 */
/* datagram_peers.c - see datagram_peers.h. */
#include "vmm/net/datagram_peers.h"

#include <stdlib.h>

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

struct net_flow *net_flow_of(const struct net_port *port, const struct net_endpoint *shown)
{
    uint32_t hash = shown->port;

    for (unsigned i = 0; i < sizeof(shown->address.bytes); i++)
        hash = hash * 31 + shown->address.bytes[i];
    return &port->flows[(hash ^ hash >> 16) % NET_FLOWS];
}
