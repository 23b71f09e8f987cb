/* SPDX-License-Identifier: Apache-2.0 */
/* net_words.c - see net_words.h. */
#include "vmm/cli/net_words.h"

#include <errno.h>
#include <stdio.h>

bool net_words_mode(struct config_net *net, const char *value, char *why, size_t why_size)
{
    snprintf(why, why_size, "unknown; it is none, public or all");
    return net_mode_parse(value, &net->mode) == 0;
}

bool net_words_rule(struct config_net *net, bool allow, char *value, char *why, size_t why_size)
{
    struct net_rule rule;
    int error = net_rule_parse(allow, value, &rule);

    if (error == -ERANGE)
        snprintf(why, why_size, "that port is none; they go from 1 to 65535, and IPv6 is written [2001:db8::1]:443");
    else if (error < 0)
        snprintf(why, why_size,
                 "neither a host nor a range; HOST[:PORT] or CIDR[:PORT], e.g. example.com:443, "
                 "10.0.0.0/8 or [2001:db8::]/32");
    else if (net->rule_count == NET_RULES)
        snprintf(why, why_size, "too many of these; at most %d", NET_RULES);
    if (error < 0 || net->rule_count == NET_RULES)
        return false;
    net->rule[net->rule_count++] = rule;
    return true;
}

static bool is_twice(const struct config_net *net, const struct net_publish *port)
{
    for (unsigned i = 0; i < net->port_count; i++) {
        const struct net_publish *other = &net->port[i];

        if (port->host.port != 0 && other->is_udp == port->is_udp && net_endpoint_equal(&other->host, &port->host))
            return true;
    }
    return false;
}

bool net_words_publish(struct config_net *net, const char *value, char *why, size_t why_size)
{
    struct net_publish port;
    bool is_good = false;

    if (net_publish_parse(value, &port) < 0)
        snprintf(why, why_size,
                 "not [ADDRESS:]PORT:GUESTPORT, perhaps with /udp behind it; e.g. 8080:80, 0.0.0.0:53:53/udp "
                 "or [::1]:8080:80");
    else if (net->port_count == LVMM_NET_PUBLISHED_MAX)
        snprintf(why, why_size, "too many of these; at most %u", LVMM_NET_PUBLISHED_MAX);
    else if (is_twice(net, &port))
        snprintf(why, why_size, "leads that port of this host to another one already");
    else
        is_good = true;
    if (is_good)
        net->port[net->port_count++] = port;
    return is_good;
}
