/* SPDX-License-Identifier: Apache-2.0 */
/* datagram_room.h - room for packets to and from the outside (net/outside.h): what may be sent now, and what may come.
 */
#ifndef GK_NET_DATAGRAM_ROOM_H
#define GK_NET_DATAGRAM_ROOM_H

#include "net/datagram.h"

/* Bytes of what is free of SO_RCVBUF; with nothing in it there is always enough for the longest packet. */
uint64_t datagram_room_own(const struct datagram_socket *datagram);
/* Bytes that may be sent to the outside, and whether that is enough for POLLOUT. */
uint64_t datagram_room(const struct datagram_socket *datagram);
bool datagram_room_is_enough(const struct datagram_socket *datagram);
/* To one that has a socket of the host's: its program has taken packets, and there is room for more. */
void datagram_room_made(struct datagram_socket *datagram);

#endif
