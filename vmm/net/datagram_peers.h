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
/* The sender who is shown to the guest like that, used last from now on. NULL: nobody is known; otherwise good until
 * the next call. */
const struct net_flow *net_flow_find(const struct net_port *port, const struct net_endpoint *shown);
/* He has sent something: remembers him, in place of who wasn't used for longest of those that could be there. */
void net_flow_remember(const struct net_port *port, const struct net_endpoint *shown,
                       const struct net_endpoint *actual);

#endif
