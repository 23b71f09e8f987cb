/* SPDX-License-Identifier: Apache-2.0 */
/* unix_stream.c - sending and receiving by local sockets of bytes (SOCK_STREAM). */
#include "abi/errno.h"
#include "abi/poll.h"
#include "core/wait.h"
#include "lib/string.h"
#include "mm/usercopy.h"
#include "net/unix.h"
#include "vfs/owner.h"

#define PACKET_CHARGE 256u  /* beside its bytes, which more may be added to */
#define PACKETS_AT_ONCE 64u /* that are read in one go */
#define ROUNDS_AT_ONCE 32u  /* of which each looks at some packets, until others have a turn */
#define READABLE (POLLIN | POLLPRI | POLLRDNORM | POLLRDBAND)

/* ---- sending ---- */

/* Bytes into the kernel, if the program's are at hand: then nobody else runs meanwhile. */
static bool drain_at_hand(struct iter *iter, void *dst, size_t size)
{
    uint64_t from;

    if (!iter->user)
        return iter_drain(iter, dst, size) == (int64_t)size;
    from = iter_base(iter);
    if (size > iter->segment->length - iter->offset || !copy_from_user_shared(dst, from, size))
        return false;
    iter_skip(iter, size);
    return true;
}

/* Adds to the last packet that waits, if it is of the same kind. Bytes; 0: it can't. */
static uint32_t merge(struct unix_socket *sender, struct unix_socket *receiver, struct iter *iter,
                      const struct socket_identity *identity)
{
    struct unix_packet *last = receiver->last;
    uint32_t size;

    if (last == NULL || last->end == last->room || last->start == last->end ||
        memcmp(&last->identity, identity, sizeof(*identity)) != 0)
        return 0;
    size = last->room - last->end;
    if (size > iter->left)
        size = (uint32_t)iter->left;
    if (!drain_at_hand(iter, last->bytes + last->end, size))
        return 0;
    last->end += size;
    last->charge += size;
    sender->charge += size;
    return size;
}

/* A packet of its own, of at most a page. The copy may wait. Bytes, or -errno: it isn't sent. */
static int64_t append(struct unix_socket *sender, struct unix_socket *receiver, struct message *message,
                      const struct socket_identity *identity)
{
    bool has_files = message->control != NULL && message->control->files != NULL;
    struct unix_packet *packet;
    int64_t size, moved;
    int error;

    packet = has_files && message->iter->left <= 64 ? unix_packet_create((uint32_t)message->iter->left)
                                                    : unix_packet_page(receiver);
    if (packet == NULL)
        return -ENOBUFS;
    size = packet->room < message->iter->left ? packet->room : (int64_t)message->iter->left;
    error = unix_beside_send(packet, message);
    moved = error != 0 ? error : iter_drain(message->iter, packet->bytes, (size_t)size);
    if (moved >= 0 && moved < size)
        moved = -EFAULT;
    if (moved >= 0 && (receiver->dead || receiver->socket.read_shut))
        moved = -EPIPE;
    if (moved < 0) {
        unix_packet_free(packet, receiver);
        return moved;
    }
    if (packet->files != NULL)
        packet->room = (uint32_t)size; /* nothing is added to it */
    packet->end = (uint32_t)size;
    unix_packet_sign(packet, identity);
    packet->charge = (uint32_t)size + PACKET_CHARGE;
    unix_packet_send(packet, sender, receiver);
    return size;
}

/* The last byte, which is urgent. */
static int send_urgent(struct unix_socket *sender, struct unix_socket *receiver, struct message *message,
                       const struct socket_identity *identity)
{
    struct unix_packet *packet = unix_packet_create(1);
    int error;

    if (packet == NULL)
        return -ENOBUFS;
    error = unix_beside_send(packet, message);
    if (error == 0 && iter_drain(message->iter, packet->bytes, 1) != 1)
        error = -EFAULT;
    if (error == 0 && (receiver->dead || receiver->socket.read_shut))
        error = -EPIPE;
    if (error != 0) {
        unix_packet_free(packet, receiver);
        return error;
    }
    packet->end = 1;
    unix_packet_sign(packet, identity);
    packet->charge = unix_charge_of(1);
    unix_packet_send(packet, sender, receiver);
    receiver->urgent = packet;
    if (receiver->socket.file != NULL)
        owner_signal_urgent(receiver->socket.file);
    socket_changed(&receiver->socket, POLLPRI);
    return 0;
}

