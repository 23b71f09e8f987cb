/* SPDX-License-Identifier: Apache-2.0 */
/* socket_tuning.h - see socket_tuning.c. For net/socket_options.c and who tells of sockets. */
#ifndef GK_NET_SOCKET_TUNING_H
#define GK_NET_SOCKET_TUNING_H

#include "net/socket.h"

/* Linux's number of a socket, which no other has or gets: SO_COOKIE. */
uint64_t socket_cookie(struct socket *socket);
/* setsockopt(2) of at least four bytes. 0, -EINVAL, -EPERM; -ENOPROTOOPT: it is another option. */
int socket_tuning_set(struct socket *socket, int name, const void *value, uint32_t size);
/* getsockopt(2): *size is the room, and then what it has. 0, -EINVAL; -ENOPROTOOPT: it is another option. */
int socket_tuning_get(struct socket *socket, int name, void *value, uint32_t *size);
/* The program has set the size of the socket's buffer to receive, or to send: SO_BUF_LOCK tells. */
void socket_tuning_lock(struct socket *socket, bool receives);

#endif
