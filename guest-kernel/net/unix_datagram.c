/* SPDX-License-Identifier: Apache-2.0 */
/* unix_datagram.c - sending and receiving by local sockets of messages (SOCK_DGRAM, SOCK_SEQPACKET). */
#include "abi/errno.h"
#include "abi/poll.h"
#include "core/wait.h"
#include "net/socket_filter.h"
#include "net/unix.h"

#define READABLE (POLLIN | POLLRDNORM)
#define MESSAGE_MOST (4u << 20) /* more is ENOBUFS, however large the buffer is set: so much memory has no part */

/* Where a message is long, others have a turn. */
static void let_others(uint64_t *moved, uint64_t size)
{
    *moved += size;
    if (*moved < WAIT_LOOP_BYTES)
        return;
    *moved = 0;
    (void)wait_loop_ends(true);
}

/* ---- sending ---- */

/* The program's bytes into a packet of several pages. The copy may wait. */
static int packet_fill(struct unix_packet *packet, struct iter *iter)
{
    uint64_t moved = 0;

    for (; packet != NULL; packet = packet->rest) {
        size_t size = packet->room < iter->left ? packet->room : (size_t)iter->left;

        if (size != 0 && iter_drain(iter, packet->bytes, size) != (int64_t)size)
            return -EFAULT;
        packet->end = (uint32_t)size;
        let_others(&moved, size);
    }
    return 0;
}

/* What is to be sent, in a packet that nobody has yet. */
static int packet_make(struct unix_socket *sender, struct message *message, struct unix_packet **out)
{
    uint64_t size = message->iter->left,
             deadline_ns = message->flags & MSG_DONTWAIT ? 0 : socket_deadline(sender->socket.send_timeout_ns);
    struct unix_packet *packet;
    int error;

    if ((int64_t)size > (int64_t)sender->socket.send_size - 32)
        return -EMSGSIZE;
    if (size > MESSAGE_MOST)
        return -ENOBUFS;
    error = unix_wait_to_send(sender, deadline_ns);
    if (error != 0)
        return error;
    packet = unix_packet_create((uint32_t)size);
    if (packet == NULL)
        return -ENOBUFS;
    packet->charge = unix_charge_of((uint32_t)size);
    error = unix_beside_send(packet, message);
    if (error == 0)
        error = packet_fill(packet, message->iter);
    if (error != 0) {
        unix_packet_free(packet, NULL);
        return error;
    }
    *out = packet;
    return 0;
}

/* The peer has gone: from now on there is none. */
static void peer_lost(struct unix_socket *sender)
{
    struct unix_socket *was = sender->peer;

    unix_get(was);
    unix_set_peer(sender, NULL);
    sender->state = UNIX_CLOSED;
    unix_queue_purge(sender);
    unix_put(was);
}

/* Whether the receiver takes it now: 0; -EAGAIN: its queue is full. */
static int may_deliver(const struct unix_socket *sender, struct unix_socket *receiver)
{
    if (receiver->peer != NULL && receiver->peer != sender)
        return -EPERM;
    if (receiver->dead)
        return -ECONNREFUSED;
    if (receiver->socket.read_shut)
        return -EPIPE;
    if (receiver != sender && receiver->peer != sender && unix_queue_is_full(receiver))
        return -EAGAIN;
    return 0;
}

/* ---- filters ---- */

#define FILTERED_PARTS 16u /* of a long message, that a program can look into: it is to end soon */

struct filtered_message {
    struct filtered filtered; /* first */
    const struct unix_packet *message;
};

static uint32_t size_of(const struct unix_packet *packet)
{
    uint32_t size = 0;

    for (; packet != NULL; packet = packet->rest)
        size += packet->end;
    return size;
}

static uint8_t byte_of(const struct bpf_packet *packet, uint32_t at)
{
    const struct unix_packet *part = ((const struct filtered_message *)(const void *)packet)->message;

    for (unsigned n = 0; part != NULL && n < FILTERED_PARTS; part = part->rest, n++) {
        if (at < part->end)
            return part->bytes[at];
        at -= part->end;
    }
    return 0;
}

