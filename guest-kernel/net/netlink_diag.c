/* SPDX-License-Identifier: Apache-2.0 */
/* netlink_diag.c - sock_diag(7): lists of sockets of TCP and UDP; local ones: netlink_diag_unix.c. */
#include "abi/errno.h"
#include "abi/inet.h"
#include "abi/socket.h"
#include "lib/string.h"
#include "net/inet_tell.h"
#include "net/netlink.h"

#define SOCK_DIAG_BY_FAMILY 20u
#define LOOKED_AT_ONCE 1024u

struct socket_id {               /* linux/inet_diag.h's struct inet_diag_sockid */
    uint16_t from_port, to_port; /* in network order, as are addresses */
    uint8_t from[16], to[16];
    uint32_t index, cookie[2];
};
struct request { /* struct inet_diag_req_v2 */
    uint8_t family, protocol, extensions, padding;
    uint32_t states;
    struct socket_id id;
};
struct told { /* struct inet_diag_msg */
    uint8_t family, state, timer, retransmits;
    struct socket_id id;
    uint32_t expires_ms, unread, unsent, user, inode;
};

enum { FILTER_FAMILY, FILTER_PROTOCOL, FILTER_STATES, FILTER_PORTS };

struct walk {
    struct netlink_dump *dump;
    struct netlink_writer *writer;
    const struct inet_table *table;
    unsigned left; /* sockets that may be looked at, until others get a turn */
};

static void fill_address(const struct inet_address *address, bool v6, uint8_t out[16])
{
    memset(out, 0, 16);
    if (v6)
        memcpy(out, address->bytes, 16);
    else
        memcpy(out, address->bytes + 12, 4);
}

/* Whether the request asks for it: by family, state and ports, of which 0 is any. */
static bool is_wanted(const uint32_t *filter, const struct inet_told *told, const struct inet_use *use)
{
    uint16_t from = (uint16_t)filter[FILTER_PORTS], to = (uint16_t)(filter[FILTER_PORTS] >> 16);

    return told->v6 == (filter[FILTER_FAMILY] == AF_INET6) && (filter[FILTER_STATES] & 1u << told->state) &&
           (from == 0 || from == use->local.port) && (to == 0 || to == use->peer.port);
}

/* False: there is no room left, or it takes too long. */
static bool put(void *arg, struct inet_use *use)
{
    struct walk *walk = arg;
    struct inet_told found;
    struct told *told;

    if (walk->left == 0)
        return false;
    walk->left--;
    if (!inet_tell(walk->table, use, &found) || !is_wanted(walk->dump->filter, &found, use))
        return true;
    told = netlink_begin(walk->writer, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, walk->dump->sequence, walk->dump->port,
                         sizeof(*told));
    if (told != NULL) {
        told->family = found.v6 ? AF_INET6 : AF_INET;
        told->state = found.state;
        told->timer = found.timer;
        told->id.from_port = __builtin_bswap16(use->local.port);
        told->id.to_port = __builtin_bswap16(use->peer.port);
        fill_address(&use->local, found.v6, told->id.from);
        fill_address(&use->peer, found.v6, told->id.to);
        told->id.cookie[0] = (uint32_t)found.inode;
        told->expires_ms = found.expires_ms;
        told->unread = found.unread;
        told->unsent = found.unsent;
        told->user = found.user;
        told->inode = (uint32_t)found.inode;
    }
    return netlink_end(walk->writer);
}

static bool dump_sockets(struct netlink_dump *dump, struct netlink_writer *writer)
{
    struct walk walk = {.dump = dump, .writer = writer, .left = LOOKED_AT_ONCE};

    walk.table = dump->filter[FILTER_PROTOCOL] == IPPROTO_TCP ? &tcp_table : &udp_table;
    return inet_table_walk(walk.table, &dump->bucket, &dump->skip, put, &walk);
}

static bool dump_nothing(struct netlink_dump *dump, struct netlink_writer *writer)
{
    (void)dump, (void)writer;
    return true;
}

int netlink_diag_answer(const struct netlink_request *request, struct netlink_dump *dump)
{
    struct request wanted = {0};

    if (request->header.type != SOCK_DIAG_BY_FAMILY)
        return -EINVAL;
    if (request->size < 2)
        return -EINVAL;
    memcpy(&wanted, request->body, request->size < sizeof(wanted) ? request->size : sizeof(wanted));
    if ((request->header.flags & NLM_F_DUMP) != NLM_F_DUMP)
        return -ENOENT; /* of one socket alone nothing is told */
    dump->more = dump_nothing;
    if (wanted.family == AF_UNIX)
        return netlink_diag_unix_answer(request, dump);
    if (wanted.family != AF_INET && wanted.family != AF_INET6)
        return -ENOENT;
    if (request->size < sizeof(wanted))
        return -EINVAL;
    if (wanted.protocol != IPPROTO_TCP && wanted.protocol != IPPROTO_UDP)
        return wanted.protocol == IPPROTO_ICMP || wanted.protocol == IPPROTO_RAW ? 0 : -ENOENT;
    dump->more = dump_sockets;
    dump->filter[FILTER_FAMILY] = wanted.family;
    dump->filter[FILTER_PROTOCOL] = wanted.protocol;
    dump->filter[FILTER_STATES] = wanted.states;
    dump->filter[FILTER_PORTS] =
        (uint32_t)__builtin_bswap16(wanted.id.from_port) | (uint32_t)__builtin_bswap16(wanted.id.to_port) << 16;
    return 0;
}
