/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/net/dns.c vmm/net/address.c
/* dns_test.c - messages of DNS, good ones and damaged ones. */
#include "vmm/net/dns.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A question for the AAAA records of www.example.com, id 0x1234, recursion desired. */
static const uint8_t query[] = {0x12, 0x34, 1,   0,   0,   1,   0,   0, 0,   0,   0,   0, 3, 'w', 'w', 'w', 7,
                                'e',  'x',  'a', 'm', 'p', 'l', 'e', 3, 'c', 'o', 'm', 0, 0, 28,  0,   1};

START_TEST(queries)
{
    struct dns_question question;
    uint8_t message[DNS_QUERY_MAX];

    ck_assert_int_eq(dns_parse_query(query, sizeof(query), &question), 0);
    ck_assert_str_eq(question.name, "www.example.com");
    ck_assert_uint_eq(question.id, 0x1234);
    ck_assert_uint_eq(question.type, DNS_TYPE_AAAA);
    ck_assert_uint_eq(dns_make_query(&question, 0x1234, message), sizeof(query));
    ck_assert(memcmp(message, query, sizeof(query)) == 0);
    for (size_t size = 0; size < sizeof(query); size++) {
        uint8_t *cut = malloc(size + 1); /* so that what is read behind it shows */

        cut = realloc(cut, size > 0 ? size : 1);
        memcpy(cut, query, size);
        ck_assert_int_eq(dns_parse_query(cut, size, &question), size < 12 ? -EINVAL : -EBADMSG);
        free(cut);
    }
}
END_TEST

START_TEST(queries_that_are_none)
{
    static const struct {
        size_t at;
        uint8_t value;
        int error;
    } cases[] = {{2, 0x81, -EINVAL},  /* a response */
                 {2, 0x11, -ENOTSUP}, /* another operation */
                 {5, 0, -EBADMSG},    {5, 2, -EBADMSG},     {4, 1, -EBADMSG},     {12, 0xc0, -EBADMSG}, /* a pointer */
                 {12, 64, -EBADMSG},  {12, 63, -EBADMSG},   {13, '.', -EBADMSG},  {13, 0, -EBADMSG},
                 {13, ' ', -EBADMSG}, {13, 0x80, -EBADMSG}, {13, '\\', -EBADMSG}, {32, 3, -ENOTSUP}};
    struct dns_question question;
    uint8_t message[sizeof(query)];

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memcpy(message, query, sizeof(query));
        message[cases[i].at] = cases[i].value;
        ck_assert_msg(dns_parse_query(message, sizeof(message), &question) == cases[i].error, "case %u", i);
    }
}
END_TEST

/* 253 characters are a name, 254 are none. */
START_TEST(long_names)
{
    struct dns_question question;
    uint8_t message[600] = {0, 1, 1, 0, 0, 1}, made[DNS_QUERY_MAX];

    for (unsigned last = 60; last <= 63; last++) {
        size_t at = 12;

        for (unsigned label = 0; label < 4; label++) {
            unsigned size = label < 3 ? 63 : last;

            message[at++] = (uint8_t)size;
            memset(message + at, 'a', size);
            at += size;
        }
        memcpy(message + at, "\0\0\1\0\1", 5);
        int error = dns_parse_query(message, at + 5, &question);
        ck_assert_int_eq(error, last <= 61 ? 0 : -EBADMSG);
        if (error == 0)
            ck_assert_uint_eq(dns_make_query(&question, 1, made), at + 5);
    }
}
END_TEST

START_TEST(responses)
{
    static const uint8_t records[] = {
        0xc0, 12,  0,  5, 0, 1, 0, 0, 0, 9, 0,  2,    0xc0, 16,                                             /* CNAME */
        0xc0, 12,  0,  1, 0, 1, 0, 0, 0, 9, 0,  4,    192,  0,    2,    7,                                  /* A */
        0,    0,   28, 0, 1, 0, 0, 0, 9, 0, 16, 0x20, 1,    0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, /* AAAA */
        1,    'x', 0,  0, 1, 0, 3, 0, 0, 0, 9,  0,    4,    1,    1,    1, 1, /* of another class */
        0xc0, 12,  0,  1, 0, 1, 0, 0, 0, 9, 0,  3,    1,    1,    1};         /* too short for an address */
    struct net_address addresses[DNS_ADDRESSES], expected;
    struct dns_question question;
    uint8_t message[sizeof(query) + sizeof(records)];

    ck_assert_int_eq(dns_parse_query(query, sizeof(query), &question), 0);
    memcpy(message, query, sizeof(query));
    memcpy(message + sizeof(query), records, sizeof(records));
    ck_assert(!dns_is_response(message, sizeof(message), &question, 0x1234));
    message[2] |= 0x80;
    message[7] = 5;
    ck_assert(dns_is_response(message, sizeof(message), &question, 0x1234));
    ck_assert(!dns_is_response(message, sizeof(message), &question, 0x1235));
    message[13] = 'W'; /* case is free */
    ck_assert(dns_is_response(message, sizeof(message), &question, 0x1234));
    message[13] = 'v';
    ck_assert(!dns_is_response(message, sizeof(message), &question, 0x1234));
    ck_assert_int_eq(dns_addresses(message, sizeof(message), addresses), 2);
    net_address_parse("192.0.2.7", &expected);
    ck_assert(net_address_equal(&addresses[0], &expected));
    net_address_parse("2001:db8::9", &expected);
    ck_assert(net_address_equal(&addresses[1], &expected));
    for (size_t size = 12; size < sizeof(message); size++) {
        uint8_t *cut = malloc(size);

        memcpy(cut, message, size);
        ck_assert_int_eq(dns_addresses(cut, size, addresses), -EBADMSG);
        free(cut);
    }
}
END_TEST

START_TEST(made_responses)
{
    struct dns_question question;
    struct net_address addresses[3], found[DNS_ADDRESSES];
    uint8_t message[DNS_QUERY_MAX + 3 * 28];
    size_t size;

    ck_assert_int_eq(dns_parse_query(query, sizeof(query), &question), 0);
    net_address_parse("192.0.2.7", &addresses[0]);
    net_address_parse("2001:db8::9", &addresses[1]);
    net_address_parse("2001:db8::a", &addresses[2]);
    size = dns_make_response(&question, false, DNS_OK, addresses, 3, message);
    ck_assert(dns_is_response(message, size, &question, 0x1234));
    ck_assert_int_eq(dns_code(message), DNS_OK);
    ck_assert_int_eq(dns_addresses(message, size, found), 2); /* of the type that was asked for */
    ck_assert(net_address_equal(&found[0], &addresses[1]) && net_address_equal(&found[1], &addresses[2]));
    size = dns_make_response(&question, false, DNS_REFUSED, NULL, 0, message);
    ck_assert_int_eq(dns_code(message), DNS_REFUSED);
    ck_assert(dns_is_response(message, size, &question, 0x1234));
    ck_assert_uint_eq(dns_make_response(&question, true, DNS_FORMAT_ERROR, NULL, 0, message), 12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dns");
    TCase *tcase = tcase_create("dns");

    tcase_add_test(tcase, queries);
    tcase_add_test(tcase, queries_that_are_none);
    tcase_add_test(tcase, long_names);
    tcase_add_test(tcase, responses);
    tcase_add_test(tcase, made_responses);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
