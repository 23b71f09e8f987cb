/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_transport.c - see tcp_transport.h. */
#include "net/tcp_transport.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/socket.h"
#include "net/outside.h"
#include "net/tcp_outside.h"
#include "vfs/owner.h"

/* Whether the other end can take bytes. What comes to one that reads no more, and sends no more, ends both. */
static int reach(struct tcp_socket *tcp, struct tcp_socket **out)
{
    struct tcp_socket *peer = tcp->peer;

    *out = NULL;
    if (tcp->state != TCP_ESTABLISHED && tcp->state != TCP_CLOSE_WAIT)
        return -EPIPE; /* it has changed while the bytes were copied */
    if (peer != NULL && !peer->is_orphan && !(peer->state == TCP_FIN_WAIT2 && tcp_socket_of(peer)->read_shut))
        *out = peer;
    return 0;
}

/* The answer to what came where nobody reads. */
static void refuse(struct tcp_socket *tcp)
{
    tcp_reset_peer(tcp);
    tcp_was_reset(tcp);
}

void tcp_transport_note_urgent(struct tcp_socket *peer)
{
    struct stream *in = &peer->in;

    /* One that was never read, and is next, is passed over: as Linux does. */
    if (peer->urgent != TCP_URGENT_NONE && peer->urgent_at == in->read && !tcp_socket_of(peer)->out_of_band_inline &&
        !peer->is_reading && stream_size(in) > 1)
        stream_take(in, 1);
    peer->urgent = TCP_URGENT_UNREAD;
    peer->urgent_at = in->written - 1;
    peer->urgent_byte = stream_last_byte(in);
    if (tcp_socket_of(peer)->file != NULL && !peer->urgent_told)
        owner_signal_urgent(tcp_socket_of(peer)->file);
    peer->urgent_told = false;
    socket_changed(tcp_socket_of(peer), POLLPRI);
}

int64_t tcp_transport_put(struct tcp_socket *tcp, const void *bytes, size_t size, int flags)
{
    struct tcp_socket *peer;
    int error = reach(tcp, &peer);

    if (error != 0)
        return error;
    if (tcp->outside != NULL) {
        error = tcp_outside_put(tcp, bytes, size, flags);
        if (error != 0)
            return error;
    } else if (peer == NULL) {
        refuse(tcp);
    } else {
        error = stream_put(&peer->in, bytes, size);
        if (error != 0)
            return error;
        tcp_child_due(peer);
        if (flags & MSG_OOB)
            tcp_transport_note_urgent(peer);
    }
    tcp->sent += size;
    return (int64_t)size;
}

int64_t tcp_transport_add(struct tcp_socket *tcp, struct stream_piece *piece, uint64_t size, int flags)
{
    struct tcp_socket *peer;
    int error = reach(tcp, &peer);

    if (error == 0 && tcp->outside != NULL) {
        error = tcp_outside_add(tcp, piece, size, flags);
        tcp->sent += error == 0 ? size : 0;
        return error == 0 ? (int64_t)size : error;
    }
    if (error != 0 || peer == NULL)
        stream_piece_free(piece);
    if (error != 0)
        return error;
    if (peer == NULL) {
        refuse(tcp);
    } else {
        stream_add(&peer->in, piece);
        tcp_child_due(peer);
        if (flags & MSG_OOB)
            tcp_transport_note_urgent(peer);
    }
    tcp->sent += size;
    return (int64_t)size;
}

void tcp_transport_tell(struct tcp_socket *tcp)
{
    struct tcp_socket *peer = tcp->peer;

    if (tcp->outside != NULL)
        outside_kick();
    else if (peer != NULL && !peer->is_orphan && stream_size(&peer->in) >= tcp_socket_of(peer)->receive_least)
        socket_changed(tcp_socket_of(peer), POLLIN | POLLRDNORM);
}

void tcp_transport_took(struct tcp_socket *tcp)
{
    struct tcp_socket *peer = tcp->peer;

    if (tcp->outside != NULL)
        tcp_outside_took(tcp);
    if (peer == NULL || !peer->room_awaited || !tcp_is_writable(peer))
        return;
    peer->room_awaited = false;
    socket_changed(tcp_socket_of(peer), POLLOUT | POLLWRNORM);
}
