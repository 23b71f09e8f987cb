/* SPDX-License-Identifier: Apache-2.0 */
/* inet.c - AF_INET and AF_INET6: which sockets there are, and what all of them do alike. */
#include "net/inet.h"

#include "abi/errno.h"
#include "abi/inet.h"
#include "abi/socket.h"
#include "core/thread.h"
#include "net/families.h"
#include "net/inet_port.h"
#include "net/tcp.h"
#include "net/udp.h"

struct inet_settings inet_settings = {
    .port_least = 32768,
    .port_most = 60999,
    .unprivileged_port = 1024,
    .default_ttl = 64,
    .time_wait_most = 8192,
    .orphans_most = 8192,
    .fin_timeout = 60,
    .keepalive_time = 7200,
    .keepalive_interval = 75,
    .keepalive_probes = 9,
    .syn_retries = 6,
    .ping_group_least = 1,
    .ping_group_most = 0,
};

void inet_init(struct inet_socket *inet, const struct socket_ops *ops, uint16_t family, unsigned type,
               unsigned protocol)
{
    socket_init(&inet->socket, ops, family, type, protocol);
    inet->options = (struct inet_options){
        .ttl = -1,
        .hops = -1,
        .multicast_ttl = 1,
        .multicast_hops = 1,
        .multicast_loop = true,
        .multicast_loop6 = true,
        .multicast_all = true,
        .mtu_discover = 1,
        .mtu_discover6 = 1,
        .auto_flow_label = true,
        .v6_only = inet_settings.v6_only != 0,
    };
    inet_set_any(&inet->use.local, family);
    inet->use.socket = inet;
    inet->use.user = current_thread()->cred.user.fs;
}

/* ---- names ---- */

/* May the socket have this address? */
static int check_local(const struct inet_socket *inet, const struct inet_address *address)
{
    bool v6 = inet->socket.family == AF_INET6;

    if (v6 && inet_is_v4(address) && inet->options.v6_only)
        return -EINVAL;
    if (v6 && !inet_is_v4(address) && inet_is_multicast(address))
        return inet->socket.type == SOCK_STREAM ? -EINVAL : 0;
    if (inet_is_any(address) || inet_is_local(address) || inet->options.free_bind || inet->options.transparent)
        return 0;
    if (inet_is_v4(address) && (inet_is_multicast(address) || inet_is_broadcast(address)))
        return 0;
    if (address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80)
        return address->scope == 0 ? -EINVAL : address->scope == LO_INDEX ? -EADDRNOTAVAIL : -ENODEV;
    return -EADDRNOTAVAIL;
}

static int check_port(uint16_t port)
{
    if (port == 0 || port >= inet_settings.unprivileged_port || cred_has(&current_thread()->cred, CAP_NET_BIND_SERVICE))
        return 0;
    return -EACCES;
}

/* An address of no family is 0.0.0.0, for programs that never set it. */
static int take_local(const struct inet_socket *inet, const struct socket_address *given, struct inet_address *out)
{
    int error = inet_address_take(inet->socket.family, given, out);

    if (error == -EAFNOSUPPORT && inet->socket.family == AF_INET && given->family == AF_UNSPEC) {
        struct socket_address again = *given;

        again.family = AF_INET;
        error = inet_address_take(AF_INET, &again, out);
        if (error == 0 && !inet_is_any(out))
            error = -EAFNOSUPPORT;
    }
    return error;
}

int inet_bind(struct inet_socket *inet, const struct socket_address *address, struct inet_table *table)
{
    struct inet_use *use = &inet->use;
    struct inet_address to, was = use->local;
    int error = take_local(inet, address, &to);

    if (error == 0)
        error = check_local(inet, &to);
    if (error == 0 && table != NULL)
        error = check_port(to.port);
    if (error != 0)
        return error;
    if (table != NULL && use->port != NULL)
        return -EINVAL;
    use->local = to;
    use->local.port = 0;
    if (table != NULL && (to.port != 0 || !inet->options.no_port_at_bind))
        error = inet_port_take(table, use, to.port);
    if (error != 0) {
        use->local = was;
        return error;
    }
    inet->address_is_bound = !inet_is_any(&to);
    inet->port_is_bound = to.port != 0;
    return 0;
}

int inet_name(struct socket *socket, bool peer, struct socket_address *out)
{
    const struct inet_socket *inet = inet_of(socket);

    if (peer && inet->use.peer.port == 0 && inet_is_any(&inet->use.peer))
        return -ENOTCONN;
    inet_address_give(socket->family, peer ? &inet->use.peer : &inet->use.local, out);
    return 0;
}

/* ---- making them ---- */

static int create_tcp(uint16_t family, struct socket **out)
{
    struct tcp_socket *tcp;
    int error = tcp_create(family, &tcp);

    if (error == 0)
        *out = tcp_socket_of(tcp);
    return error;
}

static int create(uint16_t family, unsigned type, unsigned protocol, struct socket **out)
{
    unsigned icmp = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;

    if (protocol >= IPPROTO_END)
        return -EINVAL;
    if (type == SOCK_STREAM)
        return protocol == 0 || protocol == IPPROTO_TCP ? create_tcp(family, out) : -EPROTONOSUPPORT;
    if (type == SOCK_DGRAM) {
        if (protocol == 0 || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE)
            return udp_create(family, protocol != 0 ? protocol : IPPROTO_UDP, out);
        return protocol == icmp ? ping_create(family, out) : -EPROTONOSUPPORT;
    }
    if (type == SOCK_RAW)
        return protocol == 0 ? -EPROTONOSUPPORT : raw_create(family, protocol, out);
    return -ESOCKTNOSUPPORT;
}

static int create4(unsigned type, unsigned protocol, struct socket **out)
{
    return create(AF_INET, type, protocol, out);
}

static int create6(unsigned type, unsigned protocol, struct socket **out)
{
    return create(AF_INET6, type, protocol, out);
}

const struct socket_family socket_family_inet = {.family = AF_INET, .create = create4};
const struct socket_family socket_family_inet6 = {.family = AF_INET6, .create = create6};

void inet_end(void)
{
    tcp_orphans_end();
    tcp_time_wait_end();
}
