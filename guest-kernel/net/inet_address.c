/* SPDX-License-Identifier: Apache-2.0 */
/* inet_address.c - addresses of AF_INET and AF_INET6: what programs give and get, and what is in the VM. */
#include "abi/errno.h"
#include "abi/inet.h"
#include "abi/socket.h"
#include "lib/string.h"
#include "net/outside.h"
#include "net/inet.h"

#define V4 12u /* where the four bytes of IPv4 are */

static bool is_loopback6(const struct inet_address *address)
{
    return address->halves[0] == 0 && address->words[2] == 0 && address->words[3] == 0x01000000u;
}

bool inet_is_loopback(const struct inet_address *address)
{
    return inet_is_v4(address) ? address->bytes[V4] == 127 : is_loopback6(address);
}

static bool is_of_link(const struct inet_address *address)
{
    return (address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80) ||
           (address->bytes[0] == 0xff && (address->bytes[1] & 0x0f) <= 2);
}

bool inet_is_broadcast(const struct inet_address *address)
{
    return inet_is_v4(address) && (address->words[3] == 0xffffffffu || address->words[3] == 0xffffff7fu);
}

static bool is_own(const struct inet_address *address)
{
    const uint8_t *own = inet_is_v4(address) ? outside_config->address4 : outside_config->address6;

    return memcmp(address->bytes, own, sizeof(address->bytes)) == 0;
}

bool inet_is_local(const struct inet_address *address)
{
    if (outside_config != NULL && !inet_is_any(address) && is_own(address))
        return true;
    if (inet_is_v4(address))
        return address->bytes[V4] == 127 && !inet_is_broadcast(address);
    return is_loopback6(address);
}

bool inet_is_multicast(const struct inet_address *address)
{
    return inet_is_v4(address) ? (address->bytes[V4] & 0xf0) == 0xe0 : address->bytes[0] == 0xff;
}

void inet_set_any(struct inet_address *address, uint16_t family)
{
    *address = (struct inet_address){.port = address->port};
    if (family == AF_INET)
        address->words[2] = 0xffff0000u;
}

void inet_set_source(struct inet_address *source, const struct inet_address *to)
{
    bool v4 = inet_is_v4(to);

    bool is_own_net = outside_config != NULL && !inet_is_any(to) && !inet_is_loopback(to);

    inet_set_any(source, v4 ? AF_INET : AF_INET6);
    if (is_own_net)
        memcpy(source->bytes, v4 ? outside_config->address4 : outside_config->address6, sizeof(source->bytes));
    else
        source->words[3] = v4 ? 0x0100007fu : 0x01000000u;
}

int inet_address_take(uint16_t family, const struct socket_address *given, struct inet_address *out)
{
    struct sockaddr_in6_user in6 = {0};
    struct sockaddr_in_user in;

    *out = (struct inet_address){0};
    if (given->size < (family == AF_INET ? sizeof(in) : SOCKADDR_IN6_OLD_SIZE)) {
        /* A socket of IPv6 sends to an address of IPv4 as well, which is shorter: for net/udp.c. */
        return -EINVAL;
    }
    if (given->family != family)
        return -EAFNOSUPPORT;
    if (family == AF_INET) {
        memcpy(&in, given->bytes, sizeof(in));
        out->words[2] = 0xffff0000u;
        memcpy(out->bytes + V4, in.address, sizeof(in.address));
        out->port = __builtin_bswap16(in.port);
        return 0;
    }
    memcpy(&in6, given->bytes, given->size < sizeof(in6) ? given->size : sizeof(in6));
    memcpy(out->bytes, in6.address, sizeof(in6.address));
    out->port = __builtin_bswap16(in6.port);
    out->flow = in6.flow;
    if (is_of_link(out))
        out->scope = in6.scope;
    return 0;
}

void inet_address_give(uint16_t family, const struct inet_address *address, struct socket_address *out)
{
    *out = (struct socket_address){0};
    if (family == AF_INET) {
        struct sockaddr_in_user in = {.family = AF_INET, .port = __builtin_bswap16(address->port)};

        memcpy(in.address, address->bytes + V4, sizeof(in.address));
        memcpy(out->bytes, &in, sizeof(in));
        out->size = sizeof(in);
    } else {
        struct sockaddr_in6_user in6 = {
            .family = AF_INET6, .port = __builtin_bswap16(address->port), .scope = address->scope};

        memcpy(in6.address, address->bytes, sizeof(in6.address));
        memcpy(out->bytes, &in6, sizeof(in6));
        out->size = sizeof(in6);
    }
}

bool inet_is_outside(const struct inet_address *address)
{
    return outside_config != NULL && !inet_is_local(address) && !inet_is_multicast(address) &&
           !inet_is_broadcast(address);
}

/* Whether the first `bits` bits are the same. */
static bool is_in_net(const uint8_t *address, const uint8_t *net, unsigned bits)
{
    unsigned bytes = bits / 8, rest = bits % 8;

    return memcmp(address, net, bytes) == 0 && (rest == 0 || (address[bytes] ^ net[bytes]) >> (8 - rest) == 0);
}

/* Where there is a network: does a route lead there? */
static int route_outside(const struct inet_address *local, const struct inet_address *to)
{
    const struct lvmm_net_config *config = outside_config;
    bool v4 = inet_is_v4(to);
    const uint8_t *own = v4 ? config->address4 : config->address6;
    static const uint8_t none[16];

    if (memcmp(own, none, sizeof(none)) == 0)
        return -ENETUNREACH;
    if (inet_is_loopback(local))
        return v4 ? -EINVAL : -ENETUNREACH;
    if (config->flags & LVMM_NET_OUT)
        return 0;
    return is_in_net(to->bytes, own, v4 ? 96u + config->prefix4 : config->prefix6) ? 0 : -ENETUNREACH;
}

int inet_route(const struct inet_socket *inet, struct inet_address *to)
{
    const struct inet_address *local = &inet->use.local;

    if (inet_is_any(to)) {
        /* A socket of IPv6 that is bound to an address of IPv4 means that family's. */
        bool v4 = inet_is_v4(to) || (inet_is_v4(local) && inet->socket.family == AF_INET6);
        uint16_t port = to->port;
        struct inet_address of = {0};

        inet_set_any(&of, v4 ? AF_INET : AF_INET6);
        if (!inet_is_any(local) && inet_is_v4(local) == v4)
            of = *local;
        else
            inet_set_source(&of, &of);
        of.port = port;
        of.scope = 0;
        *to = of;
    }
    if (inet->socket.family == AF_INET6 && inet_is_v4(to) && inet->options.v6_only)
        return -ENETUNREACH;
    if (!inet_is_any(local) && inet_is_v4(local) != inet_is_v4(to))
        return inet_is_v4(to) ? -ENETUNREACH : -EAFNOSUPPORT;
    if (!inet_is_v4(to) && is_of_link(to) && to->scope == 0 && !inet_is_multicast(to))
        return -EINVAL;
    if (inet->options.device == ETH_INDEX && inet_is_loopback(to))
        return -ENETUNREACH;
    if (inet_is_local(to) || inet_is_multicast(to) || inet_is_broadcast(to))
        return 0;
    if (inet->options.device == LO_INDEX)
        return -ENETUNREACH;
    return outside_config != NULL ? route_outside(local, to) : -ENETUNREACH;
}
