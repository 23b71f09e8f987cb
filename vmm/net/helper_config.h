/* SPDX-License-Identifier: Apache-2.0 */
/* helper_config.h - what a network helper is told at its start. */
#ifndef LVMM_NET_HELPER_CONFIG_H
#define LVMM_NET_HELPER_CONFIG_H

#include "vmm/net/net_log.h"
#include "vmm/net/policy.h"
#include "vmm/net/publish.h"
#include "vmm/net/resolver_config.h"

#define NET_POOL (64u << 20)

struct net_helper_config {
    struct net_policy *policy;       /* answers of DNS are granted in it */
    const struct net_publish *ports; /* bound; their descriptors stay the caller's */
    unsigned port_count;
    const struct net_resolver_config *resolver;  /* NULL: no DNS, questions are refused */
    struct net_log *log;                         /* NULL: none */
    struct net_address gateway4, gateway6, dns4; /* as in lvmm_net_config */
    uint32_t sockets;                            /* at most LVMM_NET_SOCKETS_MAX */
};

#endif
