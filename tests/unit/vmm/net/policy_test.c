/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/net/policy.c vmm/net/address.c
/* policy_test.c - what a guest may reach, by tables. */
#include "vmm/net/policy.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define RULES 5

/* Rules point into this. */
static char words[NET_RULES][300];

static int add(struct net_policy *policy, bool allow, const char *text)
{
    char *word = words[policy->rule_count % NET_RULES];

    snprintf(word, sizeof(words[0]), "%s", text);
    return net_policy_add(policy, allow, word);
}

/* "+HOST" allows, "-HOST" denies. */
static void make(struct net_policy *policy, enum net_mode mode, const char *const *rules)
{
    memset(policy, 0, sizeof(*policy));
    policy->mode = mode;
    for (unsigned i = 0; i < RULES && rules[i] != NULL; i++)
        ck_assert_msg(add(policy, rules[i][0] == '+', rules[i] + 1) == 0, "\"%s\" is refused", rules[i]);
}

static bool reaches(const struct net_policy *policy, const char *address, uint16_t port, bool is_own)
{
    struct net_endpoint to = {.port = port};

    ck_assert_msg(net_address_parse(address, &to.address) == 0, "%s", address);
    return net_policy_allows(policy, &to, is_own);
}

/* Both ends of each range, and its neighbours. */
START_TEST(public_is_the_internet)
{
    static const char *const in[] = {"1.0.0.0",         "9.255.255.255",   "11.0.0.0",       "100.63.255.255",
                                     "100.128.0.0",     "126.255.255.255", "128.0.0.0",      "169.253.255.255",
                                     "169.255.0.0",     "172.15.255.255",  "172.32.0.0",     "191.255.255.255",
                                     "192.0.1.0",       "192.0.3.0",       "192.88.98.255",  "192.88.100.0",
                                     "192.167.255.255", "192.169.0.0",     "198.17.255.255", "198.20.0.0",
                                     "198.51.99.255",   "198.51.101.0",    "203.0.112.255",  "203.0.114.0",
                                     "223.255.255.255", "8.8.8.8",         "2001:200::",     "2001:4860:4860::8888",
                                     "2000::1",         "2003::1",         "3ffe:ffff::",    "3fff:1000::",
                                     "2001:db7::",      "2001:db9::",      "::ffff:8.8.8.8", "2002:808:808::1",
                                     "64:ff9b::8.8.8.8"};
    static const char *const out[] = {"0.0.0.0",
                                      "0.0.0.1",
                                      "0.255.255.255",
                                      "10.0.0.0",
                                      "10.255.255.255",
                                      "100.64.0.0",
                                      "100.127.255.255",
                                      "127.0.0.0",
                                      "127.0.0.1",
                                      "127.255.255.255",
                                      "169.254.0.0",
                                      "169.254.169.254",
                                      "169.254.255.255",
                                      "172.16.0.0",
                                      "172.31.255.255",
                                      "192.0.0.0",
                                      "192.0.0.255",
                                      "192.0.2.0",
                                      "192.0.2.255",
                                      "192.88.99.1",
                                      "192.168.0.0",
                                      "192.168.255.255",
                                      "198.18.0.0",
                                      "198.19.255.255",
                                      "198.51.100.1",
                                      "203.0.113.255",
                                      "224.0.0.0",
                                      "224.0.0.251",
                                      "239.255.255.255",
                                      "240.0.0.0",
                                      "255.255.255.254",
                                      "255.255.255.255",
                                      "::",
                                      "::1",
                                      "::2",
                                      "::8.8.8.8",
                                      "64:ff9b:1::",
                                      "100::1",
                                      "2001::1",
                                      "2001:0:808:808::",
                                      "2001:1ff::",
                                      "2001:db8::",
                                      "2001:db8:ffff::",
                                      "3fff::",
                                      "3fff:fff::",
                                      "4000::",
                                      "5f00::1",
                                      "1fff::1",
                                      "fbff::1",
                                      "fc00::",
                                      "fd12::1",
                                      "fdff::",
                                      "fe00::1",
                                      "fe80::1",
                                      "febf::1",
                                      "fec0::1",
                                      "feff::1",
                                      "ff02::1",
                                      "ff0e::1",
                                      "::fffe:8.8.8.8",
                                      "::ffff:0:8.8.8.8"};
    /* The same by another way. */
    static const char *const inner[] = {"10.0.0.1",        "127.0.0.1", "169.254.169.254", "192.168.1.1", "224.0.0.1",
                                        "255.255.255.255", "0.0.0.0",   "172.16.0.1",      "100.64.0.1"};
    struct net_policy policy;
    struct net_address v4;
    char text[64];

    make(&policy, NET_PUBLIC, (const char *const[RULES]){NULL});
    for (unsigned i = 0; i < COUNT(in); i++)
        ck_assert_msg(reaches(&policy, in[i], 80, false), "%s is denied", in[i]);
    for (unsigned i = 0; i < COUNT(in); i++)
        ck_assert_msg(!reaches(&policy, in[i], 80, true), "%s is this host, and allowed", in[i]);
    for (unsigned i = 0; i < COUNT(out); i++)
        ck_assert_msg(!reaches(&policy, out[i], 80, false), "%s is allowed", out[i]);
    for (unsigned i = 0; i < COUNT(inner); i++) {
        ck_assert_int_eq(net_address_parse(inner[i], &v4), 0);
        const uint8_t *b = v4.bytes + 12;
        snprintf(text, sizeof(text), "2002:%x:%x::1", (unsigned)b[0] << 8 | b[1], (unsigned)b[2] << 8 | b[3]);
        ck_assert_msg(!reaches(&policy, text, 80, false), "%s is allowed", text);
        snprintf(text, sizeof(text), "64:ff9b::%s", inner[i]);
        ck_assert_msg(!reaches(&policy, text, 80, false), "%s is allowed", text);
        snprintf(text, sizeof(text), "::ffff:%s", inner[i]);
        ck_assert_msg(!reaches(&policy, text, 80, false), "%s is allowed", text);
        snprintf(text, sizeof(text), "::%s", inner[i]);
        ck_assert_msg(!reaches(&policy, text, 80, false), "%s is allowed", text);
    }
}
END_TEST

