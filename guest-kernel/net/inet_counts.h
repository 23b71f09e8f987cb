/* SPDX-License-Identifier: Apache-2.0 */
/* inet_counts.h - what has happened to TCP and UDP, as /proc/net/snmp tells it (RFC 4022, RFC 4113): of both versions
 * of IP for TCP, and of version 4 for UDP. */
#ifndef GK_NET_INET_COUNTS_H
#define GK_NET_INET_COUNTS_H

#include <stdint.h>

struct inet_counts {
    uint64_t active_opens, passive_opens, attempt_fails, established_resets; /* of TCP */
    uint64_t in_datagrams, out_datagrams, no_ports, receive_buffer_errors;   /* of UDP */
};

extern struct inet_counts inet_counts;

#endif
