/* SPDX-License-Identifier: Apache-2.0 */
/* socket_time.h - when a packet has come, as ancillary data tells it (socket(7), SO_TIMESTAMP and its like). */
#ifndef GK_NET_SOCKET_TIME_H
#define GK_NET_SOCKET_TIME_H

#include "net/socket.h"

/* SO_TIMESTAMP or SO_TIMESTAMPNS, if the socket has one of them. */
void socket_time_add(const struct socket *socket, struct message *message, uint64_t time_ns);
/* SO_TIMESTAMPING, if it asks for such a time. time_ns 0: nobody has looked at the clock, and it isn't told. */
void socket_stamps_add(const struct socket *socket, struct message *message, uint64_t time_ns);

#endif