START_TEST(all_and_none)
{
    static const char *const any[] = {"8.8.8.8", "10.0.0.1",    "127.0.0.1",         "169.254.169.254", "::1",
                                      "fe80::1", "2001:db8::1", "64:ff9b::10.0.0.1", "240.0.0.1"};
    static const char *const never[] = {"0.0.0.0", "::",      "224.0.0.1",      "255.255.255.255",
                                        "ff02::1", "ff0e::1", "2002:e000:1::1", "64:ff9b::255.255.255.255"};
    struct net_policy policy;

    for (unsigned i = 0; i < COUNT(any); i++) {
        make(&policy, NET_ALL, (const char *const[RULES]){NULL});
        ck_assert_msg(reaches(&policy, any[i], 80, true), "%s is denied", any[i]);
        make(&policy, NET_NONE, (const char *const[RULES]){NULL});
        ck_assert_msg(!reaches(&policy, any[i], 80, false), "%s is allowed", any[i]);
        ck_assert(!net_policy_is_open(&policy));
    }
    for (unsigned i = 0; i < COUNT(never); i++) {
        make(&policy, NET_ALL, (const char *const[RULES]){"+0.0.0.0/0", "+::/0"});
        ck_assert_msg(!reaches(&policy, never[i], 80, false), "%s is allowed", never[i]);
    }
}
END_TEST

