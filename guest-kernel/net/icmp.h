/* SPDX-License-Identifier: Apache-2.0 */
/* icmp.h - ICMP's echo, which the VM answers itself, and who sees packets without ports (icmp(7), raw(7)). */
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

/* net/raw_show.c: a copy for each raw socket that wants such; one more raw socket, which leaves by its link `all`. */
void raw_show(const struct datagram *datagram, unsigned protocol);
void raw_add(struct raw_socket *raw);

/* Identifiers of sockets for echoes, as ports. */
extern struct inet_table ping_table;

#endif
