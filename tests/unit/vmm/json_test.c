/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/json.c
/* json_test.c - a report's JSON: separators, numbers, what becomes of bytes that are no text, and too little room. */
#include "vmm/json.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char bytes[512];
static struct json json;

static void begin(void)
{
    memset(bytes, 'x', sizeof(bytes));
    json_begin(&json, bytes, sizeof(bytes));
}

/* The text so far, ended. */
static const char *text(void)
{
    size_t size = json_end(&json);

    ck_assert_uint_lt(size, sizeof(bytes));
    bytes[size] = '\0';
    return bytes;
}

START_TEST(values_and_separators)
{
    begin();
    ck_assert_str_eq(text(), "{}\n");
    begin();
    json_number(&json, "a", 0);
    json_number(&json, "b", UINT64_MAX);
    json_open(&json, "c", '[');
    json_close(&json, ']');
    json_open(&json, "d", '[');
    json_number(&json, NULL, 10);
    json_null(&json, NULL);
    json_close(&json, ']');
    json_open(&json, "e", '{');
    json_bool(&json, "f", true);
    json_bool(&json, "g", false);
    json_close(&json, '}');
    json_null(&json, "h");
    ck_assert_str_eq(text(), "{\"a\": 0, \"b\": 18446744073709551615, \"c\": [], \"d\": [10, null], "
                             "\"e\": {\"f\": true, \"g\": false}, \"h\": null}\n");
}
END_TEST

START_TEST(seconds)
{
    begin();
    json_seconds(&json, "a", 0);
    json_seconds(&json, "b", 1000001999);
    json_seconds(&json, "c", UINT64_MAX);
    ck_assert_str_eq(text(), "{\"a\": 0.000000, \"b\": 1.000001, \"c\": 18446744073.709551}\n");
}
END_TEST

static const struct {
    const char *given, *wanted;
} strings[] = {
    {"", ""},
    {"plain text", "plain text"},
    {"\"quotes\" and \\", "\\\"quotes\\\" and \\\\"},
    {"\n\t\x1b\x7f/", "\\u000a\\u0009\\u001b\\u007f/"},
    {"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"},
    {"\xff", "\\ufffd"},
    {"a\xc3", "a\\ufffd"},                                /* cut off */
    {"\xc3(", "\\ufffd("},                                /* what follows isn't its second byte */
    {"\xc0\xaf", "\\ufffd\\ufffd"},                       /* longer than it has to be */
    {"\xe0\x80\xaf", "\\ufffd\\ufffd\\ufffd"},            /* the same */
    {"\xf0\x8f\xbf\xbf", "\\ufffd\\ufffd\\ufffd\\ufffd"}, /* the same */
    {"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},            /* a half of a surrogate pair */
    {"\xed\x9f\xbf", "\xed\x9f\xbf"},                     /* the last one before */
    {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},             /* the last one of all */
    {"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
    {"\xf5\x80\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
    {"\xe2\x82", "\\ufffd\\ufffd"},
    {"\x80", "\\ufffd"},
};

START_TEST(bytes_of_strings)
{
    char wanted[128];

    begin();
    json_string(&json, "s", strings[_i].given, strlen(strings[_i].given));
    snprintf(wanted, sizeof(wanted), "{\"s\": \"%s\"}\n", strings[_i].wanted);
    ck_assert_str_eq(text(), wanted);
}
END_TEST

START_TEST(a_nul_is_a_byte_like_others)
{
    begin();
    json_string(&json, "s", "a\0b", 3);
    ck_assert_str_eq(text(), "{\"s\": \"a\\u0000b\"}\n");
}
END_TEST

/* Nothing is written beyond any room, and none that is too small gives a text. */
START_TEST(too_little_room)
{
    const char whole[] = "{\"name\": [\"\\ufffd\"], \"n\": 12.000000}\n";

    for (size_t room = 1; room <= sizeof(whole); room++) {
        char *exact = malloc(room);

        ck_assert_ptr_nonnull(exact);
        json_begin(&json, exact, room);
        json_open(&json, "name", '[');
        json_string(&json, NULL, "\xfe", 1);
        json_close(&json, ']');
        json_seconds(&json, "n", UINT64_C(12000000000));
        ck_assert_uint_eq(json_end(&json), room < sizeof(whole) - 1 ? 0 : sizeof(whole) - 1);
        free(exact);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/json");
    TCase *tcase = tcase_create("json");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, values_and_separators);
    tcase_add_test(tcase, seconds);
    tcase_add_loop_test(tcase, bytes_of_strings, 0, (int)(sizeof(strings) / sizeof(strings[0])));
    tcase_add_test(tcase, a_nul_is_a_byte_like_others);
    tcase_add_test(tcase, too_little_room);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
