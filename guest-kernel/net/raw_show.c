/* SPDX-License-Identifier: Apache-2.0 */
/* raw_show.c - who gets copies of the packets that come: raw sockets. */
#include "abi/inet.h"
#include "abi/socket.h"
#include "lib/string.h"
#include "net/icmp.h"
#include "net/ip_header.h"
#include "net/socket_filter.h"

static struct list all;

void raw_add(struct raw_socket *raw)
{
    if (all.next == NULL)
        list_init(&all);
    list_insert(&all, &raw->all);
}

static bool wants(const struct raw_socket *raw, const struct datagram *datagram, unsigned protocol)
{
    const struct inet_socket *inet = &raw->datagram.inet;
    uint8_t type = datagram->size != 0 ? datagram->bytes[0] : 0;

    if (inet->socket.protocol != protocol || (inet->socket.family == AF_INET) != inet_is_v4(&datagram->to))
        return false;
    if (!inet_is_any(&inet->use.local) && !inet_same(&inet->use.local, &datagram->to))
        return false;
    if (raw->datagram.is_connected && !inet_same(&inet->use.peer, &datagram->from))
        return false;
    if (protocol == IPPROTO_ICMP)
        return type >= 32 || !(raw->filter[0] & 1u << type);
    return protocol != IPPROTO_ICMPV6 || !(raw->filter[type / 32] & 1u << type % 32);
}

void raw_show(const struct datagram *datagram, unsigned protocol)
{
    uint32_t header = inet_is_v4(&datagram->to) ? IP_HEADER_V4 : 0, steps = 0;

    if (all.next == NULL)
        list_init(&all);
    for (struct list *at = all.next; at != &all; at = at->next) {
        struct raw_socket *raw = container_of(at, struct raw_socket, all);
        bool is_for = wants(raw, datagram, protocol) && socket_filter_affords(&raw->datagram.inet.socket, &steps);
        struct datagram *copy = is_for ? datagram_create(datagram->size + header) : NULL;

        if (copy == NULL)
            continue;
        copy->from = datagram->from;
        copy->from.port = 0;
        copy->to = datagram->to;
        copy->ttl = datagram->ttl;
        copy->tos = datagram->tos;
        if (header != 0)
            (void)ip_header_put(datagram, protocol, datagram->size, copy->bytes);
        memcpy(copy->bytes + header, datagram->bytes, datagram->size);
        (void)datagram_deliver(&raw->datagram, copy);
    }
}
