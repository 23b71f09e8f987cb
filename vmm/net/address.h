/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address.h - addresses of the Internet, of both families in one form: IPv4 ones are mapped (::ffff:a.b.c.d), as in
 * boot/abi_net.h. Pure, but for net_address_is_own.
 */
#ifndef LVMM_NET_ADDRESS_H
#define LVMM_NET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct net_address {
    uint8_t bytes[16];
};

/* An address and a port, 0: none. */
struct net_endpoint {
    struct net_address address;
    uint16_t port;
};

/* Those that begin with the same bits. prefix counts as of IPv6; of IPv4 it is 96 more, so 96 is all of IPv4. */
struct net_range {
    struct net_address address;
    unsigned prefix;
};

#define NET_TEXT 64 /* bytes that net_endpoint_text needs */

/* IPv4, in the CPU's order. */
struct net_address net_address_v4(uint32_t number);
/* Is it one of IPv4? */
bool net_address_is_v4(const struct net_address *address);
/* 0.0.0.0 and ::. */
bool net_address_is_any(const struct net_address *address);
/* 127.0.0.0/8 and ::1. */
bool net_address_is_loopback(const struct net_address *address);
bool net_address_is_multicast(const struct net_address *address); /* and 255.255.255.255 */
/* Are they the same? */
bool net_address_equal(const struct net_address *a, const struct net_address *b);
/* And their ports? */
bool net_endpoint_equal(const struct net_endpoint *a, const struct net_endpoint *b);
/* Is it in the range? A range of one family has none of the other's. */
bool net_range_has(const struct net_range *range, const struct net_address *address);

/* The IPv4 address that an IPv6 one leads to: 6to4 (2002::/16), NAT64 (64:ff9b::/96). False: it is none of these. */
bool net_address_embedded(const struct net_address *address, struct net_address *out);

/* "192.0.2.1", "2001:db8::1", "[2001:db8::1]". 0 or -EINVAL. */
int net_address_parse(const char *text, struct net_address *out);
/* The same, or with "/BITS" behind it; bits behind the prefix must be zero. 0 or -EINVAL. */
int net_range_parse(const char *text, struct net_range *out);
/* "192.0.2.1:80", "[2001:db8::1]:80"; without the port if it is 0. Returns `text`, of NET_TEXT bytes. */
const char *net_endpoint_text(const struct net_endpoint *endpoint, char *text);

/* For a socket of that family, AF_INET or AF_INET6. The size; 0: IPv6 isn't for one of AF_INET. */
socklen_t net_endpoint_sockaddr(const struct net_endpoint *endpoint, int family, struct sockaddr_storage *out);
/* False: of another family; then it is zero. */
bool net_endpoint_take(const struct sockaddr_storage *from, struct net_endpoint *out);

/* Has this host a way there? Without a packet. */
bool net_address_has_route(const struct net_address *address);
/* Is it one of this host's own addresses? Asks the host's routes, without a packet. What can't be asked is. */
bool net_address_is_own(const struct net_address *address);

#endif
