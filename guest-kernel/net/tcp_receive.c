/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_receive.c - receiving by TCP: bytes are copied out of the socket's stream. */
#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/socket.h"
#include "core/wait.h"
#include "net/control.h"
#include "net/tcp.h"
#include "net/tcp_transport.h"

struct reading {
    struct tcp_socket *tcp;
    struct message *message;
    uint64_t at;   /* the place in the stream */
    uint64_t want; /* bytes that are still wanted */
    int64_t done;
};

/* ---- the urgent byte ---- */

static bool urgent_is_inline(const struct tcp_socket *tcp)
{
    return tcp->inet.socket.out_of_band_inline;
}

/* recv with MSG_OOB. */
static int64_t receive_urgent(struct tcp_socket *tcp, struct message *message)
{
    uint8_t byte = tcp->urgent_byte;

    if (urgent_is_inline(tcp) || tcp->urgent != TCP_URGENT_UNREAD)
        return -EINVAL;
    if (tcp->state == TCP_CLOSE && !tcp->end_received)
        return -ENOTCONN;
    if (!(message->flags & MSG_PEEK))
        tcp->urgent = TCP_URGENT_READ;
    message->out_flags |= MSG_OOB;
    if (message->iter->left == 0) {
        message->out_flags |= MSG_TRUNC;
        return 0;
    }
    return message->flags & MSG_TRUNC ? 1 : iter_fill(message->iter, &byte, 1);
}

bool tcp_is_at_mark(const struct tcp_socket *tcp)
{
    return tcp->urgent != TCP_URGENT_NONE && tcp->urgent_at == tcp->in.read;
}

uint64_t tcp_readable(const struct tcp_socket *tcp)
{
    if (urgent_is_inline(tcp) || tcp->urgent == TCP_URGENT_NONE || tcp->urgent_at < tcp->in.read)
        return stream_size(&tcp->in);
    return tcp->urgent_at - tcp->in.read;
}

/* ---- the others ---- */

/* Takes what was read up to `to`. */
static void take(struct tcp_socket *tcp, uint64_t to)
{
    stream_take(&tcp->in, to - tcp->in.read);
    if (tcp->urgent != TCP_URGENT_NONE && tcp->urgent_at < tcp->in.read)
        tcp->urgent = TCP_URGENT_NONE;
    tcp_transport_took(tcp);
}

/* Somebody else copies: he may have to wait for memory of his program, and is then told of. */
static int wait_turn(struct tcp_socket *tcp)
{
    int error = 0;

    while (tcp->is_reading && error == 0) {
        tcp->reading_awaited = true;
        error = socket_wait(tcp_socket_of(tcp), 0, WAIT_FOREVER);
    }
    return error;
}

static int64_t copy(struct tcp_socket *tcp, uint64_t from, uint64_t most, struct iter *iter)
{
    int64_t moved;

    tcp->is_reading = true;
    moved = stream_copy(&tcp->in, from, most, iter);
    tcp->is_reading = false;
    if (tcp->reading_awaited) {
        tcp->reading_awaited = false;
        socket_changed(tcp_socket_of(tcp), 0);
    }
    return moved;
}

/* Where it goes on: others may have read meanwhile, or there is another connection. */
static void find_place(struct reading *reading)
{
    const struct stream *in = &reading->tcp->in;
    bool peeks = reading->message->flags & MSG_PEEK;

    if (!peeks || reading->at < in->read || reading->at > in->written)
        reading->at = in->read;
}

/* Copies what there is, up to the urgent byte's place: 0, -EFAULT, or what ended a wait for another reader. */
static int copy_some(struct reading *reading)
{
    struct tcp_socket *tcp = reading->tcp;
    bool peeks = reading->message->flags & MSG_PEEK, is_first = reading->done == 0;
    struct iter *iter = reading->message->flags & MSG_TRUNC ? NULL : reading->message->iter;
    uint64_t turn = 0;

    while (reading->want != 0) {
        int error = wait_turn(tcp);
        uint64_t most;
        int64_t moved;

        if (error != 0)
            return error;
        find_place(reading);
        if (reading->at == tcp->in.written)
            break;
        most = tcp->in.written - reading->at;
        if (most > reading->want)
            most = reading->want;
        if (tcp->urgent != TCP_URGENT_NONE && tcp->urgent_at >= reading->at) {
            uint64_t before = tcp->urgent_at - reading->at;

            if (before == 0 && !is_first)
                break;
            if (before == 0 && !urgent_is_inline(tcp)) {
                reading->at++;
                if (!peeks)
                    take(tcp, reading->at);
                continue;
            }
            if (before != 0 && before < most)
                most = before;
        }
        /* To one that peeks, what is passed over counts, too. */
        turn += reading->at - tcp->in.read;
        moved = copy(tcp, reading->at, most, iter);
        if (moved <= 0)
            return -EFAULT;
        is_first = false;
        reading->at += (uint64_t)moved;
        reading->done += moved;
        reading->want -= (uint64_t)moved;
        if (!peeks)
            take(tcp, reading->at);
        turn += (uint64_t)moved;
        if (turn >= WAIT_LOOP_BYTES) {
            turn = 0;
            if (wait_loop_ends(false))
                break;
        }
    }
    return 0;
}

/* What a call that has got nothing gives, or 1: it waits. */
static int64_t nothing_there(struct tcp_socket *tcp)
{
    struct socket *socket = tcp_socket_of(tcp);

    if (tcp->end_received)
        return 0;
    if (tcp->is_broken)
        return 1; /* the error, which who sends is told, lies behind that */
    if (socket->error != 0)
        return socket_take_error(socket);
    if (socket->read_shut)
        return 0;
    return tcp->state == TCP_CLOSE ? -ENOTCONN : 1;
}

static void tell_queue(struct tcp_socket *tcp, struct message *message)
{
    int queued = (int)tcp_readable(tcp);

    if (tcp->settings.tells_queue)
        control_add(message->control, &message->out_flags, IPPROTO_TCP, TCP_INQ, &queued, sizeof(queued));
}

int64_t tcp_receive(struct socket *socket, struct message *message)
{
    struct tcp_socket *tcp = tcp_of(socket);
    struct reading reading = {.tcp = tcp, .message = message, .at = tcp->in.read, .want = message->iter->left};
    uint64_t deadline_ns = 0, least = message->flags & MSG_WAITALL ? reading.want : socket->receive_least;
    int64_t result = 0;

    if (message->flags & MSG_ERRQUEUE)
        return -EAGAIN;
    if (tcp->state == TCP_LISTEN)
        return -ENOTCONN;
    if (message->flags & MSG_OOB)
        return receive_urgent(tcp, message);
    if (least > reading.want)
        least = reading.want;
    for (;;) {
        result = copy_some(&reading);
        if (result != 0 || (uint64_t)reading.done >= (least != 0 ? least : 1))
            break;
        if (reading.done != 0 && tcp_is_at_mark(tcp))
            break;
        if (reading.done != 0 && (socket->error != 0 || socket->read_shut || tcp->state == TCP_CLOSE))
            break;
        if (reading.want == 0 && stream_size(&tcp->in) != 0)
            break;
        if (reading.done == 0) {
            result = nothing_there(tcp);
            if (result <= 0)
                break;
        }
        if (deadline_ns == 0)
            deadline_ns = socket_deadline(socket->receive_timeout_ns);
        result = message->flags & MSG_DONTWAIT ? -EAGAIN : socket_wait(socket, POLLIN, deadline_ns);
        if (result != 0)
            break;
    }
    if (reading.done == 0)
        return result;
    tell_queue(tcp, message);
    return reading.done;
}