static int may_send(const struct unix_socket *sender, const struct message *message)
{
    if ((message->flags & MSG_OOB) && message->iter->left == 0)
        return -EOPNOTSUPP;
    if (message->address != NULL && message->address->size != 0)
        return sender->state == UNIX_CONNECTED ? -EISCONN : -EOPNOTSUPP;
    if (sender->peer == NULL)
        return -ENOTCONN;
    return sender->socket.write_shut ? -EPIPE : 0;
}

int64_t unix_stream_send(struct socket *socket, struct message *message)
{
    struct unix_socket *sender = unix_of(socket), *receiver = sender->peer;
    bool has_urgent = message->flags & MSG_OOB;
    uint64_t deadline_ns = 0, sent = 0, told = 0, size;
    int64_t step = may_send(sender, message);

    if (step != 0)
        return step;
    message->iter->left -= has_urgent; /* the last byte is for itself */
    size = message->iter->left;
    struct socket_identity identity = unix_identity(message, sender, receiver);
    while (sent < size) {
        if (!unix_may_send_more(sender) || socket->error != 0 || socket->write_shut) {
            if (sent != told)
                socket_changed(&receiver->socket, READABLE);
            told = sent;
            if (deadline_ns == 0 && !(message->flags & MSG_DONTWAIT))
                deadline_ns = socket_deadline(socket->send_timeout_ns);
            step = unix_wait_to_send(sender, deadline_ns);
            if (step != 0)
                break;
        }
        if (receiver->dead || receiver->socket.read_shut) {
            step = -EPIPE;
            break;
        }
        step = message->control == NULL || message->control->files == NULL
                   ? merge(sender, receiver, message->iter, &identity)
                   : 0;
        if (step == 0)
            step = append(sender, receiver, message, &identity);
        if (step < 0)
            break;
        sent += (uint64_t)step;
        step = 0;
        if (sent - told >= WAIT_LOOP_BYTES) {
            socket_changed(&receiver->socket, READABLE);
            told = sent;
            if (wait_loop_ends(true))
                break;
        }
    }
    if (sent != told)
        socket_changed(&receiver->socket, READABLE);
    message->iter->left += has_urgent;
    if (step == 0 && sent == size && has_urgent) {
        step = send_urgent(sender, receiver, message, &identity);
        if (step == 0) {
            sent++;
            socket_changed(&receiver->socket, READABLE);
        }
    }
    return sent != 0 ? (int64_t)sent : step;
}

/* ---- receiving ---- */

/* Bytes to the program, if its memory is at hand: then nobody else runs meanwhile. */
static bool fill_at_hand(struct iter *iter, const void *src, size_t size)
{
    uint64_t to;

    if (!iter->user)
        return iter_fill(iter, src, size) == (int64_t)size;
    to = iter_base(iter);
    if (size > iter->segment->length - iter->offset || !copy_to_user_shared(to, src, size))
        return false;
    iter_skip(iter, size);
    return true;
}

/* The same: as iter_fill, which may wait. */
static int64_t fill(struct unix_socket *receiver, struct iter *iter, const void *src, size_t size)
{
    int64_t moved;

    if (fill_at_hand(iter, src, size))
        return (int64_t)size;
    unix_read_begin(receiver);
    moved = iter_fill(iter, src, size);
    unix_read_end(receiver);
    return moved;
}

static uint32_t unread(const struct unix_packet *packet)
{
    return packet->end - packet->start;
}

/* Takes the queue's first, which has been read, out of it. It has no files. */
static void drop(struct unix_socket *receiver, struct unix_packet *packet)
{
    unix_packet_take(receiver, NULL);
    unix_packet_free(packet, receiver);
}

/* The same of one that isn't to be read: it may have files, whose end may wait, and isn't freed as long as the queue is
 * looked at. */
static void lay_aside(struct unix_socket *receiver, struct unix_packet *packet, struct unix_packet **gone)
{
    unix_packet_take(receiver, NULL);
    packet->next = *gone;
    *gone = packet;
}

/* Frees those. It may wait. */
static void free_gone(struct unix_socket *receiver, struct unix_packet **gone)
{
    struct unix_packet *packet;

    while ((packet = *gone) != NULL) {
        *gone = packet->next;
        unix_packet_free(packet, receiver);
    }
}

/* What reading finds at `packet`, the first that isn't skipped: an urgent byte is passed by, or ends what is read, as
 * on Linux; so are the marks of those that were read. NULL: there is nothing, or what was read ends here. What isn't in
 * the queue any more by then is in *gone. */
