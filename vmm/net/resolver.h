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
#include "vmm/net/resolver_config.h"
#include "vmm/net/watch.h"

/* Asks for the addresses of each name in the policy's rules, and grants them; waits for that. Tells of those that stay
 * closed (net_policy_grant), if `closed` isn't NULL. 0, or -errno with the name in *which: -ENOENT: there is no such
 * name; -ETIMEDOUT: no server has answered; other: none could be asked. */
int net_resolver_look_up(const struct net_resolver_config *config, struct net_policy *policy,
                         void (*closed)(const char *name, const struct net_address *address), const char **which);

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

#endif