START_TEST(more_exact_wins)
{
    static const struct {
        enum net_mode mode;
        const char *rules[RULES];
        const char *to;
        uint16_t port;
        bool is_own, allowed;
    } cases[] = {
        {NET_NONE, {"+1.2.3.4"}, "1.2.3.4", 80, false, true},
        {NET_NONE, {"+1.2.3.4"}, "1.2.3.5", 80, false, false},
        {NET_NONE, {"+1.2.3.4:80"}, "1.2.3.4", 80, false, true},
        {NET_NONE, {"+1.2.3.4:80"}, "1.2.3.4", 81, false, false},
        {NET_NONE, {"+1.2.3.4:80"}, "1.2.3.4", 0, false, false},
        {NET_NONE, {"+1.2.3.4"}, "1.2.3.4", 0, false, true},
        {NET_NONE, {"+10.0.0.0/8"}, "10.9.8.7", 80, false, true},
        {NET_NONE, {"+10.0.0.0/8"}, "10.9.8.7", 80, true, false}, /* this host's own must be named */
        {NET_NONE, {"+10.9.8.7"}, "10.9.8.7", 80, true, true},
        {NET_NONE, {"+0.0.0.0/0"}, "8.8.8.8", 80, false, true},
        {NET_NONE, {"+0.0.0.0/0"}, "10.9.8.7", 80, false, false},
        {NET_NONE, {"+0.0.0.0/0"}, "2001:4860::1", 80, false, false},
        {NET_NONE, {"+::/0"}, "8.8.8.8", 80, false, false},
        {NET_NONE, {"+::/0"}, "2001:4860::1", 80, false, true},
        {NET_NONE, {"+::/0"}, "fd00::1", 80, false, false},
        {NET_NONE, {"+fd00::/8"}, "fd00::1", 80, false, true},
        {NET_NONE, {"+::ffff:10.0.0.0/104"}, "10.1.1.1", 80, false, true},
        {NET_NONE, {"+127.0.0.1:8080"}, "127.0.0.1", 8080, true, true},
        {NET_NONE, {"+127.0.0.1:8080"}, "127.0.0.1", 8081, true, false},
        {NET_NONE, {"+127.0.0.0/8"}, "127.0.0.1", 8080, true, false},
        {NET_PUBLIC, {"-8.8.8.8"}, "8.8.8.8", 53, false, false},
        {NET_PUBLIC, {"-8.8.8.8"}, "8.8.4.4", 53, false, true},
        {NET_PUBLIC, {"-8.0.0.0/8", "+8.8.8.8"}, "8.8.8.8", 53, false, true},
        {NET_PUBLIC, {"+8.8.8.8", "-8.0.0.0/8"}, "8.8.8.8", 53, false, true},
        {NET_PUBLIC, {"+8.8.8.8", "-8.0.0.0/8"}, "8.8.8.9", 53, false, false},
        {NET_PUBLIC, {"-8.8.8.8", "+8.0.0.0/8"}, "8.8.8.8", 53, false, false},
        {NET_PUBLIC, {"+8.8.8.8", "-8.8.8.8"}, "8.8.8.8", 53, false, false}, /* a tie */
        {NET_PUBLIC, {"-8.8.8.8", "+8.8.8.8"}, "8.8.8.8", 53, false, false},
        {NET_PUBLIC, {"-8.8.8.8", "+8.8.8.8:53"}, "8.8.8.8", 53, false, true},
        {NET_PUBLIC, {"-8.8.8.8", "+8.8.8.8:53"}, "8.8.8.8", 54, false, false},
        {NET_PUBLIC, {"+8.8.8.8", "-8.8.8.8:25"}, "8.8.8.8", 25, false, false},
        {NET_PUBLIC, {"-0.0.0.0/0:25"}, "8.8.8.8", 25, false, false},
        {NET_PUBLIC, {"-0.0.0.0/0:25"}, "8.8.8.8", 26, false, true},
        {NET_PUBLIC, {"-0.0.0.0/0:25", "+8.8.0.0/16"}, "8.8.8.8", 25, false, true},
        {NET_PUBLIC, {"+192.168.0.0/16"}, "192.168.3.4", 80, false, true},
        {NET_PUBLIC, {"+192.168.0.0/16"}, "192.169.3.4", 80, false, true},
        {NET_PUBLIC, {"+192.168.0.0/16", "-192.168.3.0/24"}, "192.168.3.4", 80, false, false},
        {NET_PUBLIC, {"+192.168.0.0/16:443"}, "192.168.3.4", 80, false, false},
        {NET_PUBLIC, {"+192.0.0.0/8"}, "192.168.3.4", 80, false, false},
        {NET_ALL, {"-10.0.0.0/8"}, "10.1.1.1", 80, false, false},
        {NET_ALL, {"-10.0.0.0/8"}, "64:ff9b::10.1.1.1", 80, false, false}, /* not around it */
        {NET_ALL, {"-10.0.0.0/8"}, "2002:a01:101::1", 80, false, false},
        {NET_ALL, {"-64:ff9b::/96"}, "64:ff9b::8.8.8.8", 80, false, false},
        {NET_ALL, {"-10.0.0.0/8", "+10.1.1.1:80"}, "10.1.1.1", 80, true, true},
        {NET_ALL, {"-[2001:db8::/32]:443"}, "2001:db8::1", 443, false, false},
        {NET_ALL, {"-[2001:db8::]/32:443"}, "2001:db8::1", 443, false, false},
        {NET_ALL, {"-[2001:db8::]/32:443"}, "2001:db8::1", 80, false, true},
        {NET_ALL, {"-[2001:db8::1]:443"}, "2001:db8::1", 443, false, false},
        {NET_ALL, {"-2001:db8::1"}, "2001:db8::1", 443, false, false},
        {NET_ALL, {"-0.0.0.0/0"}, "8.8.8.8", 443, false, false},
        {NET_ALL, {"-0.0.0.0/0"}, "2001:db8::1", 443, false, true},
    };
    struct net_policy policy;

    for (unsigned i = 0; i < COUNT(cases); i++) {
        make(&policy, cases[i].mode, cases[i].rules);
        ck_assert_msg(reaches(&policy, cases[i].to, cases[i].port, cases[i].is_own) == cases[i].allowed,
                      "case %u, mode %d, %s %s: %s port %u", i, (int)cases[i].mode, cases[i].rules[0],
                      cases[i].rules[1] == NULL ? "" : cases[i].rules[1], cases[i].to, cases[i].port);
    }
}
END_TEST

