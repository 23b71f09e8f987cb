/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_data.c - sending by TCP: what the program gives is in the other end's stream at once, or waits for room there. */
#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/socket.h"
#include "core/wait.h"
#include "net/tcp.h"
#include "net/tcp_outside.h"
#include "net/tcp_transport.h"

/* ---- sending ---- */

static int64_t failure(struct socket *socket)
{
    int error = socket_take_error(socket);

    return error != 0 ? error : -EPIPE;
}

/* May its program's bytes go out? */
static bool can_send(const struct tcp_socket *tcp)
{
    return tcp->inet.socket.error == 0 && !tcp->is_broken && !tcp->inet.socket.write_shut &&
           (tcp->state == TCP_ESTABLISHED || tcp->state == TCP_CLOSE_WAIT);
}

/* Only the last byte of all is urgent. */
static int flags_of_part(int flags, const struct iter *iter)
{
    return iter->left == 0 ? flags : flags & ~MSG_OOB;
}

/* Some of the bytes: how many, or -errno. Copying may have waited, so that there may be no peer any more. */
static int64_t send_some(struct tcp_socket *tcp, struct iter *iter, uint64_t most, int flags)
{
    struct stream_piece *piece;
    uint64_t size = iter->left < most ? iter->left : most, reserved = size;
    int error;

    tcp->copying += reserved;
    if (size <= STREAM_SMALL) {
        char bytes[STREAM_SMALL];
        int64_t moved = iter_drain(iter, bytes, size);

        tcp->copying -= reserved;
        if (moved < 0)
            return moved;
        return tcp_transport_put(tcp, bytes, (size_t)moved, flags_of_part(flags, iter));
    }
    piece = stream_piece_create(iter, most, &size, &error);
    tcp->copying -= reserved;
    if (piece == NULL)
        return error;
    return tcp_transport_add(tcp, piece, size, flags_of_part(flags, iter));
}

int64_t tcp_send(struct socket *socket, struct message *message)
{
    struct tcp_socket *tcp = tcp_of(socket);
    bool nonblocking = message->flags & MSG_DONTWAIT;
    uint64_t deadline_ns = 0;
    int64_t done = 0, moved = 0;
    uint64_t turn = 0;

    if ((message->flags & MSG_FASTOPEN) && tcp->phase == TCP_IDLE && message->address != NULL &&
        message->address->size != 0)
        moved = tcp_connect(socket, message->address, false);
    else if (tcp->state == TCP_SYN_SENT)
        moved = socket->error != 0 ? failure(socket) : tcp_wait_connected(tcp, nonblocking);
    while (moved >= 0 && message->iter->left != 0) {
        uint64_t room;

        if (!can_send(tcp)) {
            moved = done != 0 ? 0 : failure(socket);
            break;
        }
        room = tcp_room(tcp);
        if (room == 0) {
            tcp->room_awaited = true;
            tcp_transport_tell(tcp);
            if (deadline_ns == 0)
                deadline_ns = socket_deadline(socket->send_timeout_ns);
            moved = nonblocking ? -EAGAIN : socket_wait(socket, POLLOUT, deadline_ns);
            continue;
        }
        moved = send_some(tcp, message->iter, room, message->flags & (MSG_OOB | MSG_MORE));
        tcp_outside_room_made(tcp); /* others may have found none meanwhile */
        if (moved <= 0)
            break;
        done += moved;
        turn += (uint64_t)moved;
        if (turn >= WAIT_LOOP_BYTES) {
            turn = 0;
            if (wait_loop_ends(false))
                break;
        }
    }
    if (moved >= 0 && done == 0 && message->iter->left == 0 && !can_send(tcp))
        moved = failure(socket); /* of nothing */
    if (done != 0)
        tcp_transport_tell(tcp);
    return done != 0 ? done : moved;
}
