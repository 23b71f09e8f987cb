/* SPDX-License-Identifier: Apache-2.0 */
/* netlink_route.c - rtnetlink(7): the interfaces, their addresses and the routes. They stay as they are. */
#include "abi/errno.h"
#include "abi/inet.h"
#include "abi/socket.h"
#include "lib/string.h"
#include "net/inet.h"
#include "net/netlink.h"

enum {
    RTM_NEWLINK = 16,
    RTM_GETLINK = 18,
    RTM_SETLINK = 19,
    RTM_NEWADDR = 20,
    RTM_GETADDR = 22,
    RTM_NEWROUTE = 24,
    RTM_GETROUTE = 26,
    RTM_GETNEIGH = 30,
    RTM_GETRULE = 34,
    RTM_GETQDISC = 38,
    RTM_MOST = 123,
};

struct link_info { /* struct ifinfomsg */
    uint8_t family, padding;
    uint16_t type;
    int32_t index;
    uint32_t flags, change;
};
struct address_info { /* struct ifaddrmsg */
    uint8_t family, prefix, flags, scope;
    uint32_t index;
};
struct route_info { /* struct rtmsg */
    uint8_t family, to_bits, from_bits, tos, table, protocol, scope, type;
    uint32_t flags;
};

#define SCOPE_HOST 254u
#define SCOPE_LINK 253u
#define SCOPE_GLOBAL 0u
#define PERMANENT 0x80u
#define TABLE_LOCAL 255u
#define TABLE_MAIN 254u
#define PROTOCOL_KERNEL 2u
#define PROTOCOL_BOOT 3u

enum {
    IFLA_ADDRESS = 1,
    IFLA_BROADCAST = 2,
    IFLA_IFNAME = 3,
    IFLA_MTU = 4,
    IFLA_QDISC = 6,
    IFLA_STATS = 7,
    IFLA_TXQLEN = 13
};
enum { IFLA_OPERSTATE = 16, IFLA_LINKMODE = 17, IFLA_STATS64 = 23, IFLA_GROUP = 27, IFLA_PROMISCUITY = 30 };
enum { IFLA_NUM_TX_QUEUES = 31, IFLA_NUM_RX_QUEUES = 32, IFLA_CARRIER = 33, IFLA_CARRIER_CHANGES = 35 };
enum { IFA_ADDRESS = 1, IFA_LOCAL = 2, IFA_LABEL = 3, IFA_BROADCAST = 4, IFA_CACHEINFO = 6, IFA_FLAGS = 8 };
enum {
    RTA_DST = 1,
    RTA_OIF = 4,
    RTA_GATEWAY = 5,
    RTA_PRIORITY = 6,
    RTA_PREFSRC = 7,
    RTA_CACHEINFO = 12,
    RTA_TABLE = 15,
    RTA_PREF = 20
};
enum { RTN_UNICAST = 1, RTN_LOCAL = 2, RTN_BROADCAST = 3 };

enum { OPERSTATE_UNKNOWN = 0, OPERSTATE_UP = 6 };