START_TEST(words_that_are_none)
{
    static const struct {
        const char *text;
        int error;
    } cases[] = {{"", -EINVAL},
                 {":80", -EINVAL},
                 {"1.2.3", -EINVAL},
                 {"1.2.3.4.5", -EINVAL},
                 {"256.1.1.1", -EINVAL},
                 {"1.2.3.4/33", -EINVAL},
                 {"1.2.3.4/", -EINVAL},
                 {"1.2.3.4/-1", -EINVAL},
                 {"1.2.3.4/8", -EINVAL}, /* bits behind the prefix */
                 {"10.0.0.0/8x", -EINVAL},
                 {"10.0.0.0/08000", -EINVAL},
                 {"10.0.0.0 /8", -EINVAL},
                 {"2001:db8::/129", -EINVAL},
                 {"2001:db8::1/32", -EINVAL},
                 {"2001:db8:::1", -EINVAL},
                 {"[2001:db8::1", -EINVAL},
                 {"::ffff:0.0.0.0/95", -EINVAL},
                 {"fe80::1%eth0", -EINVAL},
                 {"1.2.3.4:", -ERANGE},
                 {"1.2.3.4:0", -ERANGE},
                 {"1.2.3.4:65536", -ERANGE},
                 {"1.2.3.4:http", -ERANGE},
                 {"1.2.3.4:+80", -ERANGE},
                 {"example.com:", -ERANGE},
                 {"example..com", -EINVAL},
                 {".example.com", -EINVAL},
                 {"-x.com", -EINVAL},
                 {"*.example.com", -EINVAL},
                 {"exa mple.com", -EINVAL},
                 {"example.com/8", -EINVAL},
                 {"example.123", -EINVAL}};
    static const char *const good[] = {"example.com",  "example.com.", "localhost", "a-b.c_d.xn--e", "example.com:443",
                                       "3com.com",     "1.2.3.4/32",   "0.0.0.0/0", "::/0",          "[::1]:1",
                                       "1.2.3.4:65535"};
    struct net_policy policy = {0};
    char label[80];

    for (unsigned i = 0; i < COUNT(cases); i++) {
        int error = add(&policy, true, cases[i].text);
        ck_assert_msg(error == cases[i].error, "\"%s\": %d", cases[i].text, error);
        ck_assert_msg(error == -ERANGE || strcmp(words[0], cases[i].text) == 0, "\"%s\" is now \"%s\"", cases[i].text,
                      words[0]);
    }
    ck_assert_uint_eq(policy.rule_count, 0);
    for (unsigned i = 0; i < COUNT(good); i++)
        ck_assert_msg(add(&policy, true, good[i]) == 0, "\"%s\" is refused", good[i]);
    memset(label, 'a', 64);
    label[64] = '\0';
    ck_assert(!net_is_host_name(label));
    ck_assert(net_is_host_name(label + 1));
    while (policy.rule_count < NET_RULES)
        ck_assert_int_eq(add(&policy, true, "1.2.3.4"), 0);
    ck_assert_int_eq(add(&policy, true, "1.2.3.4"), -ENOSPC);
}
END_TEST

