/* SPDX-License-Identifier: Apache-2.0 */
/* outside_name.h - addresses as frames of the network have them (boot/abi_net.h). */
#ifndef GK_NET_OUTSIDE_NAME_H
#define GK_NET_OUTSIDE_NAME_H

#include "boot/abi_net.h"
#include "lib/string.h"
#include "net/inet.h"

static inline struct lvmm_net_name outside_name(const struct inet_address *address)
{
    struct lvmm_net_name name = {.port = address->port};

    memcpy(name.address, address->bytes, sizeof(name.address));
    return name;
}

static inline struct inet_address outside_address(const struct lvmm_net_name *name)
{
    struct inet_address address = {.port = name->port};

    memcpy(address.bytes, name->address, sizeof(name->address));
    return address;
}

#endif