static struct unix_packet *pass_urgent(struct unix_socket *receiver, struct unix_packet *packet, unsigned flags,
                                       bool copied, struct unix_packet **gone)
{
    bool is_inline = receiver->socket.out_of_band_inline;

    while (unread(packet) == 0) {
        struct unix_packet *next = packet->next;

        if (copied && (receiver->urgent == NULL || packet == receiver->urgent))
            return NULL;
        if (!(flags & MSG_PEEK))
            lay_aside(receiver, packet, gone);
        packet = next;
        if (packet == NULL)
            return NULL;
    }
    if (packet != receiver->urgent)
        return packet;
    if (copied)
        return NULL;
    if (!(flags & MSG_PEEK)) {
        receiver->urgent = NULL;
        if (is_inline)
            return packet;
        lay_aside(receiver, packet, gone);
        return receiver->first;
    }
    return is_inline ? packet : packet->next;
}

/* The urgent byte alone: MSG_OOB. */
static int64_t receive_urgent(struct unix_socket *receiver, struct message *message)
{
    struct unix_packet *packet = receiver->urgent;
    int64_t moved;

    if (receiver->socket.out_of_band_inline || packet == NULL)
        return -EINVAL;
    const uint8_t byte = packet->bytes[packet->start];
    if (!(message->flags & MSG_PEEK)) {
        receiver->urgent = NULL;
        packet->start = packet->end; /* it stays, as a mark */
    }
    moved = message->iter->left != 0 ? iter_fill(message->iter, &byte, 1) : 0;
    if (moved < 0)
        return moved;
    message->out_flags |= MSG_OOB;
    return 1;
}

struct reading { /* one call's */
    struct unix_socket *receiver;
    struct message *message;
    struct unix_beside beside;
    uint64_t copied, least;
    uint64_t offset; /* of MSG_PEEK: so many bytes of the queue are passed by */
    uint64_t skip;   /* of those, in the packet that is read */
    uint64_t deadline_ns;
    struct unix_packet *gone; /* not in the queue any more, and to be freed */
    bool is_plain;            /* bytes are all that is asked for, as many as there are */
};

/* Nothing is there. 0: there may be by now; 1: what was read is all; or -errno. */
static int wait_more(struct reading *reading)
{
    struct socket *socket = &reading->receiver->socket;

    if (reading->copied >= reading->least || (reading->copied != 0 && (reading->message->flags & MSG_PEEK)))
        return 1;
    if (socket->error != 0)
        return socket_take_error(socket);
    if (socket->read_shut)
        return 1;
    if (reading->message->flags & MSG_DONTWAIT)
        return -EAGAIN;
    if (reading->deadline_ns == 0)
        reading->deadline_ns = socket_deadline(socket->receive_timeout_ns);
    return socket_wait(socket, READABLE | POLLRDHUP, reading->deadline_ns);
}

/* Where reading goes on, behind what is passed by. NULL: nowhere; *ends: and not by waiting. */
static struct unix_packet *next_packet(struct reading *reading, bool *ends)
{
    struct unix_socket *receiver = reading->receiver;
    struct unix_packet *packet = receiver->first;

    *ends = false;
    reading->skip = reading->offset;
    while (packet != NULL) {
        if (unread(packet) == 0 || packet == receiver->urgent) {
            packet = pass_urgent(receiver, packet, reading->message->flags, reading->copied != 0, &reading->gone);
            *ends = packet == NULL && reading->copied != 0;
            if (packet == NULL)
                break;
        }
        if (reading->skip < unread(packet))
            break;
        reading->skip -= unread(packet);
        packet = packet->next;
    }
    return packet;
}

/* Never are bytes of different senders put together. */
static bool is_other(const struct reading *reading, const struct unix_packet *packet)
{
    const struct socket *socket = &reading->receiver->socket;

    return reading->beside.has_identity && (socket->pass_identity || socket->pass_pidfd) &&
           memcmp(&reading->beside.identity, &packet->identity, sizeof(packet->identity)) != 0;
}