START_TEST(names_and_their_addresses)
{
    static const char *const rules[RULES] = {"+example.com:443", "-bad.example"};
    struct net_policy policy;
    struct net_address address;

    make(&policy, NET_NONE, rules);
    ck_assert(net_policy_is_open(&policy));
    ck_assert(net_policy_asks(&policy, "example.com"));
    ck_assert(net_policy_asks(&policy, "EXAMPLE.com."));
    ck_assert(!net_policy_asks(&policy, "www.example.com"));
    ck_assert(!net_policy_asks(&policy, "bad.example"));
    ck_assert(!reaches(&policy, "8.8.8.8", 443, false));
    net_address_parse("8.8.8.8", &address);
    net_policy_grant(&policy, "www.example.com", &address, NET_WORD_DNS);
    ck_assert(!reaches(&policy, "8.8.8.8", 443, false));
    net_policy_grant(&policy, "Example.Com.", &address, NET_WORD_DNS);
    net_policy_grant(&policy, "example.com", &address, NET_WORD_DNS);
    ck_assert_uint_eq(policy.grant_count, 1);
    ck_assert(reaches(&policy, "8.8.8.8", 443, false));
    ck_assert(!reaches(&policy, "8.8.8.8", 80, false));
    net_address_parse("10.1.1.1", &address); /* a name in the user's own network, which the host itself knows */
    ck_assert(net_policy_grant(&policy, "example.com", &address, NET_WORD_HOSTS));
    ck_assert(reaches(&policy, "10.1.1.1", 443, true));

    make(&policy, NET_PUBLIC, rules);
    ck_assert(net_policy_asks(&policy, "www.example.com"));
    ck_assert(!net_policy_asks(&policy, "BAD.example"));
    net_address_parse("8.8.8.8", &address);
    net_policy_grant(&policy, "bad.example", &address, NET_WORD_DNS);
    ck_assert(!reaches(&policy, "8.8.8.8", 80, false));
}
END_TEST

/* Who answers for a name that is allowed doesn't lead the guest to what lies near this host. */
START_TEST(rebinding)
{
    static const char *const near[] = {
        "10.0.0.5",      "172.16.9.9",      "192.168.1.1",     "100.100.100.200", "192.0.0.192",
        "168.63.129.16", "169.254.169.254", "fd00:ec2::254",   "fc00::1",         "fe80::1",
        "::1",           "::ffff:10.0.0.5", "64:ff9b:1::a00:5"};
    static const char *const by_name[RULES] = {"+evil.example"}, *const by_address[RULES] = {"+evil.example",
                                                                                             "+10.0.0.5:80"};
    static const char *const denied[RULES] = {"+evil.example", "-8.8.0.0/16", "-8.8.8.8", "-8.8.8.9:80", "+8.8.9.0/24"};
    static const char *const all_denied[RULES] = {"+evil.example", "-0.0.0.0/0"};
    static const char *const answers[] = {"8.8.8.8", "8.8.8.9", "8.8.8.10", "8.8.9.1", "8.9.0.1"};
    struct net_policy policy;
    struct net_address address;

    for (int mode = NET_NONE; mode <= NET_PUBLIC; mode++) {
        make(&policy, (enum net_mode)mode, by_name);
        for (unsigned i = 0; i < COUNT(near); i++) {
            ck_assert_int_eq(net_address_parse(near[i], &address), 0);
            ck_assert_msg(!net_policy_grant(&policy, "evil.example", &address, NET_WORD_DNS), "%s", near[i]);
            ck_assert_msg(!reaches(&policy, near[i], 80, false), "%s is opened", near[i]);
        }
        net_address_parse("64:ff9b::10.0.0.5", &address);
        (void)net_policy_grant(&policy, "evil.example", &address, NET_WORD_DNS);
        ck_assert(!reaches(&policy, "64:ff9b::10.0.0.5", 80, false));
        net_address_parse("8.8.4.4", &address); /* this host's own, by which it is in the Internet */
        ck_assert(net_policy_grant(&policy, "evil.example", &address, NET_WORD_DNS));
        ck_assert(reaches(&policy, "8.8.4.4", 80, false));
        ck_assert(!reaches(&policy, "8.8.4.4", 80, true));
        ck_assert(net_policy_grant(&policy, "evil.example", &address, NET_WORD_HOSTS));
        ck_assert(reaches(&policy, "8.8.4.4", 80, true));
        net_address_parse("8.8.4.4", &address); /* which a later answer doesn't take back */
        ck_assert(net_policy_grant(&policy, "evil.example", &address, NET_WORD_DNS));
        ck_assert(reaches(&policy, "8.8.4.4", 80, true));
    }
    make(&policy, NET_PUBLIC, denied);
    for (unsigned i = 0; i < COUNT(answers); i++) {
        ck_assert_int_eq(net_address_parse(answers[i], &address), 0);
        (void)net_policy_grant(&policy, "evil.example", &address, NET_WORD_DNS);
    }
    ck_assert(!reaches(&policy, "8.8.8.8", 80, false)); /* an address that the user denies */
    ck_assert(!reaches(&policy, "8.8.8.9", 80, false));
    ck_assert(!reaches(&policy, "8.8.8.10", 80, false)); /* in a range that the user denies */
    ck_assert(reaches(&policy, "8.8.9.1", 80, false));   /* of which this is allowed by address */
    ck_assert(reaches(&policy, "8.9.0.1", 80, false));
    net_address_parse("8.8.8.10", &address); /* the host's administrator says so */
    ck_assert(!net_policy_grant(&policy, "evil.example", &address, NET_WORD_DNS));
    ck_assert(net_policy_grant(&policy, "evil.example", &address, NET_WORD_HOSTS));
    ck_assert(reaches(&policy, "8.8.8.10", 80, false));
    make(&policy, NET_ALL, all_denied); /* nothing but that name */
    ck_assert(net_policy_grant(&policy, "evil.example", &address, NET_WORD_DNS));
    ck_assert(reaches(&policy, "8.8.8.10", 80, false));
    ck_assert(!reaches(&policy, "8.8.8.11", 80, false));
    make(&policy, NET_PUBLIC, by_address);
    net_address_parse("10.0.0.5", &address);
    (void)net_policy_grant(&policy, "evil.example", &address, NET_WORD_DNS);
    ck_assert(reaches(&policy, "10.0.0.5", 80, false));
    ck_assert(!reaches(&policy, "10.0.0.5", 22, false)); /* the address is allowed as it says, not as the name does */
}
END_TEST

