/* SPDX-License-Identifier: Apache-2.0 */
/*
 * datagram_filter.c - what a socket's program sees of a packet of IP. Packets have no headers here, so that it is shown
 * some: UDP's, in front of which lies that of IP. It counts from UDP's on, from IP's for raw sockets of IPv4, which get
 * that as well, and from ICMP's for others.
 */
#include "abi/inet.h"
#include "abi/socket.h"
#include "lib/string.h"
#include "net/datagram.h"
#include "net/ip_header.h"
#include "net/socket_filter.h"

enum { UDP_HEADER = 8, ETHERTYPE_IP = 0x0800, ETHERTYPE_IPV6 = 0x86dd };

struct filtered_datagram {
    struct filtered filtered; /* first */
    const struct datagram *datagram;
    uint32_t head_size;
    uint8_t head[IP_HEADER_MOST + UDP_HEADER];
};

static uint8_t byte_of(const struct bpf_packet *packet, uint32_t at)
{
    const struct filtered_datagram *shown = (const struct filtered_datagram *)(const void *)packet;

    return at < shown->head_size ? shown->head[at] : shown->datagram->bytes[at - shown->head_size];
}

/* Its checksum is 0, which nobody is to look at: there was none. */
static void put_udp_header(const struct datagram *datagram, uint8_t header[UDP_HEADER])
{
    const uint16_t words[] = {
        __builtin_bswap16(datagram->from.port),
        __builtin_bswap16(datagram->to.port),
        __builtin_bswap16((uint16_t)(datagram->size + UDP_HEADER)),
        0,
    };

    memcpy(header, words, sizeof(words));
}

uint32_t datagram_filter(const struct datagram_socket *to, const struct datagram *datagram)
{
    const struct socket *socket = &to->inet.socket;
    bool v4 = inet_is_v4(&datagram->to), has_header = v4 && socket->type == SOCK_RAW;
    uint32_t own = datagram_is_udp(socket) ? UDP_HEADER : 0, kept;
    struct filtered_datagram shown = {
        .filtered =
            {
                .packet = {.size = own + datagram->size, .byte = byte_of, .beside = socket_filter_beside},
                .protocol = v4 ? ETHERTYPE_IP : ETHERTYPE_IPV6,
                .interface = datagram_interface(datagram),
            },
        .datagram = datagram,
    };

    if (!has_header)
        shown.filtered.packet.network = ip_header_put(datagram, socket->protocol, own + datagram->size, shown.head);
    if (own != 0)
        put_udp_header(datagram, shown.head + shown.filtered.packet.network);
    shown.head_size = shown.filtered.packet.network + own;
    kept = socket_filter_run(socket, &shown.filtered);
    if (kept == 0)
        return DATAGRAM_DROPPED;
    kept = kept > own ? kept - own : 0; /* UDP's header stays whole */
    return kept < datagram->size ? kept : datagram->size;
}
