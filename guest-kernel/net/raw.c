/* SPDX-License-Identifier: Apache-2.0 */
/* raw.c - raw sockets (raw(7)): they send packets of a protocol, and get a copy of each that comes, behind its IP
 * header. */
#include "abi/errno.h"
#include "abi/inet.h"
#include "abi/socket.h"
#include "core/thread.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "net/icmp.h"
#include "net/inet_group.h"
#include "net/udp.h"

#define ICMP_FILTER 1 /* of level SOL_RAW, or ICMPV6_FILTER of IPPROTO_ICMPV6 */
#define IP_HEADER 20u
#define SIZE_MOST (65535u - IP_HEADER)

static struct raw_socket *raw_of(struct socket *socket)
{
    return (struct raw_socket *)(void *)socket; /* its first member */
}

/* ---- what is sent ---- */

static int64_t raw_send(struct socket *socket, struct message *message)
{
    struct datagram_socket *datagram = datagram_of(socket);
    struct datagram_control control;
    struct inet_address to;
    struct datagram *made;
    uint32_t size = (uint32_t)message->iter->left;
    int error;

    if (message->iter->left > SIZE_MOST)
        return -EMSGSIZE;
    if (message->flags & MSG_OOB || datagram->inet.options.header_included)
        return -EOPNOTSUPP; /* packets with a header of the program's own aren't carried */
    error = datagram_destination(datagram, message, false, &to);
    if (error == 0)
        error = datagram_control_read(datagram, &to, message->control, &control);
    if (error != 0)
        return error;
    made = datagram_create(size);
    if (made == NULL)
        return -ENOMEM;
    if (size != 0 && iter_drain(message->iter, made->bytes, size) != (int64_t)size) {
        datagram_put(made);
        return -EFAULT;
    }
    made->to = to;
    if (inet_is_any(&datagram->inet.use.local))
        inet_set_source(&made->from, &to);
    else
        made->from = datagram->inet.use.local;
    made->ttl = control.ttl;
    made->tos = control.tos;
    if (socket->protocol == IPPROTO_ICMPV6 && size >= 4) {
        uint16_t sum;

        made->bytes[2] = made->bytes[3] = 0;
        sum = icmp_checksum(made->bytes, size, icmp_pseudo_header(made, IPPROTO_ICMPV6));
        memcpy(made->bytes + 2, &sum, sizeof(sum));
    }
    icmp_deliver(made, socket->protocol);
    return size;
}

/* ---- the rest ---- */

static int raw_bind(struct socket *socket, const struct socket_address *address)
{
    int error = inet_bind(inet_of(socket), address, NULL);

    return error;
}

static int raw_connect(struct socket *socket, const struct socket_address *address, bool nonblocking)
{
    struct datagram_socket *datagram = datagram_of(socket);

    (void)nonblocking;
    if (address->size < sizeof(address->family))
        return -EINVAL;
    if (address->family != AF_UNSPEC)
        return datagram_connect(datagram, address);
    datagram->is_connected = false;
    datagram->inet.use.peer = (struct inet_address){0};
    return 0;
}

/* Whether it is the option that says which types of ICMP the socket doesn't get; how long its value is. */
static uint32_t filter_size(const struct socket *socket, int level, int name)
{
    if (name != ICMP_FILTER)
        return 0;
    if (level == IPPROTO_RAW && socket->protocol == IPPROTO_ICMP)
        return 4;
    return level == IPPROTO_ICMPV6 && socket->protocol == IPPROTO_ICMPV6 ? 32 : 0;
}

static int raw_set_option(struct socket *socket, int level, int name, const void *value, uint32_t size)
{
    uint32_t most = filter_size(socket, level, name);

    if (most != 0) {
        memcpy(raw_of(socket)->filter, value, size < most ? size : most);
        return 0;
    }
    if (level == IPPROTO_IP && socket->family == AF_INET6)
        return -ENOPROTOOPT;
    if ((level == IPPROTO_IPV6 || level == IPPROTO_RAW) && name == IPV6_CHECKSUM && socket->family == AF_INET6)
        return socket->protocol == IPPROTO_ICMPV6 ? -EINVAL : 0;
    return inet_set_option(socket, level, name, value, size);
}

static int raw_get_option(struct socket *socket, int level, int name, void *value, uint32_t *size)
{
    uint32_t most = filter_size(socket, level, name);

    if (level == IPPROTO_IP && socket->family == AF_INET6)
        return -ENOPROTOOPT;
    if (level == IPPROTO_RAW && most == 0)
        return -ENOPROTOOPT;
    if (most == 0)
        return inet_get_option(socket, level, name, value, size);
    if (*size > most)
        *size = most;
    memcpy(value, raw_of(socket)->filter, *size);
    return 0;
}

static void raw_release(struct socket *socket)
{
    struct raw_socket *raw = raw_of(socket);

    list_remove(&raw->all);
    inet_group_leave_all(&raw->datagram.inet);
    datagram_clear(&raw->datagram);
    socket_end(&raw->datagram.inet.socket);
    kfree(raw);
}

static const struct socket_ops raw_ops = {
    .bind = raw_bind,
    .connect = raw_connect,
    .name = inet_name,
    .send = raw_send,
    .receive = datagram_receive,
    .shutdown = datagram_shutdown,
    .set_option = raw_set_option,
    .get_option = raw_get_option,
    .ioctl = datagram_ioctl,
    .poll = datagram_poll,
    .release = raw_release,
};

int raw_create(uint16_t family, unsigned protocol, struct socket **out)
{
    struct raw_socket *raw;

    if (!cred_has(&current_thread()->cred, CAP_NET_RAW))
        return -EPERM;
    raw = kmalloc(sizeof(*raw));
    if (raw == NULL)
        return -ENOMEM;
    inet_init(&raw->datagram.inet, &raw_ops, family, SOCK_RAW, protocol);
    raw->datagram.inet.options.header_included = protocol == IPPROTO_RAW;
    raw->datagram.inet.socket.reuse_address = true;
    raw_add(raw);
    *out = &raw->datagram.inet.socket;
    return 0;
}
