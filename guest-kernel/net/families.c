/* SPDX-License-Identifier: Apache-2.0 */
/* families.c - the address families that there are. */
#include "net/families.h"

const struct socket_family *const socket_families[] = {
    &socket_family_unix, &socket_family_inet, &socket_family_inet6, &socket_family_netlink, NULL,
};
