/* SPDX-License-Identifier: Apache-2.0 */
/* unix_connect.c - how local sockets become each other's peers: connect, listen, accept, socketpair. */
#include "abi/errno.h"
#include "abi/poll.h"
#include "core/process.h"
#include "net/unix.h"

#define READABLE (POLLIN | POLLRDNORM)
#define WRITABLE (POLLOUT | POLLWRNORM | POLLWRBAND)

/* ---- listen and accept ---- */

int unix_listen(struct socket *socket, unsigned backlog)
{
    struct unix_socket *unix_socket = unix_of(socket);

    if (unix_socket->name == NULL || unix_socket->state == UNIX_CONNECTED)
        return -EINVAL;
    if (backlog > unix_socket->backlog)
        wait_wake_all(&unix_socket->room, 0);
    unix_socket->backlog = backlog;
    unix_socket->state = UNIX_LISTENS;
    socket->listens = true;
    unix_introduce(unix_socket);
    return 0;
}

static struct unix_socket *caller_take(struct unix_socket *listener)
{
    struct unix_socket *caller = listener->callers;

    unix_rights_changes++;
    listener->callers = caller->next_caller;
    if (listener->callers == NULL)
        listener->last_caller = NULL;
    caller->next_caller = NULL;
    listener->callers_count--;
    wait_wake_all(&listener->room, POLLOUT);
    return caller;
}

int unix_accept(struct socket *socket, bool nonblocking, struct socket **out)
{
    struct unix_socket *listener = unix_of(socket);
    uint64_t deadline_ns = nonblocking ? 0 : socket_deadline(socket->receive_timeout_ns);
    int error = 0;

    if (listener->state != UNIX_LISTENS)
        return -EINVAL;
    while (listener->callers == NULL) {
        if (socket->error != 0)
            return socket_take_error(socket);
        if (nonblocking)
            return -EAGAIN;
        if (socket->read_shut)
            return -EINVAL;
        if (error != 0)
            return error;
        error = socket_wait(socket, READABLE, deadline_ns);
    }
    struct unix_socket *caller = caller_take(listener);
    caller->socket.pass_identity = socket->pass_identity;
    caller->socket.pass_security = socket->pass_security;
    caller->socket.pass_pidfd = socket->pass_pidfd;
    *out = &caller->socket;
    return 0;
}

/* ---- connect ---- */

static int autobind_if_asked(struct unix_socket *unix_socket)
{
    return unix_socket->socket.pass_identity || unix_socket->socket.pass_pidfd ? unix_autobind(unix_socket) : 0;
}

/* The two are connected; the other end waits to be accepted. */
static void call(struct unix_socket *caller, struct unix_socket *listener, struct unix_socket *made)
{
    made->state = caller->state = UNIX_CONNECTED;
    made->name = listener->name;
    made->name->refs++;
    unix_introduce(made);
    unix_introduce_as(caller, listener);
    unix_set_peer(made, caller);
    unix_set_peer(caller, made);
    if (listener->last_caller != NULL)
        listener->last_caller->next_caller = made;
    else
        listener->callers = made;
    listener->last_caller = made;
    listener->callers_count++;
    socket_changed(&listener->socket, READABLE);
    socket_changed(&caller->socket, WRITABLE);
}

/* Whether it can be called now: 0, -ECONNREFUSED, -EAGAIN. */
static int may_call(const struct unix_socket *listener)
{
    if (listener->state != UNIX_LISTENS || listener->socket.read_shut || listener->dead)
        return -ECONNREFUSED;
    return listener->callers_count > listener->backlog ? -EAGAIN : 0;
}

int unix_stream_connect(struct socket *socket, const struct socket_address *address, bool nonblocking)
{
    struct unix_socket *caller = unix_of(socket), *listener, *made;
    uint64_t deadline_ns = nonblocking ? 0 : socket_deadline(socket->send_timeout_ns);
    int waited = 0, error = unix_address_check(address);

    if (error == 0)
        error = autobind_if_asked(caller);
    if (error != 0)
        return error;
    error = unix_create(socket->ops, socket->type, &made);
    if (error != 0)
        return error;
    for (;;) {
        error = unix_find(address, socket->type, &listener);
        if (error != 0)
            break;
        error = may_call(listener);
        if (error == 0 && caller->state != UNIX_CLOSED)
            error = caller->state == UNIX_CONNECTED ? -EISCONN : -EINVAL;
        if (error == 0) {
            call(caller, listener, made);
            unix_put(listener);
            return 0;
        }
        if (error != -EAGAIN || nonblocking || waited != 0) {
            unix_put(listener);
            error = waited != 0 ? waited : error;
            break;
        }
        waited = socket_wait_error(wait_on(&listener->room, deadline_ns, WAIT_INTERRUPTIBLE), deadline_ns);
        unix_put(listener);
        if (waited != 0 && waited != -EAGAIN) { /* a signal */
            error = waited;
            break;
        }
    }
    unix_end(made, false);
    return error;
}

/* ---- datagrams ---- */

/* Messages that a former peer has sent are lost, of which it learns if this one was its peer too. */
static void leave(struct unix_socket *unix_socket, struct unix_socket *peer)
{
    if (unix_socket->first == NULL)
        return;
    unix_queue_purge(unix_socket);
    if (!peer->dead && peer->peer == unix_socket) {
        peer->socket.error = -ECONNRESET;
        socket_changed(&peer->socket, POLLERR);
    }
}

static void change_peer(struct unix_socket *unix_socket, struct unix_socket *peer)
{
    struct unix_socket *was = unix_socket->peer;

    if (was != NULL)
        unix_get(was);
    unix_set_peer(unix_socket, peer);
    unix_socket->state = peer != NULL ? UNIX_CONNECTED : UNIX_CLOSED;
    if (was == NULL)
        return;
    socket_changed(&unix_socket->socket, WRITABLE);
    if (was != peer)
        leave(unix_socket, was);
    unix_put(was);
}

int unix_datagram_connect(struct socket *socket, const struct socket_address *address, bool nonblocking)
{
    struct unix_socket *unix_socket = unix_of(socket), *peer;
    int error;

    (void)nonblocking;
    if (address->size < sizeof(address->family))
        return -EINVAL;
    if (address->family == AF_UNSPEC) {
        change_peer(unix_socket, NULL);
        return 0;
    }
    error = unix_address_check(address);
    if (error == 0)
        error = autobind_if_asked(unix_socket);
    if (error == 0)
        error = unix_find(address, SOCK_DGRAM, &peer);
    if (error != 0)
        return error;
    if (peer->dead)
        error = -ECONNREFUSED;
    else if (peer->peer != NULL && peer->peer != unix_socket)
        error = -EPERM;
    else
        change_peer(unix_socket, peer);
    unix_put(peer);
    return error;
}

/* ---- socketpair ---- */

int unix_pair(struct socket *first, struct socket *second)
{
    unix_set_peer(unix_of(first), unix_of(second));
    unix_set_peer(unix_of(second), unix_of(first));
    unix_introduce(unix_of(first));
    unix_introduce(unix_of(second));
    unix_of(first)->state = unix_of(second)->state = UNIX_CONNECTED;
    return 0;
}
