/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.h - what a guest may reach: --net, --allow and --deny. Pure.
 *
 * Of the rules that fit a destination, the most exact one decides: the one with the longest prefix, among these one
 * with a port before one without, and among these a denial. An address that a host name has had (net_policy_grant) is
 * as exact as one that was given, but what DNS alone has told opens nothing that a --deny of a range (other than of all
 * addresses) has, unless an --allow of a range that is more exact has it. What no rule fits is decided by --net: `none`
 * allows nothing, `all` everything, `public` what is the Internet's. With `none` and `public`, ranges that aren't the
 * Internet's, and this host's own addresses, are denied by rules of their own, which count as less than equally exact
 * ones of the user's: --allow 0.0.0.0/0 allows no 10.0.0.1, --allow 10.0.0.0/8 does, unless that is this host.
 *
 * Nothing ever allows multicast, broadcast, and 0.0.0.0 or ::. An address that leads to one of IPv4 (6to4, NAT64) is
 * allowed if both are.
 */
#ifndef LVMM_NET_POLICY_H
#define LVMM_NET_POLICY_H

#include "vmm/net/address.h"

#define NET_RULES 64      /* of the user's */
#define NET_GRANTS 1024   /* addresses of host names that are remembered, the newest ones; denied ones stay */
#define NET_HOST_NAME 253 /* characters */

enum net_mode { NET_NONE, NET_PUBLIC, NET_ALL };

struct net_rule {
    bool allow;
    uint16_t port; /* 0: any */
    struct net_range range;
    const char *name; /* a host's; NULL: it is the range */
};

struct net_grant {
    struct net_address address;
    unsigned rule;
    bool by_hosts; /* NET_WORD_HOSTS: opens it also if it is this host's, or in a range that is denied */
};

struct net_policy {
    enum net_mode mode;
    unsigned rule_count, grant_count;
    unsigned grant_next; /* which is overwritten next, once all are in use */
    struct net_rule rule[NET_RULES];
    struct net_grant grant[NET_GRANTS];
};

/* HOST|CIDR[:PORT]; IPv6 with a port is in brackets. `text` is changed (cut), and a host's name stays in use. 0;
 * -EINVAL: it is neither; -ERANGE: the port isn't one. */
int net_rule_parse(bool allow, char *text, struct net_rule *out);
/* The same as one more rule of the policy. -ENOSPC: too many. */
int net_policy_add(struct net_policy *policy, bool allow, char *text);

/* May that be reached? is_own: it is one of this host's addresses (net_address_is_own). port 0: of a protocol without
 * ports; rules with a port don't fit. */
bool net_policy_allows(const struct net_policy *policy, const struct net_endpoint *to, bool is_own);
/* Can anything be reached at all? */
bool net_policy_is_open(const struct net_policy *policy);

/* May names like that be asked for? Without --net only those that are allowed; one that is denied never. */
bool net_policy_asks(const struct net_policy *policy, const char *name);
/* That name has this address: rules with the name have it from now on. Whose word it is says what an --allow has by
 * that, as who answers could lead the guest to whatever lies near this host (DNS rebinding): by DNS only the Internet's
 * addresses that aren't this host's; by /etc/hosts, which is the administrator's, private ones and this host's, too;
 * none has 0.0.0.0, loopback, links' addresses and multicast. A --deny has them all. False: an --allow of that name
 * doesn't have it, and nothing else allows it. */
enum net_word { NET_WORD_DNS, NET_WORD_HOSTS };
bool net_policy_grant(struct net_policy *policy, const char *name, const struct net_address *address,
                      enum net_word word);

/* "none", "public", "all". 0 or -EINVAL. */
int net_mode_parse(const char *text, enum net_mode *out);
/* Is it a host's name: letters, digits, '-', '_' and '.', in labels of 1 to 63 characters? A last dot will do. */
bool net_is_host_name(const char *text);

#endif
