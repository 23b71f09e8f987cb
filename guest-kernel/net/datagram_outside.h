/* SPDX-License-Identifier: Apache-2.0 */
/* datagram_outside.h - packets of UDP and of ICMP's echo to and from the outside: a socket that sends there, or is
 * bound to a published port, has one of the host's (net/outside.h). */
#ifndef GK_NET_DATAGRAM_OUTSIDE_H
#define GK_NET_DATAGRAM_OUTSIDE_H

#include "net/datagram.h"

/* Where `to` is outside: waits until there is room for a packet of that size. 0; -EAGAIN, or as socket_wait. */
int datagram_outside_wait(struct datagram_socket *datagram, const struct inet_address *to, uint32_t size, bool waits);
/* Sends one there, and takes the reference. 0; -ENOMEM, -ENOBUFS, -ENETDOWN: it is lost. */
int datagram_outside_send(struct datagram_socket *from, struct datagram *datagram);
/* It is bound: where its port is published, what comes to that is its. Without memory it isn't. */
void datagram_outside_bind(struct datagram_socket *datagram);
/* It has a peer, or none any more: what comes from others is refused. Waits for the host's answer, if the peer is
 * outside. 0 or -errno. */
int datagram_outside_connect(struct datagram_socket *datagram);
/* connect(2) of one that has a port: checks and sets the peer, wherever it is. 0; or -errno, and it is as before. */
int datagram_outside_connect_to(struct datagram_socket *datagram, const struct socket_address *address);
/* For struct socket_ops: the host's socket has its options, too. */
void datagram_outside_tuned(struct socket *socket);
/* It goes. */
void datagram_outside_end(struct datagram_socket *datagram);

#endif
