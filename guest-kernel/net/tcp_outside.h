/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_outside.h - TCP's connections whose peers are outside: the host has a socket for each (net/outside.h). None of
 * these waits. */
#ifndef GK_NET_TCP_OUTSIDE_H
#define GK_NET_TCP_OUTSIDE_H

#include "net/tcp.h"

struct outside_ops;

/* ---- tcp_outside_connect.c ---- */

/* What a connection does with frames that come. */
extern const struct outside_ops tcp_outside_ops;
/* A socket in TCP_SYN_SENT, with both addresses: the host connects, and its answer is the socket's. 0 or -errno. */
int tcp_outside_connect(struct tcp_socket *tcp);
/* ---- tcp_outside_listen.c ---- */

/* It listens, with its backlog: where its port is published, what comes to that is its as well. Without memory it
 * isn't. Also again, with another backlog. */
void tcp_outside_listen(struct tcp_socket *tcp);
/* There may be room for more that come to it. */
void tcp_outside_admit(struct tcp_socket *listener);

/* ---- tcp_outside.c ---- */

/* The kind that OPEN names. */
uint32_t tcp_outside_kind(const struct tcp_socket *tcp);
/* As tcp_transport_put and tcp_transport_add: 0, or -ENOMEM. */
int tcp_outside_put(struct tcp_socket *tcp, const void *bytes, size_t size, int flags);
int tcp_outside_add(struct tcp_socket *tcp, struct stream_piece *piece, uint64_t size, int flags);
/* Its program has read: the host may send more. */
void tcp_outside_took(struct tcp_socket *tcp);
/* As tcp_room and tcp_is_writable. */
uint64_t tcp_outside_room(const struct tcp_socket *tcp);
bool tcp_outside_is_writable(const struct tcp_socket *tcp);
/* There may be room for who waits for it. */
void tcp_outside_room_made(struct tcp_socket *tcp);

/* The host's socket is closed, with flags of LVMM_NET_CLOSE, and tcp->outside is NULL. */
void tcp_outside_close(struct tcp_socket *tcp, uint8_t flags);

#endif