#define KEEPS_ALL UINT32_MAX

/* How much of a message the receiver's program keeps. 0: it is dropped. */
static uint32_t filter(const struct unix_socket *receiver, const struct unix_packet *packet)
{
    if (__builtin_expect(receiver->socket.filter == NULL, true) != 0)
        return KEEPS_ALL;
    const struct filtered_message shown = {
        .filtered.packet = {.size = size_of(packet), .byte = byte_of, .beside = socket_filter_beside},
        .message = packet,
    };
    return socket_filter_run(&receiver->socket, &shown.filtered);
}

static void cut(struct unix_packet *packet, uint32_t kept)
{
    for (; packet != NULL; packet = packet->rest) {
        if (packet->end > kept)
            packet->end = kept;
        kept -= packet->end;
    }
}

/* Delivers the packet, which it takes over if it succeeds; may wait until there is room. */
static int deliver(struct unix_socket *sender, struct message *message, struct unix_packet *packet)
{
    bool named = message->address != NULL && message->address->size != 0;
    uint64_t deadline_ns = message->flags & MSG_DONTWAIT ? 0 : socket_deadline(sender->socket.send_timeout_ns);
    int error = 0;

    for (;;) {
        struct unix_socket *receiver = sender->peer;
        uint32_t kept;

        if (named) {
            error = unix_find(message->address, sender->socket.type, &receiver);
            if (error != 0)
                return error;
        } else if (receiver == NULL) {
            return -ECONNRESET; /* it had one when the call began */
        } else {
            unix_get(receiver);
        }
        kept = filter(receiver, packet);
        if (kept == 0) {
            unix_packet_free(packet, NULL); /* the sender isn't told */
            unix_put(receiver);
            return 0;
        }
        error = may_deliver(sender, receiver);
        if (error == 0) {
            const struct socket_identity identity = unix_identity(message, sender, receiver);

            if (kept != KEEPS_ALL) /* once: the program is asked again of all of it after a wait */
                cut(packet, kept);
            unix_packet_sign(packet, &identity);
            unix_packet_send(packet, sender, receiver);
            socket_changed(&receiver->socket, READABLE);
        } else if (error == -ECONNREFUSED && sender->peer == receiver) {
            peer_lost(sender);
        } else if (error == -EAGAIN && deadline_ns == 0 && sender->peer == receiver) {
            receiver->room_awaited = true;
        }
        if (error != -EAGAIN || deadline_ns == 0) {
            unix_put(receiver);
            return error;
        }
        error = socket_wait_error(wait_on(&receiver->room, deadline_ns, WAIT_INTERRUPTIBLE), deadline_ns);
        unix_put(receiver);
        if (error == -EAGAIN)
            deadline_ns = 0;
        else if (error != 0)
            return error;
    }
}

int64_t unix_datagram_send(struct socket *socket, struct message *message)
{
    struct unix_socket *sender = unix_of(socket);
    int64_t size = (int64_t)message->iter->left;
    struct unix_packet *packet;
    int error = 0;

    if (message->flags & MSG_OOB)
        return -EOPNOTSUPP;
    if (message->address != NULL && message->address->size != 0)
        error = unix_address_check(message->address);
    else if (sender->peer == NULL)
        error = -ENOTCONN;
    if (error == 0 && (socket->pass_identity || socket->pass_pidfd))
        error = unix_autobind(sender);
    if (error == 0)
        error = packet_make(sender, message, &packet);
    if (error != 0)
        return error;
    error = deliver(sender, message, packet);
    if (error != 0) {
        unix_packet_free(packet, NULL);
        return error;
    }
    return size;
}

int64_t unix_seqpacket_send(struct socket *socket, struct message *message)
{
    if (socket->error != 0)
        return socket_take_error(socket);
    if (unix_of(socket)->state != UNIX_CONNECTED)
        return -ENOTCONN;
    message->address = NULL; /* it is connected, whatever the program says */
    return unix_datagram_send(socket, message);
}

/* ---- receiving ---- */