static const uint8_t all_stations[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* ---- the interfaces ---- */

static bool put_link(struct netlink_writer *writer, const struct interface *interface, uint16_t flags,
                     uint32_t sequence, uint32_t port)
{
    static const uint8_t nothing[25 * 8];
    bool is_lo = interface->index == LO_INDEX;
    struct link_info *link = netlink_begin(writer, RTM_NEWLINK, flags, sequence, port, sizeof(*link));

    if (link != NULL)
        *link = (struct link_info){.type = interface->type,
                                   .index = (int32_t)interface->index,
                                   .flags = interface->flags | INTERFACE_LOWER_UP};
    netlink_add(writer, IFLA_IFNAME, interface->name, (uint32_t)strlen(interface->name) + 1);
    netlink_add_u32(writer, IFLA_TXQLEN, 1000);
    netlink_add_u8(writer, IFLA_OPERSTATE, is_lo ? OPERSTATE_UNKNOWN : OPERSTATE_UP);
    netlink_add_u8(writer, IFLA_LINKMODE, 0);
    netlink_add_u32(writer, IFLA_MTU, interface->mtu);
    netlink_add_u32(writer, IFLA_GROUP, 0);
    netlink_add_u32(writer, IFLA_PROMISCUITY, 0);
    netlink_add_u32(writer, IFLA_NUM_TX_QUEUES, 1);
    netlink_add_u32(writer, IFLA_NUM_RX_QUEUES, 1);
    netlink_add_u8(writer, IFLA_CARRIER, 1);
    netlink_add(writer, IFLA_QDISC, "noqueue", sizeof("noqueue"));
    netlink_add_u32(writer, IFLA_CARRIER_CHANGES, 0);
    netlink_add(writer, IFLA_ADDRESS, interface->hardware, sizeof(interface->hardware));
    netlink_add(writer, IFLA_BROADCAST, is_lo ? nothing : all_stations, 6);
    netlink_add(writer, IFLA_STATS64, nothing, 25 * 8);
    netlink_add(writer, IFLA_STATS, nothing, 24 * 4);
    return netlink_end(writer);
}

static bool dump_links(struct netlink_dump *dump, struct netlink_writer *writer)
{
    struct interface interface;

    for (uint32_t index = LO_INDEX; interface_get(index, &interface); index++)
        (void)put_link(writer, &interface, NLM_F_MULTI, dump->sequence, dump->port);
    return true;
}

/* The one that a request names, and nothing else: 0, -ENODEV, -EINVAL. */
static int find_link(const struct netlink_request *request, struct interface *out)
{
    struct link_info link;
    const char *name;
    uint32_t size;

    if (request->size < sizeof(link))
        return -EINVAL;
    memcpy(&link, request->body, sizeof(link));
    if (link.index != 0)
        return link.index > 0 && interface_get((uint32_t)link.index, out) ? 0 : -ENODEV;
    name = netlink_find(request, sizeof(link), IFLA_IFNAME, &size);
    if (name == NULL)
        return -EINVAL;
    return interface_find(name, size, out) ? 0 : -ENODEV;
}

/* ---- addresses ---- */

static void put_address(struct netlink_writer *writer, const struct netlink_dump *dump,
                        const struct interface *interface, uint8_t family)
{
    const uint32_t lifetime[4] = {UINT32_MAX, UINT32_MAX, 0, 0};
    struct address_info *info =
        netlink_begin(writer, RTM_NEWADDR, NLM_F_MULTI, dump->sequence, dump->port, sizeof(*info));
    uint8_t all[4];

    if (info != NULL)
        *info = (struct address_info){.family = family,
                                      .prefix = family == AF_INET ? interface->prefix : interface->prefix6,
                                      .flags = PERMANENT,
                                      .scope = interface->index == LO_INDEX ? SCOPE_HOST : SCOPE_GLOBAL,
                                      .index = interface->index};
    if (family == AF_INET) {
        netlink_add(writer, IFA_ADDRESS, interface->address, sizeof(interface->address));
        netlink_add(writer, IFA_LOCAL, interface->address, sizeof(interface->address));
        if (interface->flags & INTERFACE_BROADCAST) {
            interface_broadcast(interface, all);
            netlink_add(writer, IFA_BROADCAST, all, sizeof(all));
        }
        netlink_add(writer, IFA_LABEL, interface->name, (uint32_t)strlen(interface->name) + 1);
    } else {
        netlink_add(writer, IFA_ADDRESS, interface->address6, sizeof(interface->address6));
    }
    netlink_add_u32(writer, IFA_FLAGS, PERMANENT);
    netlink_add(writer, IFA_CACHEINFO, lifetime, sizeof(lifetime));
    (void)netlink_end(writer);
}

/* Those of IPv4 come first, of all interfaces. */
static bool dump_addresses(struct netlink_dump *dump, struct netlink_writer *writer)
{
    static const uint8_t families[] = {AF_INET, AF_INET6}, none[16];
    struct interface interface;

    for (unsigned i = 0; i < sizeof(families); i++) {
        for (uint32_t index = LO_INDEX; interface_get(index, &interface); index++) {
            bool has = families[i] == AF_INET || memcmp(interface.address6, none, sizeof(none)) != 0;

            if (has && (dump->filter[0] == AF_UNSPEC || dump->filter[0] == families[i]) &&
                (dump->filter[1] == 0 || dump->filter[1] == index))
                put_address(writer, dump, &interface, families[i]);
        }
    }
    return true;
}

/* ---- routes ---- */

struct route {
    uint8_t family, bits, table, scope, type;
    uint8_t to[16], source[16];
    uint8_t protocol; /* 0: PROTOCOL_KERNEL */
    uint32_t index;   /* 0: LO_INDEX */
    uint8_t gateway[16];
};

static const struct route routes[] = {
    {AF_INET, 8, TABLE_LOCAL, SCOPE_HOST, RTN_LOCAL, {127}, {127, 0, 0, 1}, 0, 0, {0}},
    {AF_INET, 32, TABLE_LOCAL, SCOPE_HOST, RTN_LOCAL, {127, 0, 0, 1}, {127, 0, 0, 1}, 0, 0, {0}},
    {AF_INET, 32, TABLE_LOCAL, SCOPE_LINK, RTN_BROADCAST, {127, 255, 255, 255}, {127, 0, 0, 1}, 0, 0, {0}},
    {AF_INET6, 128, TABLE_MAIN, 0, RTN_UNICAST, {[15] = 1}, {0}, 0, 0, {0}},
    {AF_INET6, 128, TABLE_LOCAL, 0, RTN_LOCAL, {[15] = 1}, {0}, 0, 0, {0}},
};
#define ROUTES (sizeof(routes) / sizeof(routes[0]))
#define ETH_ROUTES 4u /* the most of eth0's of a family */

static bool is_set(const uint8_t *address, uint32_t size)
{
    static const uint8_t none[16];

    return memcmp(address, none, size) != 0;
}

static void put_route(struct netlink_writer *writer, const struct route *route, uint16_t flags, uint32_t sequence,
                      uint32_t port)
{
    uint32_t size = route->family == AF_INET ? 4 : 16;
    const uint32_t cache[8] = {0};
    struct route_info *info = netlink_begin(writer, RTM_NEWROUTE, flags, sequence, port, sizeof(*info));

    if (info != NULL)
        *info = (struct route_info){.family = route->family,
                                    .to_bits = route->bits,
                                    .table = route->table,
                                    .protocol = route->protocol != 0 ? route->protocol : PROTOCOL_KERNEL,
                                    .scope = route->scope,
                                    .type = route->type};
    netlink_add_u32(writer, RTA_TABLE, route->table);
    if (route->bits != 0)
        netlink_add(writer, RTA_DST, route->to, size);
    if (is_set(route->gateway, size))
        netlink_add(writer, RTA_GATEWAY, route->gateway, size);
    if (route->family == AF_INET && is_set(route->source, size))
        netlink_add(writer, RTA_PREFSRC, route->source, size);
    else if (route->family != AF_INET)
        netlink_add_u32(writer, RTA_PRIORITY, route->table == TABLE_MAIN ? 256 : 0);
    netlink_add_u32(writer, RTA_OIF, route->index != 0 ? route->index : LO_INDEX);
    if (route->family == AF_INET6) {
        netlink_add(writer, RTA_CACHEINFO, cache, sizeof(cache));
        netlink_add_u8(writer, RTA_PREF, 0);
    }
    (void)netlink_end(writer);
}

/* eth0's of a family, the default route first: how many. */
static unsigned eth_routes(uint8_t family, struct route out[ETH_ROUTES])
{
    const struct route like = {.family = family, .table = TABLE_MAIN, .type = RTN_UNICAST, .index = ETH_INDEX};
    struct interface eth;
    unsigned count = 0;
    bool v4 = family == AF_INET;
    uint32_t size = v4 ? 4 : 16;

    if (!interface_get(ETH_INDEX, &eth) || !is_set(v4 ? eth.address : eth.address6, size))
        return 0;
    if (is_set(v4 ? eth.gateway : eth.gateway6, size)) {
        out[count] = like;
        out[count].protocol = PROTOCOL_BOOT;
        memcpy(out[count++].gateway, v4 ? eth.gateway : eth.gateway6, size);
    }
    out[count] = like;
    out[count].bits = v4 ? eth.prefix : eth.prefix6;
    out[count].scope = v4 ? SCOPE_LINK : 0;
    memcpy(out[count].source, eth.address, v4 ? 4 : 0);
    if (v4)
        interface_net(&eth, out[count].to);
    else
        memcpy(out[count].to, eth.address6, eth.prefix6 / 8);
    count++;
    out[count] = like;
    out[count].bits = v4 ? 32 : 128;
    out[count].table = TABLE_LOCAL;
    out[count].scope = v4 ? SCOPE_HOST : 0;
    out[count].type = RTN_LOCAL;
    memcpy(out[count].source, eth.address, v4 ? 4 : 0);
    memcpy(out[count].to, v4 ? eth.address : eth.address6, size);
    return count + 1;
}

static bool dump_routes(struct netlink_dump *dump, struct netlink_writer *writer)
{
    static const uint8_t families[] = {AF_INET, AF_INET6};
    struct route eth[ETH_ROUTES];

    for (unsigned i = 0; i < sizeof(families); i++) {
        if (dump->filter[0] != AF_UNSPEC && dump->filter[0] != families[i])
            continue;
        for (unsigned at = 0, count = eth_routes(families[i], eth); at < count; at++)
            put_route(writer, &eth[at], NLM_F_MULTI, dump->sequence, dump->port);
        for (unsigned at = 0; at < ROUTES; at++)
            if (routes[at].family == families[i])
                put_route(writer, &routes[at], NLM_F_MULTI, dump->sequence, dump->port);
    }
    return true;
}

/* That of an address outside. -ENETUNREACH. */
static int route_outside(const struct inet_address *address, struct route *route)
{
    struct inet_socket any = {.socket.family = inet_is_v4(address) ? AF_INET : AF_INET6};
    struct inet_address to = *address;
    struct interface eth;
    uint8_t net[4], mask[4];
    bool is_near = false;

    inet_set_any(&any.use.local, any.socket.family);
    if (inet_route(&any, &to) != 0 || !inet_is_outside(&to) || !interface_get(ETH_INDEX, &eth))
        return -ENETUNREACH;
    *route = (struct route){.type = RTN_UNICAST, .table = TABLE_MAIN, .index = ETH_INDEX};
    interface_net(&eth, net);
    interface_mask(eth.prefix, mask);
    if (inet_is_v4(address)) {
        is_near = true;
        for (unsigned i = 0; i < 4; i++)
            is_near = is_near && (address->bytes[12 + i] & mask[i]) == net[i];
        memcpy(route->source, eth.address, sizeof(eth.address));
    } else {
        is_near = memcmp(address->bytes, eth.address6, eth.prefix6 / 8) == 0;
    }
    if (!is_near)
        memcpy(route->gateway, inet_is_v4(address) ? eth.gateway : eth.gateway6, inet_is_v4(address) ? 4 : 16);
    return 0;
}

/* Which way a packet to an address would take. */
static int find_route(const struct netlink_request *request, struct netlink_writer *writer, uint32_t port)
{
    struct inet_address address = {0}, source;
    struct route route = {.type = RTN_LOCAL, .table = TABLE_LOCAL};
    struct route_info info;
    const void *to;
    uint32_t size;
    bool v4;

    if (request->size < sizeof(info))
        return -EINVAL;
    memcpy(&info, request->body, sizeof(info));
    if (info.family != AF_INET && info.family != AF_INET6)
        return -EOPNOTSUPP;
    v4 = info.family == AF_INET;
    inet_set_any(&address, info.family);
    to = netlink_find(request, sizeof(info), RTA_DST, &size);
    if (to != NULL && size != (v4 ? 4u : 16u))
        return -EINVAL;
    if (to != NULL)
        memcpy(address.bytes + (v4 ? 12 : 0), to, size);
    if (inet_is_any(&address))
        inet_set_source(&address, &address);
    if (inet_is_local(&address)) {
        inet_set_source(&source, &address);
        memcpy(route.source, source.bytes + 12, 4);
    } else if (route_outside(&address, &route) != 0) {
        return -ENETUNREACH;
    }
    route.family = info.family;
    route.bits = v4 ? 32 : 128;
    memcpy(route.to, address.bytes + (v4 ? 12 : 0), v4 ? 4 : 16);
    put_route(writer, &route, 0, request->header.sequence, port);
    return 0;
}

/* ---- requests ---- */

static bool dump_nothing(struct netlink_dump *dump, struct netlink_writer *writer)
{
    (void)dump, (void)writer;
    return true;
}

/* rtnetlink's requests are by fours: new, delete, get, set. */
static bool is_get(unsigned type)
{
    return type % 4 == 2;
}

static int answer_dump(const struct netlink_request *request, struct netlink_dump *dump)
{
    switch (request->header.type) {
    case RTM_GETLINK:
        dump->more = request->size != 0 && request->body[0] == AF_BRIDGE ? dump_nothing : dump_links;
        break;
    case RTM_GETADDR:
        dump->more = dump_addresses;
        if (request->size >= sizeof(struct address_info))
            memcpy(&dump->filter[1], request->body + offsetof(struct address_info, index), sizeof(dump->filter[1]));
        break;
    case RTM_GETROUTE:
        dump->more = dump_routes;
        break;
    case RTM_GETNEIGH:
    case RTM_GETRULE:
    case RTM_GETQDISC:
        dump->more = dump_nothing;
        break;
    default:
        return -EOPNOTSUPP;
    }
    dump->filter[0] = request->size != 0 ? request->body[0] : AF_UNSPEC;
    return 0;
}

int netlink_route_answer(const struct netlink_request *request, bool may_change, struct netlink_writer *writer,
                         struct netlink_dump *dump)
{
    unsigned type = request->header.type;
    struct interface interface;
    int error;

    if (type > RTM_MOST)
        return -EOPNOTSUPP;
    if (request->size == 0)
        return 0;
    if (!is_get(type)) {
        if (!may_change)
            return -EPERM;
        /* They are up already. */
        return type == RTM_NEWLINK || type == RTM_SETLINK ? find_link(request, &interface) : -EOPNOTSUPP;
    }
    if ((request->header.flags & NLM_F_DUMP) == NLM_F_DUMP)
        return answer_dump(request, dump);
    if (type == RTM_GETROUTE)
        return find_route(request, writer, dump->port);
    if (type != RTM_GETLINK)
        return -EOPNOTSUPP;
    error = find_link(request, &interface);
    if (error == 0)
        (void)put_link(writer, &interface, 0, request->header.sequence, dump->port);
    return error;
}
