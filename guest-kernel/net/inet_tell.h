/* SPDX-License-Identifier: Apache-2.0 */
/* inet_tell.h - what /proc/net and sock_diag(7) tell of a socket of TCP or UDP. */
#ifndef GK_NET_INET_TELL_H
#define GK_NET_INET_TELL_H

#include "net/inet_port.h"

struct inet_told {
    uint8_t state; /* TCP_ESTABLISHED ...; of UDP: TCP_CLOSE, or connected TCP_ESTABLISHED */
    bool v6;       /* it is a socket of AF_INET6 */
    uint8_t timer; /* 3: TIME_WAIT; 0: none */
    uint32_t expires_ms;
    uint32_t unread, unsent; /* bytes; who listens: connections to be accepted, and how many may be */
    uint32_t user;
    uint64_t inode; /* 0: it has no file */
    uint64_t dropped;
};

/* False: there is nothing to tell: a socket that is only bound, of TCP. */
bool inet_tell(const struct inet_table *table, struct inet_use *use, struct inet_told *out);

#endif
