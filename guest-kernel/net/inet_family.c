/* SPDX-License-Identifier: Apache-2.0 */
/* inet_family.c - AF_INET and AF_INET6: which sockets there are. */
#include "abi/errno.h"
#include "abi/inet.h"
#include "abi/socket.h"
#include "net/families.h"
#include "net/outside.h"
#include "net/tcp.h"
#include "net/udp.h"

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
    outside_end();
}
