/* SPDX-License-Identifier: Apache-2.0 */
/* resolver_config.h - which name servers this host asks, and which names it knows itself (resolv.conf(5), hosts(5)). */
#ifndef LVMM_NET_RESOLVER_CONFIG_H
#define LVMM_NET_RESOLVER_CONFIG_H

#include "vmm/net/address.h"

#define NET_SERVERS 3u /* as resolv.conf(5) has them */
#define NET_HOSTS 256u /* lines of /etc/hosts, by name */
#define NET_HOST_BYTES 64u

struct net_host_entry {
    struct net_address address;
    char name[NET_HOST_BYTES];
};

struct net_resolver_config {
    struct net_endpoint server[NET_SERVERS];
    unsigned server_count, host_count;
    struct net_host_entry host[NET_HOSTS];
};

/* Reads texts of the form of /etc/resolv.conf and /etc/hosts. What isn't understood is left out. */
void net_resolver_config_parse(struct net_resolver_config *config, const char *resolv_conf, const char *hosts);
/* From this host's files; one that isn't there has nothing. Without a server it is 127.0.0.1. */
void net_resolver_config_read(struct net_resolver_config *config);

#endif
