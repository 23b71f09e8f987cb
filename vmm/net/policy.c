/* SPDX-License-Identifier: Apache-2.0 */
/* policy.c - see policy.h. */
#include "vmm/net/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define V4(a, b, c, d, bits) {{{[10] = 0xff, 0xff, a, b, c, d}}, 96 + (bits)}
#define V6(bits, ...) {{{__VA_ARGS__}}, bits}

/* What isn't the Internet's, as IANA's registries of special-purpose addresses have it. */
static const struct net_range special[] = {
    V4(0, 0, 0, 0, 8),                 /* "this network" */
    V4(10, 0, 0, 0, 8),                /* private */
    V4(100, 64, 0, 0, 10),             /* behind a provider's NAT */
    V4(127, 0, 0, 0, 8),               /* loopback */
    V4(168, 63, 129, 16, 32),          /* where Azure tells a machine's secrets */
    V4(169, 254, 0, 0, 16),            /* link-local, and where clouds tell their secrets */
    V4(172, 16, 0, 0, 12),             /* private */
    V4(192, 0, 0, 0, 24),              /* of protocols */
    V4(192, 0, 2, 0, 24),              /* documentation */
    V4(192, 88, 99, 0, 24),            /* relays of 6to4 */
    V4(192, 168, 0, 0, 16),            /* private */
    V4(198, 18, 0, 0, 15),             /* benchmarks */
    V4(198, 51, 100, 0, 24),           /* documentation */
    V4(203, 0, 113, 0, 24),            /* documentation */
    V4(224, 0, 0, 0, 4),               /* multicast */
    V4(240, 0, 0, 0, 4),               /* reserved, and broadcast */
    V6(96, 0),                         /* ::, ::1, and IPv4-compatible ones */
    V6(48, 0, 0x64, 0xff, 0x9b, 0, 1), /* NAT64 of one's own */
    V6(64, 1),                         /* 100::, discard */
    V6(23, 0x20, 0x01),                /* of protocols: Teredo, ORCHID ... */
    V6(32, 0x20, 0x01, 0x0d, 0xb8),    /* documentation */
    V6(20, 0x3f, 0xff),                /* documentation */
    V6(7, 0xfc),                       /* private */
    V6(10, 0xfe, 0x80),                /* link-local */
    V6(10, 0xfe, 0xc0),                /* site-local */
    V6(8, 0xff),                       /* multicast */
};

static const struct net_range global6 = V6(3, 0x20); /* the only part that is given out */
static const struct net_range nat64 = V6(96, 0, 0x64, 0xff, 0x9b);

/* How much a rule says: an address's bits, then whether it has a port, then whose it is, and denials before the rest.
 */
static unsigned weight(unsigned prefix, bool has_port, bool of_user, bool allow)
{
    return prefix * 8 + (has_port ? 4u : 0) + (of_user ? 2u : 0) + (allow ? 0 : 1u);
}

struct verdict {
    unsigned weight;
    bool allow;
};

static void weigh(struct verdict *verdict, unsigned prefix, bool has_port, bool of_user, bool allow)
{
    unsigned w = weight(prefix, has_port, of_user, allow) + 1;

    if (w > verdict->weight)
        *verdict = (struct verdict){w, allow};
}

static bool port_fits(const struct net_rule *rule, uint16_t port)
{
    return rule->port == 0 || rule->port == port;
}

static void weigh_special(struct verdict *verdict, const struct net_address *to, bool is_own)
{
    for (unsigned i = 0; i < sizeof(special) / sizeof(special[0]); i++)
        if (net_range_has(&special[i], to))
            weigh(verdict, special[i].prefix, false, false, false);
    if (!net_address_is_v4(to) && !net_range_has(&global6, to) && !net_range_has(&nat64, to))
        weigh(verdict, global6.prefix, false, false, false);
    if (is_own)
        weigh(verdict, 128, false, false, false);
}

/* All addresses of a family. */
static bool is_all(const struct net_range *range)
{
    return range->prefix == (net_address_is_v4(&range->address) ? 96u : 0);
}

