/* SPDX-License-Identifier: Apache-2.0 */
/* netlink_route.c - rtnetlink(7): the one interface, its addresses and the routes to them. They stay as they are. */
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

#define ARPHRD_LOOPBACK 772
#define LINK_FLAGS 0x10049u /* IFF_UP, IFF_LOOPBACK, IFF_RUNNING, IFF_LOWER_UP */
#define SCOPE_HOST 254u
#define SCOPE_LINK 253u
#define PERMANENT 0x80u
#define TABLE_LOCAL 255u
#define TABLE_MAIN 254u
#define PROTOCOL_KERNEL 2u

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
enum { IFA_ADDRESS = 1, IFA_LOCAL = 2, IFA_LABEL = 3, IFA_CACHEINFO = 6, IFA_FLAGS = 8 };
enum { RTA_DST = 1, RTA_OIF = 4, RTA_PRIORITY = 6, RTA_PREFSRC = 7, RTA_CACHEINFO = 12, RTA_TABLE = 15, RTA_PREF = 20 };
enum { RTN_UNICAST = 1, RTN_LOCAL = 2, RTN_BROADCAST = 3 };

/* ---- the interface ---- */

static bool put_link(struct netlink_writer *writer, uint16_t flags, uint32_t sequence, uint32_t port)
{
    static const uint8_t nothing[25 * 8];
    struct link_info *link = netlink_begin(writer, RTM_NEWLINK, flags, sequence, port, sizeof(*link));

    if (link != NULL)
        *link = (struct link_info){.type = ARPHRD_LOOPBACK, .index = (int32_t)LO_INDEX, .flags = LINK_FLAGS};
    netlink_add(writer, IFLA_IFNAME, "lo", sizeof("lo"));
    netlink_add_u32(writer, IFLA_TXQLEN, 1000);
    netlink_add_u8(writer, IFLA_OPERSTATE, 0);
    netlink_add_u8(writer, IFLA_LINKMODE, 0);
    netlink_add_u32(writer, IFLA_MTU, LO_MTU);
    netlink_add_u32(writer, IFLA_GROUP, 0);
    netlink_add_u32(writer, IFLA_PROMISCUITY, 0);
    netlink_add_u32(writer, IFLA_NUM_TX_QUEUES, 1);
    netlink_add_u32(writer, IFLA_NUM_RX_QUEUES, 1);
    netlink_add_u8(writer, IFLA_CARRIER, 1);
    netlink_add(writer, IFLA_QDISC, "noqueue", sizeof("noqueue"));
    netlink_add_u32(writer, IFLA_CARRIER_CHANGES, 0);
    netlink_add(writer, IFLA_ADDRESS, nothing, 6);
    netlink_add(writer, IFLA_BROADCAST, nothing, 6);
    netlink_add(writer, IFLA_STATS64, nothing, 25 * 8);
    netlink_add(writer, IFLA_STATS, nothing, 24 * 4);
    return netlink_end(writer);
}

static bool dump_links(struct netlink_dump *dump, struct netlink_writer *writer)
{
    (void)put_link(writer, NLM_F_MULTI, dump->sequence, dump->port);
    return true;
}

/* Whether a request names lo, or nothing else: 0, -ENODEV, -EINVAL. */
static int find_link(const struct netlink_request *request)
{
    struct link_info link;
    const char *name;
    uint32_t size;

    if (request->size < sizeof(link))
        return -EINVAL;
    memcpy(&link, request->body, sizeof(link));
    if (link.index != 0)
        return link.index == (int32_t)LO_INDEX ? 0 : -ENODEV;
    name = netlink_find(request, sizeof(link), IFLA_IFNAME, &size);
    if (name == NULL)
        return -EINVAL;
    return size >= 2 && memcmp(name, "lo", 2) == 0 && (size == 2 || name[2] == 0) ? 0 : -ENODEV;
}

/* ---- addresses ---- */

static void put_address(struct netlink_writer *writer, const struct netlink_dump *dump, uint8_t family)
{
    static const uint8_t lo4[4] = {127, 0, 0, 1}, lo6[16] = {[15] = 1};
    const uint32_t lifetime[4] = {UINT32_MAX, UINT32_MAX, 0, 0};
    struct address_info *info =
        netlink_begin(writer, RTM_NEWADDR, NLM_F_MULTI, dump->sequence, dump->port, sizeof(*info));

    if (info != NULL)
        *info = (struct address_info){.family = family,
                                      .prefix = family == AF_INET ? 8 : 128,
                                      .flags = PERMANENT,
                                      .scope = SCOPE_HOST,
                                      .index = LO_INDEX};
    if (family == AF_INET) {
        netlink_add(writer, IFA_ADDRESS, lo4, sizeof(lo4));
        netlink_add(writer, IFA_LOCAL, lo4, sizeof(lo4));
        netlink_add(writer, IFA_LABEL, "lo", sizeof("lo"));
    } else {
        netlink_add(writer, IFA_ADDRESS, lo6, sizeof(lo6));
    }
    netlink_add_u32(writer, IFA_FLAGS, PERMANENT);
    netlink_add(writer, IFA_CACHEINFO, lifetime, sizeof(lifetime));
    (void)netlink_end(writer);
}

