/* SPDX-License-Identifier: Apache-2.0 */
/* publish.h - -p [ADDR:]HOST:GUEST[/udp]: ports of this host that lead into the guest. */
#ifndef LVMM_NET_PUBLISH_H
#define LVMM_NET_PUBLISH_H

#include "vmm/net/address.h"

struct net_publish {
    struct net_endpoint host; /* port 0: any free one, until it is bound */
    uint16_t guest_port;
    bool is_udp;
    int fd; /* holds the port; of UDP: has its datagrams. -1: not bound */
};

/* "8080:80", "0.0.0.0:53:53/udp", "[::1]:0:80/tcp"; without an address it is 127.0.0.1. 0 or -EINVAL. */
int net_publish_parse(const char *text, struct net_publish *out);
/* Takes the port, without listening at it: who connects is refused. Then `host` has its number, and `fd` is open. 0 or
 * -errno: -EADDRINUSE, -EACCES (privileged), -EADDRNOTAVAIL (not an address of this host) ... */
int net_publish_bind(struct net_publish *publish);
/* A socket that listens there, until it is closed. Or -errno: another program does, meanwhile. */
int net_publish_listen(const struct net_publish *publish);

#endif