static bool allows_one(const struct net_policy *policy, const struct net_address *to, uint16_t port, bool is_own)
{
    struct verdict verdict = {0, policy->mode != NET_NONE}, given = {0};

    if (policy->mode != NET_ALL)
        weigh_special(&verdict, to, is_own);
    for (unsigned i = 0; i < policy->rule_count; i++) {
        const struct net_rule *rule = &policy->rule[i];

        if (rule->name != NULL || !net_range_has(&rule->range, to) || !port_fits(rule, port))
            continue;
        weigh(&verdict, rule->range.prefix, rule->port != 0, true, rule->allow);
        if (!is_all(&rule->range))
            weigh(&given, rule->range.prefix, rule->port != 0, true, rule->allow);
    }
    const bool is_denied = given.weight != 0 && !given.allow;
    for (unsigned i = 0; i < policy->grant_count; i++) {
        const struct net_rule *rule = &policy->rule[policy->grant[i].rule];

        /* What DNS has said opens neither this host nor what the user denies by address. */
        if (rule->allow && !policy->grant[i].by_hosts && (is_own || is_denied))
            continue;
        if (net_address_equal(&policy->grant[i].address, to) && port_fits(rule, port))
            weigh(&verdict, 128, rule->port != 0, true, rule->allow);
    }
    return verdict.allow;
}

bool net_policy_allows(const struct net_policy *policy, const struct net_endpoint *to, bool is_own)
{
    struct net_address inner;

    if (net_address_is_any(&to->address) || net_address_is_multicast(&to->address))
        return false;
    if (!allows_one(policy, &to->address, to->port, is_own))
        return false;
    if (!net_address_embedded(&to->address, &inner))
        return true;
    return !net_address_is_any(&inner) && !net_address_is_multicast(&inner) &&
           allows_one(policy, &inner, to->port, false);
}

bool net_policy_is_open(const struct net_policy *policy)
{
    bool open = policy->mode != NET_NONE;

    for (unsigned i = 0; i < policy->rule_count; i++)
        open |= policy->rule[i].allow;
    return open;
}

/* ---- names ---- */

/* A name with and without its last dot is the same. */
static bool same_name(const char *a, const char *b)
{
    size_t length_a = strlen(a), length_b = strlen(b);

    length_a -= length_a > 0 && a[length_a - 1] == '.';
    length_b -= length_b > 0 && b[length_b - 1] == '.';
    return length_a == length_b && strncasecmp(a, b, length_a) == 0;
}

bool net_policy_asks(const struct net_policy *policy, const char *name)
{
    bool asks = policy->mode != NET_NONE;

    for (unsigned i = 0; i < policy->rule_count; i++) {
        const struct net_rule *rule = &policy->rule[i];

        if (rule->name == NULL || !same_name(rule->name, name))
            continue;
        if (!rule->allow && rule->port == 0)
            return false;
        asks |= rule->allow;
    }
    return asks;
}

static bool is_special(const struct net_address *address)
{
    struct verdict verdict = {0, true};

    weigh_special(&verdict, address, false);
    return !verdict.allow;
}

