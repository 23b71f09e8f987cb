/* SPDX-License-Identifier: Apache-2.0 */
/* netlink_ports.h - which ports of AF_NETLINK's protocols are taken. */
#ifndef GK_NET_NETLINK_PORTS_H
#define GK_NET_NETLINK_PORTS_H

#include <stdint.h>

#include "lib/list.h"

struct netlink_place { /* a socket's; zeros but for the protocol at first */
    struct list all;
    uint32_t protocol, port; /* port 0: not bound */
};

/* Binds it to that port, or with 0 to one of ours, unless it is bound. 0; -EINVAL: it is bound to another one;
 * -EADDRINUSE. */
int netlink_place_take(struct netlink_place *place, uint32_t port);
/* Before its memory goes. */
void netlink_place_leave(struct netlink_place *place);
/* That of the next higher port, or of the next protocol. NULL: there is none. */
const struct netlink_place *netlink_place_next(uint32_t protocol, uint32_t port);

#endif
