/* SPDX-License-Identifier: Apache-2.0 */
/* datagram_peers.h - whom a socket of datagrams, or a published port, has heard of. */
#ifndef LVMM_NET_DATAGRAM_PEERS_H
#define LVMM_NET_DATAGRAM_PEERS_H

#include "vmm/net/sockets.h"

/* Has the guest sent to it? */
bool net_datagram_knows(const struct net_socket *socket, const struct net_endpoint *peer);
/* It has, from now on. False: there is no memory. */
bool net_datagram_learn(struct net_socket *socket, const struct net_endpoint *peer);
/* ERROR is to be told, in place of one that wasn't yet. */
void net_datagram_trouble(struct net_socket *socket, int error);
/* The place of who is shown to the guest like that: he may not be there, but another one. */
struct net_flow *net_flow_of(const struct net_port *port, const struct net_endpoint *shown);

#endif
