/* SPDX-License-Identifier: Apache-2.0 */
/* netlink_diag.c - sock_diag(7): lists of sockets of TCP and UDP; local ones: netlink_diag_unix.c. */
#include "abi/errno.h"
#include "abi/inet.h"
#include "abi/socket.h"
#include "lib/string.h"
#include "net/inet_tell.h"
#include "net/netlink.h"
#include "net/socket_tuning.h"

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
#define EXTENSIONS_SHIFT 8 /* in FILTER_PROTOCOL: what is asked for beside */

enum { /* attributes; 1 << (number - 1) asks for one */
       INET_DIAG_INFO = 2,
       INET_DIAG_CONG = 4,
       INET_DIAG_TOS = 5,
       INET_DIAG_TCLASS = 6,
       INET_DIAG_SKMEMINFO = 7,
       INET_DIAG_SHUTDOWN = 8,
       INET_DIAG_SKV6ONLY = 11,
};
#define INFO_MOST 256u /* bytes of TCP_INFO */
#define MEMINFO_SIZE 36u

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

/* What the socket has set, and is; TCP's come in `info`. */
static void put_more(struct netlink_writer *writer, struct inet_socket *inet, const struct inet_told *found,
                     uint32_t wanted)
{
    const struct socket *socket = &inet->socket;
    bool is_tcp = socket->type == SOCK_STREAM;
    uint8_t bytes[INFO_MOST];
    uint32_t size = MEMINFO_SIZE;

    netlink_add_u8(writer, INET_DIAG_SHUTDOWN, (uint8_t)(socket->read_shut | socket->write_shut << 1));
    if (wanted & 1u << (INET_DIAG_TOS - 1))
        netlink_add_u8(writer, INET_DIAG_TOS, inet->options.tos);
    if (found->v6 && (wanted & 1u << (INET_DIAG_TCLASS - 1)))
        netlink_add_u8(writer, INET_DIAG_TCLASS, inet->options.tclass);
    if (found->v6 && (found->state == TCP_LISTEN || found->state == TCP_CLOSE))
        netlink_add_u8(writer, INET_DIAG_SKV6ONLY, inet->options.v6_only);
    if ((wanted & 1u << (INET_DIAG_SKMEMINFO - 1)) &&
        socket_get_option(&inet->socket, SOL_SOCKET, SO_MEMINFO, bytes, &size) == 0)
        netlink_add(writer, INET_DIAG_SKMEMINFO, bytes, size);
    size = sizeof(bytes);
    if (is_tcp && (wanted & 1u << (INET_DIAG_INFO - 1)) &&
        socket_get_option(&inet->socket, IPPROTO_TCP, TCP_INFO, bytes, &size) == 0)
        netlink_add(writer, INET_DIAG_INFO, bytes, size);
    size = sizeof(bytes);
    if (is_tcp && (wanted & 1u << (INET_DIAG_CONG - 1)) &&
        socket_get_option(&inet->socket, IPPROTO_TCP, TCP_CONGESTION, bytes, &size) == 0)
        netlink_add(writer, INET_DIAG_CONG, bytes, (uint32_t)strnlen((const char *)bytes, size - 1) + 1);
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
        if (use->socket != NULL) {
            uint64_t cookie = socket_cookie(&use->socket->socket);

            told->id.cookie[0] = (uint32_t)cookie;
            told->id.cookie[1] = (uint32_t)(cookie >> 32);
        }
        told->expires_ms = found.expires_ms;
        told->unread = found.unread;
        told->unsent = found.unsent;
        told->user = found.user;
        told->inode = (uint32_t)found.inode;
        if (use->socket != NULL)
            put_more(walk->writer, use->socket, &found, walk->dump->filter[FILTER_PROTOCOL] >> EXTENSIONS_SHIFT);
    }
    return netlink_end(walk->writer);
}

/* NULL: of that protocol's sockets nothing is told. */
static const struct inet_table *table_of(uint8_t protocol)
{
    switch (protocol) {
    case IPPROTO_TCP:
        return &tcp_table;
    case IPPROTO_UDP:
        return &udp_table;
    case IPPROTO_UDPLITE:
        return &udplite_table;
    default:
        return NULL;
    }
}

static bool dump_sockets(struct netlink_dump *dump, struct netlink_writer *writer)
{
    struct walk walk = {.dump = dump, .writer = writer, .left = LOOKED_AT_ONCE};

    walk.table = table_of((uint8_t)dump->filter[FILTER_PROTOCOL]);
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
    if (wanted.family >= AF_MAX)
        return -EINVAL;
    if ((request->header.flags & NLM_F_DUMP) != NLM_F_DUMP)
        return wanted.family == AF_UNIX ? netlink_diag_unix_one(request) : -ENOENT; /* of one alone nothing is told */
    dump->more = dump_nothing;
    if (wanted.family == AF_UNIX)
        return netlink_diag_unix_answer(request, dump);
    if (wanted.family != AF_INET && wanted.family != AF_INET6)
        return -ENOENT;
    if (request->size < sizeof(wanted))
        return -EINVAL;
    if (table_of(wanted.protocol) == NULL) { /* raw sockets are as if there were none */
        dump->error = wanted.protocol == IPPROTO_RAW ? 0 : -ENOENT;
        return 0;
    }
    dump->more = dump_sockets;
    dump->filter[FILTER_FAMILY] = wanted.family;
    dump->filter[FILTER_PROTOCOL] = wanted.protocol | (uint32_t)wanted.extensions << EXTENSIONS_SHIFT;
    dump->filter[FILTER_STATES] = wanted.states;
    dump->filter[FILTER_PORTS] =
        (uint32_t)__builtin_bswap16(wanted.id.from_port) | (uint32_t)__builtin_bswap16(wanted.id.to_port) << 16;
    return 0;
}