START_TEST(grants_are_bounded)
{
    static const char *const never[] = {"0.0.0.0", "127.0.0.1", "169.254.169.254", "224.0.0.1", "255.255.255.255",
                                        "::",      "::1",       "fe80::1",         "ff02::1"};
    static const char *const rules[RULES] = {"+example.com"};
    struct net_policy policy;
    struct net_address address;

    make(&policy, NET_NONE, rules);
    for (unsigned i = 0; i < COUNT(never); i++) {
        ck_assert_int_eq(net_address_parse(never[i], &address), 0);
        net_policy_grant(&policy, "example.com", &address, NET_WORD_DNS);
        ck_assert_msg(policy.grant_count == 0, "%s is granted", never[i]);
    }
    for (uint32_t i = 0; i < 3 * NET_GRANTS; i++) {
        address = net_address_v4(0x08000000 + i);
        net_policy_grant(&policy, "example.com", &address, NET_WORD_DNS);
    }
    ck_assert_uint_eq(policy.grant_count, NET_GRANTS);
    ck_assert(!reaches(&policy, "8.0.0.0", 1, false));
    ck_assert(reaches(&policy, "8.0.11.255", 1, false));
}
END_TEST

/* An allowed name with ever more addresses doesn't make a denied one's forgotten; more denials are remembered. */
START_TEST(denials_stay)
{
    static const char *const rules[RULES] = {"+example.com", "-bad.example"};
    struct net_policy policy;
    struct net_address address;

    make(&policy, NET_PUBLIC, rules);
    address = net_address_v4(0x01020304);
    net_policy_grant(&policy, "bad.example", &address, NET_WORD_DNS);
    for (uint32_t i = 0; i < 3 * NET_GRANTS; i++) {
        address = net_address_v4(0x08000000 + i);
        net_policy_grant(&policy, "example.com", &address, NET_WORD_DNS);
    }
    ck_assert(!reaches(&policy, "1.2.3.4", 1, false));
    for (uint32_t i = 0; i < NET_GRANTS; i++) {
        address = net_address_v4(0x09000000 + i);
        net_policy_grant(&policy, "bad.example", &address, NET_WORD_DNS);
    }
    address = net_address_v4(0x0a000001);
    net_policy_grant(&policy, "example.com", &address, NET_WORD_DNS);
    ck_assert(!reaches(&policy, "10.0.0.1", 1, false));
    ck_assert(!reaches(&policy, "9.0.0.1", 1, false));
    ck_assert(!reaches(&policy, "9.0.3.255", 1, false));
}
END_TEST

