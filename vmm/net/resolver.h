/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolver.h - answers the guest's questions of DNS, by asking the name servers that this host asks.
 *
 * Questions are taken apart and made anew (dns.h): what the guest sends is nowhere passed on as it came. Of answers the
 * addresses are granted in the policy, for names that are in its rules, before the guest has them. Names that the
 * policy doesn't let it ask for are refused. What /etc/hosts has is answered from there.
 *
 * The C library's getaddrinfo(3) isn't used: lvmm is linked statically, where that needs shared libraries of the very
 * version, and it opens files, which the locked-in helper can't.
 */
#ifndef LVMM_NET_RESOLVER_H
#define LVMM_NET_RESOLVER_H

#include "vmm/net/net_log.h"
#include "vmm/net/policy.h"
#include "vmm/net/watch.h"

#define NET_SERVERS 3u      /* as resolv.conf(5) has them */
#define NET_HOSTS 256u      /* lines of /etc/hosts, by name */
#define NET_QUERIES 64u     /* at a time; what is asked beyond that isn't answered, as by a busy server */
#define NET_ANSWER_MS 2500u /* that a server has to answer, before the next one is asked */
#define NET_ATTEMPTS 4u     /* of a question */
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

/* Asks for the addresses of each name in the policy's rules, and grants them; waits for that. 0, or -errno with the
 * name in *which: -ENOENT: there is no such name; -ETIMEDOUT: no server has answered; other: none could be asked. */
int net_resolver_look_up(const struct net_resolver_config *config, struct net_policy *policy, const char **which);

struct net_resolver;

/* answered: a question of that asker's has an answer now. config, policy, log: stay in use. 0 or -ENOMEM. */
int net_resolver_create(const struct net_resolver_config *config, struct net_policy *policy, struct net_log *log,
                        struct net_watches *watches, void (*answered)(void *asker), struct net_resolver **out);
void net_resolver_destroy(struct net_resolver *resolver); /* NULL: nothing */

/* A question in a datagram. What is none is dropped. */
void net_resolver_ask(struct net_resolver *resolver, void *asker, const void *message, size_t size);
/* The oldest answer to that asker, or NULL; it is there until net_resolver_drop. */
const uint8_t *net_resolver_answer(const struct net_resolver *resolver, const void *asker, size_t *size);
void net_resolver_drop(struct net_resolver *resolver, const void *asker);   /* that one */
void net_resolver_forget(struct net_resolver *resolver, const void *asker); /* all of that asker's */

/* A connection to the resolver: one end of a pair of stream sockets, the resolver's from now on in any case. */
void net_resolver_serve(struct net_resolver *resolver, int fd);

#endif
