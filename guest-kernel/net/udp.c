/* SPDX-License-Identifier: Apache-2.0 */
/* udp.c - sockets of UDP: how they are bound and connected, and what they send (udp(7)). */
#include "net/udp.h"

#include "abi/errno.h"
#include "abi/inet.h"
#include "abi/poll.h"
#include "abi/socket.h"
#include "core/wait.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "net/datagram_outside.h"
#include "net/inet_group.h"
#include "net/inet_port.h"
#include "net/outside.h"

#define SIZE_MOST 65507u  /* of IPv4: 64 KiB with the headers */
#define SIZE_MOST6 65527u /* of IPv6, where that one's header doesn't count */
#define SEGMENTS_MOST 128u
#define SEGMENTS_AT_ONCE 4u /* without a turn for others */

static struct udp_socket *udp_of(struct socket *socket)
{
    return (struct udp_socket *)(void *)socket; /* its first member */
}

/* ---- names ---- */

static struct inet_table *table_of(const struct inet_socket *inet)
{
    return inet->socket.protocol == IPPROTO_UDP ? &udp_table : &udplite_table;
}

static int udp_bind(struct socket *socket, const struct socket_address *address)
{
    int error;

    if (datagram_of(socket)->is_connected && inet_of(socket)->use.port != NULL)
        return -EINVAL;
    error = inet_bind(inet_of(socket), address, table_of(inet_of(socket)));
    if (error == 0 && outside_config != NULL)
        datagram_outside_bind(datagram_of(socket));
    return error;
}

static int get_port(struct inet_socket *inet)
{
    int error;

    if (inet->use.port != NULL)
        return 0;
    error = inet_port_take(table_of(inet), &inet->use, 0);
    return error == -EADDRINUSE ? -EAGAIN : error;
}

static void disconnect(struct datagram_socket *datagram)
{
    struct inet_socket *inet = &datagram->inet;

    datagram->is_connected = false;
    inet->use.peer = (struct inet_address){0};
    if (!inet->address_is_bound) {
        uint16_t port = inet->use.local.port;

        inet_set_any(&inet->use.local, inet->socket.family);
        inet->use.local.port = port;
    }
    if (!inet->port_is_bound) {
        inet_port_leave(&inet->use);
        inet->use.local.port = 0;
    }
}

static int udp_connect(struct socket *socket, const struct socket_address *address, bool nonblocking)
{
    struct datagram_socket *datagram = datagram_of(socket);
    int error;

    (void)nonblocking;
    if (address->size < sizeof(address->family))
        return -EINVAL;
    if (address->family == AF_UNSPEC) {
        disconnect(datagram);
        return datagram_outside_connect(datagram);
    }
    error = get_port(&datagram->inet);
    return error != 0 ? error : datagram_outside_connect_to(datagram, address);
}

/* ---- sending ---- */

static struct datagram *make(struct datagram_socket *datagram, const struct inet_address *to,
                             const struct datagram_control *control, uint32_t size)
{
    struct datagram *made = datagram_create(size);
    const struct inet_use *use = &datagram->inet.use;

    if (made == NULL)
        return NULL;
    made->to = *to;
    made->ttl = control->ttl;
    made->tos = control->tos;
    if (!inet_is_any(&control->source))
        made->from = control->source;
    else if (inet_is_any(&use->local) || inet_is_multicast(&use->local) || inet_is_broadcast(&use->local))
        inet_set_source(&made->from, to);
    else
        made->from = use->local;
    made->from.port = use->local.port;
    made->from.flow = made->from.scope = 0;
    return made;
}

/* In packets of `segment` bytes, or 0: in one. It may wait. */
static int64_t send_all(struct datagram_socket *datagram, struct datagram *whole, unsigned segment)
{
    const struct datagram_control control = {.ttl = whole->ttl, .tos = whole->tos, .source = whole->from};
    int64_t size = whole->size;
    unsigned count = 0;

    if (segment == 0 || whole->size <= segment) {
        udp_deliver(datagram, whole);
        return size;
    }
    for (uint32_t at = 0; at < whole->size; at += segment) {
        uint32_t part = whole->size - at < segment ? whole->size - at : segment;
        struct datagram *one = make(datagram, &whole->to, &control, part);

        if (one == NULL) {
            size = at != 0 ? size : -ENOMEM;
            break;
        }
        memcpy(one->bytes, whole->bytes + at, part);
        udp_deliver(datagram, one);
        if (++count % SEGMENTS_AT_ONCE == 0) /* each may have gone to many sockets */
            (void)wait_loop_ends(true);
    }
    datagram_put(whole);
    return size;
}

/* -EINVAL: they were too many packets together, and are lost, as on Linux. */
static int64_t send_gathered(struct udp_socket *udp)
{
    struct datagram *gathered = udp->gathered;

    udp->gathered = NULL;
    if (gathered == NULL)
        return 0;
    if (udp->segment != 0 && gathered->size > udp->segment * SEGMENTS_MOST) {
        datagram_put(gathered);
        return -EINVAL;
    }
    return send_all(&udp->datagram, gathered, udp->segment);
}

