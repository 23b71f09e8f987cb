/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcp_transport.h - how bytes come from one end of a connection to the other. Both ends are in the VM, so they are
 * moved to the other one's stream; those for a peer outside are given to who carries them there (tcp_outside.h).
 */
#ifndef GK_NET_TCP_TRANSPORT_H
#define GK_NET_TCP_TRANSPORT_H

#include "net/tcp.h"

/* Bytes for the other end, at most STREAM_SMALL of them: `size`, or -errno if it can't take any. What comes to one
 * whose program has gone is lost, and resets the connection. flags: MSG_OOB: the last one is urgent; MSG_MORE: more
 * follow. None of these waits. */
int64_t tcp_transport_put(struct tcp_socket *tcp, const void *bytes, size_t size, int flags);
/* The same of a piece, which is taken over, whatever becomes of it. */
int64_t tcp_transport_add(struct tcp_socket *tcp, struct stream_piece *piece, uint64_t size, int flags);
/* The other end's program is told what has been put, if it wants to know. */
void tcp_transport_tell(struct tcp_socket *tcp);
/* The last byte that has come to the socket `peer` is urgent: its program is told. */
void tcp_transport_note_urgent(struct tcp_socket *peer);
/* Its program has read: the other end is told, if it waits for room. */
void tcp_transport_took(struct tcp_socket *tcp);

#endif
