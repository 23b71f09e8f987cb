/* SPDX-License-Identifier: Apache-2.0 */
/* families.h - the address families, for net/families.c. */
#ifndef GK_NET_FAMILIES_H
#define GK_NET_FAMILIES_H

#include "net/socket.h"

extern const struct socket_family socket_family_unix, socket_family_inet, socket_family_inet6, socket_family_netlink;

#endif