/* Reads from one packet. 0: it goes on; 1: it ends here. */
static int read_packet(struct reading *reading, struct unix_packet *packet)
{
    struct unix_socket *receiver = reading->receiver;
    struct iter *iter = reading->message->iter;
    bool peek = reading->message->flags & MSG_PEEK;
    uint64_t there = unread(packet) - reading->skip, size = there < iter->left ? there : iter->left;
    bool had_files = packet->files != NULL;
    int64_t moved;

    if (reading->message->address != NULL && reading->message->address->size == 0)
        unix_name_copy(packet->sender, reading->message->address);
    moved = size != 0 ? fill(receiver, iter, packet->bytes + packet->start + reading->skip, size) : 0;
    if (moved < (int64_t)size)
        return -EFAULT;
    reading->copied += size;
    reading->message->ends = had_files;
    if (peek) { /* a copy of the files may wait for memory: the packet stays as long */
        unix_read_begin(receiver);
        unix_beside_take(&reading->beside, packet, true);
        unix_read_end(receiver);
        unix_peek_on(receiver, (uint32_t)size);
        reading->offset += size;
        return had_files;
    }
    unix_beside_take(&reading->beside, packet, false);
    packet->start += (uint32_t)size;
    unix_peek_back(receiver, size);
    if (unread(packet) != 0)
        return iter->left == 0 || had_files;
    drop(receiver, packet);
    return had_files;
}

/* What is usual: bytes of packets that bring nothing else, to memory that is at hand. Whether that is all. */
static bool read_plain(struct reading *reading)
{
    struct unix_socket *receiver = reading->receiver;
    struct iter *iter = reading->message->iter;
    struct unix_packet *packet = receiver->first;
    uint64_t most = reading->copied + WAIT_LOOP_BYTES;

    for (unsigned i = 0; i < PACKETS_AT_ONCE && packet != NULL && iter->left != 0 && reading->copied < most &&
                         packet->files == NULL && unread(packet) != 0;
         i++) {
        uint32_t size = unread(packet) < iter->left ? unread(packet) : (uint32_t)iter->left;

        if (!fill_at_hand(iter, packet->bytes + packet->start, size))
            return false;
        reading->copied += size;
        packet->start += size;
        if (unread(packet) == 0)
            drop(receiver, packet);
        packet = receiver->first;
    }
    return reading->copied != 0 && (packet == NULL || iter->left == 0);
}

static int64_t receive_all(struct reading *reading)
{
    struct unix_socket *receiver = reading->receiver;
    uint64_t looked = 0;
    unsigned rounds = 0;
    int error = 0;

    do {
        struct unix_packet *packet;
        bool ends;

        free_gone(receiver, &reading->gone);
        unix_read_wait(receiver);
        if (reading->is_plain && receiver->urgent == NULL && read_plain(reading))
            break;
        if (reading->copied - looked >= WAIT_LOOP_BYTES || ++rounds % ROUNDS_AT_ONCE == 0) { /* with a large buffer */
            looked = reading->copied;
            if (wait_loop_ends(true))
                break;
            continue;
        }
        packet = next_packet(reading, &ends);
        if (ends)
            break;
        if (packet == NULL && reading->gone != NULL)
            continue; /* who sent those isn't charged any more, before this one waits */
        if (packet == NULL)
            error = wait_more(reading);
        else if (is_other(reading, packet))
            reading->message->ends = true;
        else
            error = read_packet(reading, packet);
    } while (error == 0 && !reading->message->ends && (reading->message->iter->left != 0 || reading->copied == 0));
    free_gone(receiver, &reading->gone);
    return error < 0 ? error : 0;
}

int64_t unix_stream_receive(struct socket *socket, struct message *message)
{
    struct unix_socket *receiver = unix_of(socket);
    struct reading reading = {.receiver = receiver, .message = message, .least = socket->receive_least};
    int64_t error;

    if (receiver->state != UNIX_CONNECTED)
        return -EINVAL;
    if (message->flags & MSG_OOB)
        return receive_urgent(receiver, message);
    if (message->splice_nonblocking)
        message->flags |= MSG_DONTWAIT;
    if ((message->flags & MSG_WAITALL) || reading.least > message->iter->left)
        reading.least = message->iter->left;
    if (reading.least == 0)
        reading.least = 1;
    if ((message->flags & MSG_PEEK) && socket->peek_offset > 0)
        reading.offset = (uint64_t)socket->peek_offset;
    reading.is_plain = !(message->flags & (MSG_PEEK | MSG_WAITALL)) && message->address == NULL && reading.least <= 1 &&
                       !socket->pass_identity && !socket->pass_pidfd && socket->peek_offset < 0;
    error = receive_all(&reading);
    if (!reading.is_plain || reading.beside.has_identity)
        unix_beside_tell(&reading.beside, socket, message);
    return reading.copied != 0 ? (int64_t)reading.copied : error;
}