/* The first message, or with MSG_PEEK and an offset the one that has it; *skip: within it. NULL: there is none. */
static struct unix_packet *message_find(const struct unix_socket *receiver, uint32_t *skip)
{
    struct unix_packet *packet = receiver->first;

    while (packet != NULL && *skip != 0 && *skip >= size_of(packet)) {
        *skip -= size_of(packet);
        packet = packet->next;
    }
    return packet;
}

/* Waits for a message. 0; 1: none comes; or -errno. */
static int message_wait(struct unix_socket *receiver, unsigned flags, uint32_t *skip, struct unix_packet **out)
{
    struct socket *socket = &receiver->socket;
    uint64_t deadline_ns = flags & MSG_DONTWAIT ? 0 : socket_deadline(socket->receive_timeout_ns);
    int error = 0;

    for (;;) {
        unix_read_wait(receiver);
        if (socket->error != 0)
            return socket_take_error(socket);
        *skip = (flags & MSG_PEEK) && socket->peek_offset > 0 ? (uint32_t)socket->peek_offset : 0;
        *out = message_find(receiver, skip);
        if (*out != NULL)
            return 0;
        if (socket->read_shut && (deadline_ns != 0 || socket->type == SOCK_SEQPACKET))
            return 1;
        if (deadline_ns == 0)
            return -EAGAIN;
        if (error != 0)
            return error;
        error = socket_wait(socket, READABLE | POLLRDHUP, deadline_ns);
    }
}

/* Up to `size` bytes of a message, from `skip` on, to the program. */
static int message_copy(struct unix_packet *packet, struct iter *iter, uint32_t skip, uint64_t size)
{
    uint64_t moved = 0;

    for (; packet != NULL && size != 0; packet = packet->rest) {
        uint64_t step = packet->end > skip ? packet->end - skip : 0;

        if (step > size)
            step = size;
        if (step != 0 && iter_fill(iter, packet->bytes + skip, step) != (int64_t)step)
            return -EFAULT;
        skip -= skip < packet->end ? skip : packet->end;
        size -= step;
        let_others(&moved, step);
    }
    return 0;
}

/* The message is nobody else's now, or, with MSG_PEEK, stays while it is copied. */
static int64_t message_give(struct unix_socket *receiver, struct message *message, struct unix_packet *packet,
                            uint32_t skip)
{
    struct unix_beside beside = {0};
    bool peek = message->flags & MSG_PEEK;
    uint32_t whole = size_of(packet) - skip;
    uint64_t size = whole < message->iter->left ? whole : message->iter->left;
    int error;

    if (message->address != NULL)
        unix_name_copy(packet->sender, message->address);
    if (size < whole)
        message->out_flags |= MSG_TRUNC;
    error = message_copy(packet, message->iter, skip, size);
    if (error != 0)
        return error;
    unix_beside_take(&beside, packet, peek);
    if (peek)
        unix_peek_on(receiver, (uint32_t)size);
    else
        unix_peek_back(receiver, whole);
    unix_beside_tell(&beside, &receiver->socket, message);
    return message->flags & MSG_TRUNC ? whole : (int64_t)size;
}

int64_t unix_datagram_receive(struct socket *socket, struct message *message)
{
    struct unix_socket *receiver = unix_of(socket);
    struct unix_packet *packet = NULL;
    uint32_t skip = 0;
    int64_t result;

    if (message->flags & MSG_OOB)
        return -EOPNOTSUPP;
    result = message_wait(receiver, message->flags, &skip, &packet);
    if (result != 0 || packet == NULL)
        return result < 0 ? result : 0;
    if (message->flags & MSG_PEEK) {
        unix_read_begin(receiver);
        result = message_give(receiver, message, packet, skip);
        unix_read_end(receiver);
        return result;
    }
    unix_packet_take(receiver, NULL);
    result = message_give(receiver, message, packet, skip);
    unix_packet_free(packet, receiver);
    return result;
}

int64_t unix_seqpacket_receive(struct socket *socket, struct message *message)
{
    return unix_of(socket)->state == UNIX_CONNECTED ? unix_datagram_receive(socket, message) : -ENOTCONN;
}