/* What no name may open is denied by one all the same. */
START_TEST(denials_of_any_address)
{
    static const char *const addresses[] = {"127.0.0.1", "127.0.1.1", "::1", "169.254.169.254", "fe80::1"};
    static const char *const rules[RULES] = {"-this.host", "+this.host:80"};
    struct net_policy policy;
    struct net_address address;

    make(&policy, NET_ALL, rules);
    for (unsigned i = 0; i < COUNT(addresses); i++) {
        ck_assert(reaches(&policy, addresses[i], 22, false));
        ck_assert_int_eq(net_address_parse(addresses[i], &address), 0);
        net_policy_grant(&policy, "this.host", &address, NET_WORD_DNS);
        ck_assert_msg(!reaches(&policy, addresses[i], 22, false), "%s is reached", addresses[i]);
        ck_assert_msg(!reaches(&policy, addresses[i], 80, false), "%s is opened", addresses[i]);
    }
}
END_TEST

START_TEST(texts)
{
    static const struct {
        const char *address;
        uint16_t port;
        const char *text;
    } cases[] = {
        {"1.2.3.4", 80, "1.2.3.4:80"},
        {"::ffff:1.2.3.4", 0, "1.2.3.4"},
        {"[2001:db8::1]", 443, "[2001:db8::1]:443"},
        {"::1", 0, "::1"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", 65535, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"}};
    struct net_endpoint endpoint, back;
    struct sockaddr_storage name;
    char text[NET_TEXT];

    for (unsigned i = 0; i < COUNT(cases); i++) {
        endpoint.port = cases[i].port;
        ck_assert_int_eq(net_address_parse(cases[i].address, &endpoint.address), 0);
        ck_assert_str_eq(net_endpoint_text(&endpoint, text), cases[i].text);
        ck_assert_uint_gt(net_endpoint_sockaddr(&endpoint, AF_INET6, &name), 0);
        ck_assert(net_endpoint_take(&name, &back));
        ck_assert(net_address_equal(&back.address, &endpoint.address) && back.port == endpoint.port);
    }
    ck_assert_uint_eq(net_endpoint_sockaddr(&endpoint, AF_INET, &name), 0);
    name.ss_family = AF_UNIX;
    ck_assert(!net_endpoint_take(&name, &back));
}
END_TEST

/* Of addresses that every host has, and one that none has. */
START_TEST(own_addresses)
{
    static const struct {
        const char *address;
        bool own;
    } cases[] = {{"127.0.0.1", true}, {"127.5.6.7", true}, {"192.0.2.77", false}};
    struct net_address address;

    for (unsigned i = 0; i < COUNT(cases); i++) {
        ck_assert_int_eq(net_address_parse(cases[i].address, &address), 0);
        ck_assert_msg(net_address_is_own(&address) == cases[i].own, "%s", cases[i].address);
    }
}
END_TEST

/* A guest that uses up the descriptors doesn't make this host's addresses look like others'. */
START_TEST(own_if_unknown)
{
    const struct net_address address = net_address_v4(0xc000024d);
    struct rlimit limit, none;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = (struct rlimit){0, limit.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    bool is_own = net_address_is_own(&address);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert(is_own);
}
END_TEST

START_TEST(modes)
{
    enum net_mode mode = NET_ALL;

    ck_assert_int_eq(net_mode_parse("public", &mode), 0);
    ck_assert_int_eq(mode, NET_PUBLIC);
    ck_assert_int_eq(net_mode_parse("none", &mode), 0);
    ck_assert_int_eq(mode, NET_NONE);
    ck_assert_int_eq(net_mode_parse("Public", &mode), -EINVAL);
    ck_assert_int_eq(net_mode_parse("", &mode), -EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policy");
    TCase *tcase = tcase_create("policy");

    tcase_add_test(tcase, public_is_the_internet);
    tcase_add_test(tcase, all_and_none);
    tcase_add_test(tcase, more_exact_wins);
    tcase_add_test(tcase, words_that_are_none);
    tcase_add_test(tcase, names_and_their_addresses);
    tcase_add_test(tcase, rebinding);
    tcase_add_test(tcase, grants_are_bounded);
    tcase_add_test(tcase, denials_stay);
    tcase_add_test(tcase, denials_of_any_address);
    tcase_add_test(tcase, texts);
    tcase_add_test(tcase, own_addresses);
    tcase_add_test(tcase, own_if_unknown);
    tcase_add_test(tcase, modes);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
