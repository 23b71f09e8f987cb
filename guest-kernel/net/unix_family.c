/* SPDX-License-Identifier: Apache-2.0 */
/* unix_family.c - local sockets as an address family: their operations, polling and shutdown. */
#include "abi/errno.h"
#include "abi/poll.h"
#include "net/families.h"
#include "net/unix.h"

#define READABLE (POLLIN | POLLRDNORM)
#define WRITABLE (POLLOUT | POLLWRNORM | POLLWRBAND)

static void unix_release(struct socket *socket)
{
    unix_end(unix_of(socket), false);
    unix_rights_collect();
}

/* ---- polling ---- */

static uint32_t poll_common(const struct unix_socket *unix_socket)
{
    const struct socket *socket = &unix_socket->socket;
    uint32_t events = 0;

    if (socket->read_shut && socket->write_shut)
        events |= POLLHUP;
    if (socket->read_shut)
        events |= POLLRDHUP | READABLE;
    if (unix_socket->first != NULL || unix_socket->callers != NULL)
        events |= READABLE;
    if (unix_socket->state == UNIX_CLOSED && unix_is_connected_kind(unix_socket))
        events |= POLLHUP;
    return events;
}

static bool is_writable(const struct unix_socket *unix_socket)
{
    return unix_socket->state != UNIX_LISTENS && unix_is_writable(unix_socket);
}

static uint32_t stream_poll(struct socket *socket)
{
    const struct unix_socket *unix_socket = unix_of(socket);

    return poll_common(unix_socket) | (unix_socket->urgent != NULL ? POLLPRI : 0) |
           (is_writable(unix_socket) ? WRITABLE : 0);
}

static uint32_t datagram_poll(struct socket *socket)
{
    const struct unix_socket *unix_socket = unix_of(socket);
    struct unix_socket *peer = unix_socket->peer;
    bool writable = is_writable(unix_socket);

    if (writable && peer != NULL && peer->peer != unix_socket && unix_queue_is_full(peer) && !peer->dead) {
        peer->room_awaited = true;
        writable = false;
    }
    return poll_common(unix_socket) | (writable ? WRITABLE : 0);
}

/* ---- shutdown ---- */

static int unix_shutdown(struct socket *socket, bool read, bool write)
{
    const struct unix_socket *unix_socket = unix_of(socket);
    struct socket *peer = unix_socket->peer != NULL ? &unix_socket->peer->socket : NULL;

    socket->read_shut |= read;
    socket->write_shut |= write;
    socket_changed(socket, READABLE | WRITABLE | POLLHUP | POLLRDHUP | POLLERR);
    if (peer == NULL || !unix_is_connected_kind(unix_socket))
        return 0;
    peer->read_shut |= write;
    peer->write_shut |= read;
    socket_changed(peer, READABLE | WRITABLE | POLLHUP | POLLRDHUP | POLLERR);
    return 0;
}

/* ---- the operations ---- */

static const struct socket_ops unix_stream_ops = {
    .bind = unix_bind,
    .connect = unix_stream_connect,
    .listen = unix_listen,
    .accept = unix_accept,
    .pair = unix_pair,
    .name = unix_name_tell,
    .send = unix_stream_send,
    .receive = unix_stream_receive,
    .shutdown = unix_shutdown,
    .set_option = unix_set_option,
    .get_option = unix_get_option,
    .ioctl = unix_ioctl,
    .poll = stream_poll,
    .release = unix_release,
};

static const struct socket_ops unix_datagram_ops = {
    .bind = unix_bind,
    .connect = unix_datagram_connect,
    .pair = unix_pair,
    .name = unix_name_tell,
    .send = unix_datagram_send,
    .receive = unix_datagram_receive,
    .shutdown = unix_shutdown,
    .set_option = unix_set_option,
    .get_option = unix_get_option,
    .ioctl = unix_ioctl,
    .poll = datagram_poll,
    .release = unix_release,
};

static const struct socket_ops unix_seqpacket_ops = {
    .bind = unix_bind,
    .connect = unix_stream_connect,
    .listen = unix_listen,
    .accept = unix_accept,
    .pair = unix_pair,
    .name = unix_name_tell,
    .send = unix_seqpacket_send,
    .receive = unix_seqpacket_receive,
    .shutdown = unix_shutdown,
    .set_option = unix_set_option,
    .get_option = unix_get_option,
    .ioctl = unix_ioctl,
    .poll = datagram_poll,
    .release = unix_release,
};

/* ---- the family ---- */

static const struct socket_ops *ops_of(unsigned type)
{
    if (type == SOCK_STREAM)
        return &unix_stream_ops;
    return type == SOCK_DGRAM ? &unix_datagram_ops : &unix_seqpacket_ops;
}

static int family_create(unsigned type, unsigned protocol, struct socket **out)
{
    struct unix_socket *made;
    int error;

    if (protocol != 0 && protocol != AF_UNIX)
        return -EPROTONOSUPPORT;
    if (type == SOCK_RAW)
        type = SOCK_DGRAM;
    if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET)
        return -ESOCKTNOSUPPORT;
    error = unix_create(ops_of(type), type, &made);
    if (error == 0)
        *out = &made->socket;
    return error;
}

const struct socket_family socket_family_unix = {.family = AF_UNIX, .create = family_create};
