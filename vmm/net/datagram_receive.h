/* SPDX-License-Identifier: Apache-2.0 */
/* datagram_receive.h - datagrams, and the network's errors, on their way to the guest. */
#ifndef LVMM_NET_DATAGRAM_RECEIVE_H
#define LVMM_NET_DATAGRAM_RECEIVE_H

#include "vmm/net/sockets.h"

/* Tells one of them, or one of the resolver's answers. True: there may be more. */
bool net_datagram_turn(struct net_socket *socket, size_t room);

#endif
