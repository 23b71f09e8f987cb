/* SPDX-License-Identifier: Apache-2.0 */
/* unix.c - local sockets from their making to their end; polling and shutdown. */
#include "net/unix.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "core/process.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "net/families.h"
#include "net/settings.h"
#include "vfs/mount.h"

#define READABLE (POLLIN | POLLRDNORM)
#define WRITABLE (POLLOUT | POLLWRNORM | POLLWRBAND)

int unix_datagrams_most = 10;
struct list unix_all = {&unix_all, &unix_all};

static const struct socket_ops *ops_of(unsigned type)
{
    if (type == SOCK_STREAM)
        return &unix_stream_ops;
    return type == SOCK_DGRAM ? &unix_datagram_ops : &unix_seqpacket_ops;
}

int unix_create(unsigned type, struct unix_socket **out)
{
    struct unix_socket *made = kmalloc(sizeof(*made));

    if (made == NULL)
        return -ENOMEM;
    socket_init(&made->socket, ops_of(type), AF_UNIX, type, 0);
    made->socket.receive_size = (uint32_t)socket_receive_default;
    made->socket.takes_files = true;
    made->refs = 1;
    made->backlog = (uint32_t)unix_datagrams_most;
    list_init(&made->senders);
    list_init(&made->of_peer);
    list_init(&made->flying);
    list_insert(&unix_all, &made->all);
    *out = made;
    return 0;
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
    error = unix_create(type, &made);
    if (error == 0)
        *out = &made->socket;
    return error;
}

const struct socket_family socket_family_unix = {.family = AF_UNIX, .create = family_create};

void unix_put(struct unix_socket *unix_socket)
{
    if (--unix_socket->refs != 0)
        return;
    list_remove(&unix_socket->all);
    unix_name_put(unix_socket->name);
    cred_groups_put(unix_socket->peer_groups);
    kfree(unix_socket);
}

void unix_set_peer(struct unix_socket *unix_socket, struct unix_socket *peer)
{
    struct unix_socket *was = unix_socket->peer;

    if (peer != NULL)
        unix_get(peer);
    unix_socket->peer = peer;
    list_remove(&unix_socket->of_peer);
    if (peer != NULL && unix_socket->socket.type == SOCK_DGRAM)
        list_insert(&peer->senders, &unix_socket->of_peer);
    if (was != NULL)
        unix_put(was);
}

void unix_introduce(struct unix_socket *to)
{
    cred_groups_put(to->peer_groups);
    to->peer_identity = socket_identity_now(false);
    to->peer_groups = current_thread()->cred.groups;
    cred_groups_get(to->peer_groups);
}

void unix_introduce_as(struct unix_socket *to, const struct unix_socket *other)
{
    cred_groups_put(to->peer_groups);
    to->peer_identity = other->peer_identity;
    to->peer_groups = other->peer_groups;
    cred_groups_get(to->peer_groups);
}

/* ---- the end ---- */

/* The peer learns of it: an error, if something that it has sent is lost. */
static void leave_peer(struct unix_socket *unix_socket, bool unaccepted)
{
    struct unix_socket *peer = unix_socket->peer;
    const struct unix_packet *unread = unix_socket->first;

    if (unread != NULL && unread->start == unread->end && unix_socket->socket.type == SOCK_STREAM)
        unread = unread->next; /* what was urgent, and has been read */
    if (peer != NULL && unix_is_connected_kind(unix_socket)) {
        peer->socket.read_shut = peer->socket.write_shut = true;
        if (unread != NULL || unaccepted)
            peer->socket.error = -ECONNRESET;
        socket_changed(&peer->socket, READABLE | WRITABLE | POLLHUP | POLLRDHUP | POLLERR);
    }
}

/* Nobody has accepted them, and nobody will. */
static void end_callers(struct unix_socket *unix_socket)
{
    struct unix_socket *caller;

    while ((caller = unix_socket->callers) != NULL) {
        unix_socket->callers = caller->next_caller;
        unix_end(caller, true);
    }
    unix_socket->callers_count = 0;
}

/* Those who have it as their peer find that out when they send: so they can, by now. */
static void leave_senders(struct unix_socket *unix_socket)
{
    const struct list *head = &unix_socket->senders;

    for (struct list *at = head->next, *next; at != head; at = next) {
        next = at->next;
        socket_changed(&container_of(at, struct unix_socket, of_peer)->socket, WRITABLE);
    }
}

void unix_end(struct unix_socket *unix_socket, bool unaccepted)
{
    struct path path = unix_socket->path;

    unix_name_forget(unix_socket);
    unix_socket->path = (struct path){0};
    unix_socket->dead = true;
    unix_socket->socket.read_shut = unix_socket->socket.write_shut = true;
    wait_wake_all(&unix_socket->room, 0);
    leave_peer(unix_socket, unaccepted);
    leave_senders(unix_socket);
    unix_socket->state = UNIX_CLOSED;
    unix_set_peer(unix_socket, NULL);
    end_callers(unix_socket);
    unix_queue_purge(unix_socket);
    if (unix_socket->spare != NULL)
        page_put(page_of(virt_to_phys(unix_socket->spare)));
    unix_socket->spare = NULL;
    if (path.mount != NULL)
        path_put(&path);
    unix_put(unix_socket);
}

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

const struct socket_ops unix_stream_ops = {
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

const struct socket_ops unix_datagram_ops = {
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

const struct socket_ops unix_seqpacket_ops = {
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
