/* SPDX-License-Identifier: Apache-2.0 */
/* ip_header.h - the header of IP that a packet would have, for who is to see one. */
#ifndef GK_NET_IP_HEADER_H
#define GK_NET_IP_HEADER_H

#include "net/datagram.h"

#define IP_HEADER_V4 20u
#define IP_HEADER_MOST 40u

/* Writes it, for a packet with `size` bytes behind it: how long it is. */
uint32_t ip_header_put(const struct datagram *datagram, unsigned protocol, uint32_t size, uint8_t *header);

#endif
