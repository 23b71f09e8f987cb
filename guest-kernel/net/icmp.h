/* SPDX-License-Identifier: Apache-2.0 */
/* icmp.h - ICMP's echo, which the VM answers itself, and who sees packets of protocols without ports (icmp(7), raw(7)).
 */
#ifndef GK_NET_ICMP_H
#define GK_NET_ICMP_H

#include "net/datagram.h"

#define ECHO_HEADER 8u

struct raw_socket { /* a raw one, or one for echoes */
    struct datagram_socket datagram;
    struct list all;    /* of its kind */
    uint32_t filter[8]; /* types of ICMP that it doesn't get: a bit each */
};

/* A packet of that protocol, without its IP header, to somebody in the VM: whom raw sockets show it to, and an echo's
 * answer. It takes the reference. */
void icmp_deliver(struct datagram *datagram, unsigned protocol);
/* The checksum of Internet protocols (RFC 1071) of bytes whose own place for it is zero; `start`: what is added. */
uint16_t icmp_checksum(const void *bytes, uint32_t size, uint32_t start);
uint32_t icmp_pseudo_header(const struct datagram *datagram, unsigned protocol);

/* Those that get what comes: net/raw.c, net/ping.c. */
void raw_show(const struct datagram *datagram, unsigned protocol);
void ping_answered(struct datagram *datagram, bool v4);

#endif
