/* SPDX-License-Identifier: Apache-2.0 */
/* udp.h - sockets of UDP, of ICMP's echo and raw ones (udp(7), icmp(7), raw(7)). */
#ifndef GK_NET_UDP_H
#define GK_NET_UDP_H

#include "net/datagram.h"

struct udp_socket {
    struct datagram_socket datagram;
    bool cork, receives_segments; /* UDP_CORK, UDP_GRO: kept */
    uint16_t segment;             /* UDP_SEGMENT */
    uint8_t encapsulation;
    uint16_t coverage[2]; /* UDPLITE_SEND_CSCOV, UDPLITE_RECV_CSCOV: kept; 0: all */
    bool no_check6_send, no_check6_receive;
    struct datagram *gathered; /* of sends with MSG_MORE or UDP_CORK; NULL: none */
};

/* protocol: IPPROTO_UDP, or IPPROTO_UDPLITE, which has ports of its own and else is the same. 0, -ENOMEM. */
int udp_create(uint16_t family, unsigned protocol, struct socket **out);
/* A socket for ICMP's echo: -EACCES: the caller's groups aren't in ping_group_range. */
int ping_create(uint16_t family, struct socket **out);
/* -EPERM: the caller lacks CAP_NET_RAW. */
int raw_create(uint16_t family, unsigned protocol, struct socket **out);

/* The options of UDP (net/udp_options.c), and, for other levels, of IP. */
int udp_set_option(struct socket *socket, int level, int name, const void *value, uint32_t size);
int udp_get_option(struct socket *socket, int level, int name, void *value, uint32_t *size);

/* A packet to whoever has the port that it is for: net/udp_deliver.c. It takes the reference. The sender is told if
 * there is nobody. */
void udp_deliver(struct datagram_socket *sender, struct datagram *datagram);

#endif
