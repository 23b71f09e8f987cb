/* SPDX-License-Identifier: Apache-2.0 */
/* inet_bind.c - bind(2) of AF_INET and AF_INET6: which addresses and ports a socket may have. */
#include "abi/errno.h"
#include "abi/inet.h"
#include "abi/socket.h"
#include "core/thread.h"
#include "net/inet_port.h"

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
