/* SPDX-License-Identifier: Apache-2.0 */
/* netlink_diag_unix.c - sock_diag(7): the list of local sockets. */
#include "abi/errno.h"
#include "abi/inet.h"
#include "abi/socket.h"
#include "lib/string.h"
#include "net/netlink.h"
#include "net/unix_list.h"

#define SOCK_DIAG_BY_FAMILY 20u

struct request { /* linux/unix_diag.h's struct unix_diag_req */
    uint8_t family, protocol;
    uint16_t padding;
    uint32_t states, inode, show, cookie[2];
};
struct told { /* struct unix_diag_msg */
    uint8_t family, type, state, padding;
    uint32_t inode, cookie[2];
};
enum { UNIX_DIAG_NAME = 0, UNIX_DIAG_PEER = 2, UNIX_DIAG_RQLEN = 4, UNIX_DIAG_SHUTDOWN = 6 };
enum { UDIAG_SHOW_NAME = 1, UDIAG_SHOW_PEER = 4, UDIAG_SHOW_RQLEN = 0x10 };
enum { FILTER_STATES, FILTER_SHOW };

#define FLAG_LISTENS 0x10000u /* of struct unix_entry, and its states */
#define STATE_CONNECTED 3u

struct walk {
    struct netlink_dump *dump;
    struct netlink_writer *writer;
    uint32_t place;
    bool is_full;
};

static uint8_t state_of(const struct unix_entry *entry)
{
    if (entry->flags & FLAG_LISTENS)
        return TCP_LISTEN;
    return entry->state == STATE_CONNECTED ? TCP_ESTABLISHED : TCP_CLOSE;
}

static void put(void *arg, const struct unix_entry *entry)
{
    const uint32_t queued[2] = {entry->unread, entry->unsent}, show = ((struct walk *)arg)->dump->filter[FILTER_SHOW];
    struct walk *walk = arg;
    struct told *told;

    if (walk->place++ < walk->dump->skip || walk->is_full)
        return;
    if (walk->dump->filter[FILTER_STATES] & 1u << state_of(entry)) {
        told = netlink_begin(walk->writer, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, walk->dump->sequence, walk->dump->port,
                             sizeof(*told));
        if (told != NULL)
            *told = (struct told){.family = AF_UNIX,
                                  .type = (uint8_t)entry->type,
                                  .state = state_of(entry),
                                  .inode = (uint32_t)entry->inode,
                                  .cookie = {(uint32_t)entry->cookie, (uint32_t)(entry->cookie >> 32)}};
        if (entry->name_size != 0 && (show & UDIAG_SHOW_NAME))
            netlink_add(walk->writer, UNIX_DIAG_NAME, entry->name, entry->name_size);
        if (entry->has_peer && (show & UDIAG_SHOW_PEER))
            netlink_add_u32(walk->writer, UNIX_DIAG_PEER, (uint32_t)entry->peer_inode);
        if (show & UDIAG_SHOW_RQLEN)
            netlink_add(walk->writer, UNIX_DIAG_RQLEN, queued, sizeof(queued));
        netlink_add_u8(walk->writer, UNIX_DIAG_SHUTDOWN, (uint8_t)(entry->read_shut | entry->write_shut << 1));
        walk->is_full = !netlink_end(walk->writer);
    }
    if (!walk->is_full)
        walk->dump->skip++;
}

static bool dump_local(struct netlink_dump *dump, struct netlink_writer *writer)
{
    struct walk walk = {.dump = dump, .writer = writer};

    unix_list(put, &walk);
    return !walk.is_full;
}

int netlink_diag_unix_one(const struct netlink_request *request)
{
    struct request wanted;

    if (request->size < sizeof(wanted))
        return -EINVAL;
    memcpy(&wanted, request->body, sizeof(wanted));
    return wanted.inode == 0 ? -EINVAL : -ENOENT;
}

int netlink_diag_unix_answer(const struct netlink_request *request, struct netlink_dump *dump)
{
    struct request wanted;

    if (request->size < sizeof(wanted))
        return -EINVAL;
    memcpy(&wanted, request->body, sizeof(wanted));
    dump->more = dump_local;
    dump->filter[FILTER_STATES] = wanted.states;
    dump->filter[FILTER_SHOW] = wanted.show;
    return 0;
}