static bool may_be_opened(const struct net_address *address, enum net_word word)
{
    static const struct net_range never[] = {V4(0, 0, 0, 0, 8), V4(127, 0, 0, 0, 8), V4(169, 254, 0, 0, 16), V6(96, 0),
                                             V6(10, 0xfe, 0x80)};

    for (unsigned i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        if (net_range_has(&never[i], address))
            return false;
    return !net_address_is_multicast(address) && (word == NET_WORD_HOSTS || !is_special(address));
}

static struct net_grant *find_grant(struct net_policy *policy, unsigned rule, const struct net_address *address)
{
    for (unsigned i = 0; i < policy->grant_count; i++)
        if (policy->grant[i].rule == rule && net_address_equal(&policy->grant[i].address, address))
            return &policy->grant[i];
    return NULL;
}

/* A free one, or that of the oldest allowance; of denials, which nobody may push out by allowed names, only for another
 * denial. NULL: there is none. */
static struct net_grant *grant_place(struct net_policy *policy, bool allow)
{
    unsigned place = policy->grant_next, tried = 0;

    if (policy->grant_count < NET_GRANTS)
        return &policy->grant[policy->grant_count++];
    while (tried < NET_GRANTS && !policy->rule[policy->grant[place].rule].allow) {
        place = (place + 1) % NET_GRANTS;
        tried++;
    }
    if (tried == NET_GRANTS && allow)
        return NULL;
    policy->grant_next = (place + 1) % NET_GRANTS;
    return &policy->grant[place];
}

static void grant(struct net_policy *policy, unsigned rule, const struct net_address *address, enum net_word word)
{
    struct net_grant *place = find_grant(policy, rule, address);

    if (place == NULL)
        place = grant_place(policy, policy->rule[rule].allow);
    else if (place->by_hosts)
        return;
    if (place != NULL)
        *place = (struct net_grant){*address, rule, word == NET_WORD_HOSTS};
}

bool net_policy_grant(struct net_policy *policy, const char *name, const struct net_address *address,
                      enum net_word word)
{
    bool may_open = may_be_opened(address, word), is_open = true;

    for (unsigned i = 0; i < policy->rule_count; i++) {
        const struct net_rule *rule = &policy->rule[i];

        if (rule->name == NULL || !same_name(rule->name, name))
            continue;
        if (may_open || !rule->allow)
            grant(policy, i, address, word);
        if (rule->allow)
            is_open = is_open && net_policy_allows(policy, &(struct net_endpoint){*address, rule->port}, false);
    }
    return is_open;
}

/* ---- what the command line says ---- */

int net_mode_parse(const char *text, enum net_mode *out)
{
    static const char *const names[] = {[NET_NONE] = "none", [NET_PUBLIC] = "public", [NET_ALL] = "all"};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (enum net_mode)i;
            return 0;
        }
    }
    return -EINVAL;
}

bool net_is_host_name(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    size_t length = strlen(text), label;
    bool has_letter = false;

    if (length == 0 || length > NET_HOST_NAME)
        return false;
    while (*text != '\0') {
        label = strspn(text, letters);
        if (label == 0 || label > 63 || *text == '-' || (text[label] != '\0' && text[label] != '.'))
            return false;
        has_letter = strspn(text, "0123456789") != label; /* the last label has one, or it is a wrong address */
        text += label;
        text += *text == '.';
    }
    return has_letter;
}

/* Cuts off ":PORT". What has more than one colon is IPv6, unless it is in brackets. 0, or -ERANGE. */
static int cut_port(char *text, uint16_t *out)
{
    char *bracket = strrchr(text, ']'), *colon = strrchr(text, ':');

    *out = 0;
    if (colon == NULL || (bracket == NULL && strchr(text, ':') != colon) || (bracket != NULL && colon < bracket))
        return 0;
    size_t digits = strlen(colon + 1);
    if (digits == 0 || digits > 5 || strspn(colon + 1, "0123456789") != digits)
        return -ERANGE;
    long port = atol(colon + 1);
    if (port == 0 || port > UINT16_MAX)
        return -ERANGE;
    *out = (uint16_t)port;
    *colon = '\0';
    return 0;
}

/* "[2001:db8::/32]" too, as a port may follow. */
static int parse_range(char *text, struct net_range *out)
{
    size_t length = strlen(text);
    bool in_brackets = length > 2 && text[0] == '[' && text[length - 1] == ']';
    int error;

    if (!in_brackets)
        return net_range_parse(text, out);
    text[length - 1] = '\0';
    error = net_range_parse(text + 1, out);
    text[length - 1] = ']';
    return error;
}

int net_rule_parse(bool allow, char *text, struct net_rule *out)
{
    int error;

    *out = (struct net_rule){.allow = allow};
    error = cut_port(text, &out->port);
    if (error < 0 || parse_range(text, &out->range) == 0)
        return error;
    if (net_is_host_name(text)) {
        out->name = text;
        return 0;
    }
    if (out->port != 0)
        text[strlen(text)] = ':'; /* for who tells the user */
    return -EINVAL;
}

int net_policy_add(struct net_policy *policy, bool allow, char *text)
{
    struct net_rule rule;
    int error = net_rule_parse(allow, text, &rule);

    if (error < 0)
        return error;
    if (policy->rule_count == NET_RULES)
        return -ENOSPC;
    policy->rule[policy->rule_count++] = rule;
    return 0;
}
