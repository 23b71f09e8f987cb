/* SPDX-License-Identifier: Apache-2.0 */
/* net_log.h - --net-log: a line per connection and per denial, of which a guest can't make a flood. */
#ifndef LVMM_NET_LOG_H
#define LVMM_NET_LOG_H

#include <stdint.h>

#include "vmm/net/address.h"
#include "vmm/noted.h"

#define NET_LOG_BURST 200u  /* lines at once; afterwards as many ... */
#define NET_LOG_SECOND 100u /* ... per second. How many are left out is told */

struct net_log {
    int fd; /* the caller's; -1: none is written */
    uint64_t room, at_ms;
    unsigned long left_out;
    struct noted_denials *denials; /* where they are noted as well, by net_log_note_denials; NULL: nowhere */
};

enum net_log_what { NET_LOG_ALLOWED, NET_LOG_DENIED, NET_LOG_ACCEPTED };

/* Nothing is written so far. fd: O_APPEND, as it may be another's, too. To be called while files can be opened, before
 * the process is locked in. */
void net_log_init(struct net_log *log, int fd);
/* Denials are noted there, too, whether lines are written or not. */
void net_log_note_denials(struct net_log *log, struct noted_denials *denials);
/* "TIME tcp 192.0.2.1:80 allowed". protocol: IPPROTO_*. NULL: nothing. */
void net_log_peer(struct net_log *log, enum net_log_what what, int protocol, const struct net_endpoint *peer);
/* "TIME dns NAME allowed". name: of printable characters. NULL: nothing. */
void net_log_name(struct net_log *log, enum net_log_what what, const char *name);

#endif