static bool dump_addresses(struct netlink_dump *dump, struct netlink_writer *writer)
{
    uint32_t family = dump->filter[0];

    if (dump->filter[1] != 0 && dump->filter[1] != LO_INDEX)
        return true;
    if (family == AF_UNSPEC || family == AF_INET)
        put_address(writer, dump, AF_INET);
    if (family == AF_UNSPEC || family == AF_INET6)
        put_address(writer, dump, AF_INET6);
    return true;
}

/* ---- routes ---- */

struct route {
    uint8_t family, bits, table, scope, type;
    uint8_t to[16], source[16];
};

static const struct route routes[] = {
    {AF_INET, 8, TABLE_LOCAL, SCOPE_HOST, RTN_LOCAL, {127}, {127, 0, 0, 1}},
    {AF_INET, 32, TABLE_LOCAL, SCOPE_HOST, RTN_LOCAL, {127, 0, 0, 1}, {127, 0, 0, 1}},
    {AF_INET, 32, TABLE_LOCAL, SCOPE_LINK, RTN_BROADCAST, {127, 255, 255, 255}, {127, 0, 0, 1}},
    {AF_INET6, 128, TABLE_MAIN, 0, RTN_UNICAST, {[15] = 1}, {0}},
    {AF_INET6, 128, TABLE_LOCAL, 0, RTN_LOCAL, {[15] = 1}, {0}},
};
#define ROUTES (sizeof(routes) / sizeof(routes[0]))

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
                                    .protocol = PROTOCOL_KERNEL,
                                    .scope = route->scope,
                                    .type = route->type};
    netlink_add_u32(writer, RTA_TABLE, route->table);
    netlink_add(writer, RTA_DST, route->to, size);
    if (route->family == AF_INET)
        netlink_add(writer, RTA_PREFSRC, route->source, size);
    else
        netlink_add_u32(writer, RTA_PRIORITY, route->table == TABLE_MAIN ? 256 : 0);
    netlink_add_u32(writer, RTA_OIF, LO_INDEX);
    if (route->family == AF_INET6) {
        netlink_add(writer, RTA_CACHEINFO, cache, sizeof(cache));
        netlink_add_u8(writer, RTA_PREF, 0);
    }
    (void)netlink_end(writer);
}

static bool dump_routes(struct netlink_dump *dump, struct netlink_writer *writer)
{
    for (unsigned i = 0; i < ROUTES; i++)
        if (dump->filter[0] == AF_UNSPEC || dump->filter[0] == routes[i].family)
            put_route(writer, &routes[i], NLM_F_MULTI, dump->sequence, dump->port);
    return true;
}

/* Which way a packet to an address would take: what is in the VM. */
static int find_route(const struct netlink_request *request, struct netlink_writer *writer, uint32_t port)
{
    struct inet_address address = {0};
    struct route route = {.type = RTN_LOCAL, .table = TABLE_LOCAL};
    struct route_info info;
    const void *to;
    uint32_t size;

    if (request->size < sizeof(info))
        return -EINVAL;
    memcpy(&info, request->body, sizeof(info));
    if (info.family != AF_INET && info.family != AF_INET6)
        return -EOPNOTSUPP;
    inet_set_any(&address, info.family);
    to = netlink_find(request, sizeof(info), RTA_DST, &size);
    if (to != NULL && size != (info.family == AF_INET ? 4u : 16u))
        return -EINVAL;
    if (to != NULL)
        memcpy(address.bytes + (info.family == AF_INET ? 12 : 0), to, size);
    if (inet_is_any(&address))
        inet_set_source(&address, &address);
    if (!inet_is_local(&address))
        return -ENETUNREACH;
    route.family = info.family;
    route.bits = info.family == AF_INET ? 32 : 128;
    memcpy(route.to, address.bytes + (info.family == AF_INET ? 12 : 0), info.family == AF_INET ? 4 : 16);
    memcpy(route.source, routes[0].source, 4);
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
        dump->more = dump_links;
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
    int error;

    if (type > RTM_MOST)
        return -EOPNOTSUPP;
    if (request->size == 0)
        return 0;
    if (!is_get(type)) {
        if (!may_change)
            return -EPERM;
        /* lo is up already. */
        return type == RTM_NEWLINK || type == RTM_SETLINK ? find_link(request) : -EOPNOTSUPP;
    }
    if ((request->header.flags & NLM_F_DUMP) == NLM_F_DUMP)
        return answer_dump(request, dump);
    if (type == RTM_GETROUTE)
        return find_route(request, writer, dump->port);
    if (type != RTM_GETLINK)
        return -EOPNOTSUPP;
    error = find_link(request);
    if (error == 0)
        (void)put_link(writer, 0, request->header.sequence, dump->port);
    return error;
}