/* Adds to what is held back; the first of the sends said where it goes. */
static int64_t gather(struct udp_socket *udp, struct datagram *more)
{
    struct datagram *before = udp->gathered, *both;
    int64_t size = more->size;

    if (before == NULL) {
        udp->gathered = more;
        return size;
    }
    if (before->size + more->size > SIZE_MOST) {
        datagram_put(more);
        udp->gathered = NULL;
        datagram_put(before);
        return -EMSGSIZE;
    }
    both = datagram_create(before->size + more->size);
    if (both == NULL) {
        datagram_put(more);
        return -ENOMEM;
    }
    both->to = before->to;
    both->from = before->from;
    both->ttl = before->ttl;
    both->tos = before->tos;
    memcpy(both->bytes, before->bytes, before->size);
    memcpy(both->bytes + before->size, more->bytes, more->size);
    datagram_put(before);
    datagram_put(more);
    udp->gathered = both;
    return size;
}

static int check_size(const struct inet_address *to, uint64_t size, unsigned segment)
{
    if (size > (inet_is_v4(to) ? SIZE_MOST : SIZE_MOST6))
        return -EMSGSIZE;
    if (segment != 0 && size > (uint64_t)segment * SEGMENTS_MOST)
        return -EINVAL;
    return 0;
}

static int64_t udp_send(struct socket *socket, struct message *message)
{
    struct udp_socket *udp = udp_of(socket);
    struct datagram_socket *datagram = &udp->datagram;
    struct datagram_control control;
    struct datagram *made;
    struct inet_address to;
    uint32_t size = (uint32_t)message->iter->left;
    int64_t sent;
    int error = get_port(&datagram->inet);

    if (error != 0)
        return error;
    if (message->iter->left > DATAGRAM_MOST)
        return -EMSGSIZE;
    if (udp->gathered != NULL)
        to = udp->gathered->to;
    else
        error = datagram_destination(datagram, message, true, &to);
    if (error == 0 && (message->flags & MSG_OOB) && inet_is_v4(&to))
        return -EOPNOTSUPP; /* IPv6 doesn't look */
    if (error == 0)
        error = datagram_control_read(datagram, &to, message->control, &control);
    if (error == 0 && control.segment == 0)
        control.segment = udp->segment;
    if (error == 0 && socket->write_shut)
        error = -EPIPE;
    if (error == 0)
        error = check_size(&to, size, control.segment);
    if (error == 0)
        error = socket_take_error(socket);
    if (error == 0)
        error = datagram_outside_wait(datagram, &to, size, !(message->flags & MSG_DONTWAIT));
    if (error != 0)
        return error;
    made = make(datagram, &to, &control, size);
    if (made == NULL)
        return -ENOMEM;
    if (size != 0 && iter_drain(message->iter, made->bytes, size) != (int64_t)size) {
        datagram_put(made);
        return -EFAULT;
    }
    if (!udp->cork && !(message->flags & MSG_MORE) && udp->gathered == NULL)
        return send_all(datagram, made, control.segment);
    error = (int)gather(udp, made);
    if (error < 0 || udp->cork || (message->flags & MSG_MORE))
        return error;
    sent = send_gathered(udp);
    return sent < 0 ? sent : error;
}

/* ---- the rest ---- */

static int udp_name(struct socket *socket, bool peer, struct socket_address *out)
{
    if (peer && (!datagram_of(socket)->is_connected || inet_of(socket)->use.peer.port == 0))
        return -ENOTCONN;
    return inet_name(socket, peer, out);
}

static int set_option(struct socket *socket, int level, int name, const void *value, uint32_t size)
{
    struct udp_socket *udp = udp_of(socket);
    int error = udp_set_option(socket, level, name, value, size);

    if (error == 0 && level == IPPROTO_UDP && name == UDP_CORK && !udp->cork)
        (void)send_gathered(udp);
    return error;
}

static void udp_release(struct socket *socket)
{
    struct udp_socket *udp = udp_of(socket);

    inet_port_leave(&udp->datagram.inet.use);
    inet_group_leave_all(&udp->datagram.inet);
    datagram_outside_end(&udp->datagram);
    datagram_clear(&udp->datagram);
    if (udp->gathered != NULL)
        datagram_put(udp->gathered);
    socket_end(&udp->datagram.inet.socket);
    kfree(udp);
}

static const struct socket_ops udp_ops = {
    .bind = udp_bind,
    .connect = udp_connect,
    .name = udp_name,
    .send = udp_send,
    .receive = datagram_receive,
    .shutdown = datagram_shutdown,
    .set_option = set_option,
    .get_option = udp_get_option,
    .tuned = datagram_outside_tuned,
    .ioctl = datagram_ioctl,
    .poll = datagram_poll,
    .release = udp_release,
};

int udp_create(uint16_t family, unsigned protocol, struct socket **out)
{
    struct udp_socket *udp = kmalloc(sizeof(*udp));

    if (udp == NULL)
        return -ENOMEM;
    inet_init(&udp->datagram.inet, &udp_ops, family, SOCK_DGRAM, protocol);
    *out = &udp->datagram.inet.socket;
    return 0;
}
