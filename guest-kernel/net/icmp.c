/* SPDX-License-Identifier: Apache-2.0 */
/* icmp.c - see icmp.h. */
#include "net/icmp.h"

#include "abi/inet.h"
#include "abi/socket.h"
#include "lib/large_table.h"
#include "lib/string.h"
#include "net/inet_port.h"

static bool is_echo(const struct datagram *datagram, unsigned protocol)
{
    if (datagram->size < ECHO_HEADER)
        return false;
    return protocol == IPPROTO_ICMP ? datagram->bytes[0] == 8 : protocol == IPPROTO_ICMPV6 && datagram->bytes[0] == 128;
}

struct inet_table ping_table LARGE_TABLE;

/* The same bytes back, with another type; one that can't be made for want of memory is lost. */
static struct datagram *answer(const struct datagram *echo, unsigned protocol)
{
    struct datagram *made = datagram_create(echo->size);
    uint16_t sum;

    if (made == NULL)
        return NULL;
    made->from = echo->to;
    made->to = echo->from;
    made->ttl = (uint8_t)inet_settings.default_ttl;
    made->tos = echo->tos;
    memcpy(made->bytes, echo->bytes, echo->size);
    made->bytes[0] = protocol == IPPROTO_ICMP ? 0 : 129;
    made->bytes[2] = made->bytes[3] = 0;
    sum = icmp_checksum(made->bytes, made->size, protocol == IPPROTO_ICMP ? 0 : icmp_pseudo_header(made, protocol));
    memcpy(made->bytes + 2, &sum, sizeof(sum));
    return made;
}

/* To the socket for echoes whose identifier it has. */
static void ping_answered(struct datagram *datagram, bool v4)
{
    uint16_t identifier = (uint16_t)(datagram->bytes[4] << 8 | datagram->bytes[5]);
    const struct inet_port *port = inet_port_find(&ping_table, identifier);

    if (port != NULL) {
        for_each_use(use, port)
        {
            if ((use->socket->socket.family == AF_INET) == v4 && inet_port_fits(use, &datagram->to) != 0) {
                datagram->from.port = 0;
                (void)datagram_deliver((struct datagram_socket *)(void *)use->socket, datagram);
                return;
            }
        }
    }
    datagram_put(datagram);
}

void icmp_deliver(struct datagram *datagram, unsigned protocol)
{
    raw_show(datagram, protocol);
    if (is_echo(datagram, protocol)) {
        struct datagram *back = answer(datagram, protocol);

        if (back != NULL) {
            raw_show(back, protocol);
            ping_answered(back, protocol == IPPROTO_ICMP);
        }
    }
    datagram_put(datagram);
}
