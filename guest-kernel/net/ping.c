/* SPDX-License-Identifier: Apache-2.0 */
/* ping.c - datagram sockets of ICMP (icmp(7)): they send echo requests, with their port as identifier, and get the
 * answers to these. */
#include "abi/errno.h"
#include "abi/inet.h"
#include "abi/socket.h"
#include "core/thread.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "net/datagram_outside.h"
#include "net/icmp.h"
#include "net/inet_group.h"
#include "net/inet_port.h"
#include "net/udp.h"

static struct raw_socket *ping_of(struct socket *socket)
{
    return (struct raw_socket *)(void *)socket; /* its first member */
}

static bool is_v4(const struct socket *socket)
{
    return socket->family == AF_INET;
}

static int get_identifier(struct inet_socket *inet)
{
    int error;

    if (inet->use.port != NULL)
        return 0;
    error = inet_port_take(&ping_table, &inet->use, 0);
    return error == -EADDRINUSE ? -EAGAIN : error;
}

static int ping_bind(struct socket *socket, const struct socket_address *address)
{
    return inet_bind(inet_of(socket), address, &ping_table);
}

static int ping_connect(struct socket *socket, const struct socket_address *address, bool nonblocking)
{
    struct datagram_socket *datagram = datagram_of(socket);
    int error;

    (void)nonblocking;
    if (address->size < sizeof(address->family))
        return -EINVAL;
    if (address->family == AF_UNSPEC) {
        datagram->is_connected = false;
        datagram->inet.use.peer = (struct inet_address){0};
        return datagram_outside_connect(datagram);
    }
    error = get_identifier(&datagram->inet);
    return error != 0 ? error : datagram_outside_connect_to(datagram, address);
}

static int64_t ping_send(struct socket *socket, struct message *message)
{
    struct datagram_socket *datagram = datagram_of(socket);
    struct datagram_control control;
    struct inet_address to;
    struct datagram *made;
    uint32_t size = (uint32_t)message->iter->left;
    uint16_t sum, port;
    int error = get_identifier(&datagram->inet);

    if (error != 0)
        return error;
    if (message->iter->left > 0xffff)
        return -EMSGSIZE;
    if (message->iter->left < ECHO_HEADER)
        return -EINVAL;
    if (message->flags & MSG_OOB)
        return -EOPNOTSUPP;
    error = datagram_destination(datagram, message, false, &to);
    if (error == 0)
        error = datagram_control_read(datagram, &to, message->control, &control);
    if (error == 0)
        error = datagram_outside_wait(datagram, &to, size, !(message->flags & MSG_DONTWAIT));
    if (error != 0)
        return error;
    made = datagram_create(size);
    if (made == NULL)
        return -ENOMEM;
    if (iter_drain(message->iter, made->bytes, size) != (int64_t)size)
        error = -EFAULT;
    else if (made->bytes[0] != (is_v4(socket) ? 8 : 128) || made->bytes[1] != 0)
        error = -EINVAL;
    if (error != 0) {
        datagram_put(made);
        return error;
    }
    made->to = to;
    if (inet_is_any(&datagram->inet.use.local))
        inet_set_source(&made->from, &to);
    else
        made->from = datagram->inet.use.local;
    made->ttl = control.ttl;
    made->tos = control.tos;
    port = __builtin_bswap16(datagram->inet.use.local.port);
    memcpy(made->bytes + 4, &port, sizeof(port));
    made->bytes[2] = made->bytes[3] = 0;
    sum = icmp_checksum(made->bytes, size, is_v4(socket) ? 0 : icmp_pseudo_header(made, IPPROTO_ICMPV6));
    memcpy(made->bytes + 2, &sum, sizeof(sum));
    if (inet_is_outside(&to)) {
        error = datagram_outside_send(datagram, made);
        return error != 0 ? error : (int64_t)size;
    }
    icmp_deliver(made, is_v4(socket) ? IPPROTO_ICMP : IPPROTO_ICMPV6);
    return size;
}

static void ping_release(struct socket *socket)
{
    struct raw_socket *ping = ping_of(socket);

    inet_port_leave(&ping->datagram.inet.use);
    inet_group_leave_all(&ping->datagram.inet);
    datagram_outside_end(&ping->datagram);
    datagram_clear(&ping->datagram);
    socket_end(&ping->datagram.inet.socket);
    kfree(ping);
}

static const struct socket_ops ping_ops = {
    .bind = ping_bind,
    .connect = ping_connect,
    .name = inet_name,
    .send = ping_send,
    .receive = datagram_receive,
    .shutdown = datagram_shutdown,
    .set_option = inet_set_option,
    .get_option = inet_get_option,
    .tuned = datagram_outside_tuned,
    .ioctl = datagram_ioctl,
    .poll = datagram_poll,
    .release = ping_release,
};

/* Whether one of the caller's groups may. */
static bool may_ping(void)
{
    const struct cred *cred = &current_thread()->cred;
    int64_t least = inet_settings.ping_group_least, most = inet_settings.ping_group_most;

    if (cred->group.effective >= least && cred->group.effective <= most)
        return true;
    for (uint32_t i = 0; cred->groups != NULL && i < cred->groups->count; i++)
        if (cred->groups->id[i] >= least && cred->groups->id[i] <= most)
            return true;
    return false;
}

int ping_create(uint16_t family, struct socket **out)
{
    struct raw_socket *ping;

    if (!may_ping())
        return -EACCES;
    ping = kmalloc(sizeof(*ping));
    if (ping == NULL)
        return -ENOMEM;
    inet_init(&ping->datagram.inet, &ping_ops, family, SOCK_DGRAM, family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
    *out = &ping->datagram.inet.socket;
    return 0;
}
