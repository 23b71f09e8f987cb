/* SPDX-License-Identifier: Apache-2.0 */
/* net_words.h - how the command line says what of the network a guest has: --net, --allow, --deny, -p, --net-log. */
#ifndef LVMM_NET_WORDS_H
#define LVMM_NET_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "boot/abi_net.h"
#include "vmm/net/policy.h"
#include "vmm/net/publish.h"

struct config_net {
    enum net_mode mode;
    struct net_rule rule[NET_RULES]; /* names point into argv */
    unsigned rule_count;
    struct net_publish port[LVMM_NET_PUBLISHED_MAX]; /* not bound */
    unsigned port_count;
    const char *log; /* a file; NULL: none */
};

/* What each option takes. False: with what is wrong in `why`, which goes on after the option and its value. `value` of
 * a rule is cut in place. */
bool net_words_mode(struct config_net *net, const char *value, char *why, size_t why_size);
bool net_words_rule(struct config_net *net, bool allow, char *value, char *why, size_t why_size);
bool net_words_publish(struct config_net *net, const char *value, char *why, size_t why_size);

#endif
