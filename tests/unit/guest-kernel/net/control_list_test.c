/* SPDX-License-Identifier: Apache-2.0 */
/* control_list_test.c - lists of ancillary data: where messages begin and end, what is malformed, 32-bit programs'
 * form. */
// sources: guest-kernel/net/control_list.c
#include "net/control_list.h"

#include <check.h>
#include <errno.h>
#include <string.h>

static uint8_t bytes[256];

/* Puts a header of a message of so many bytes of data at `at`. */
static void put(uint32_t at, uint64_t size, int level, int type)
{
    const int32_t kinds[2] = {level, type};

    memcpy(bytes + at, &size, sizeof(size));
    memcpy(bytes + at + 8, kinds, sizeof(kinds));
}

static void put_32(uint32_t at, uint32_t size, int level, int type)
{
    const int32_t words[3] = {(int32_t)size, level, type};

    memcpy(bytes + at, words, sizeof(words));
}

START_TEST(messages_are_found)
{
    struct control_message message;
    uint32_t at = 0;

    put(0, 20, 1, 2);
    put(24, 16, 3, 4);
    ck_assert_int_eq(control_parse(bytes, 40, &at, &message), 1);
    ck_assert_int_eq(message.level, 1);
    ck_assert_int_eq(message.type, 2);
    ck_assert_uint_eq(message.size, 4);
    ck_assert_ptr_eq(message.data, bytes + 16);
    ck_assert_int_eq(control_parse(bytes, 40, &at, &message), 1);
    ck_assert_int_eq(message.level, 3);
    ck_assert_uint_eq(message.size, 0);
    ck_assert_int_eq(control_parse(bytes, 40, &at, &message), 0);
}
END_TEST

START_TEST(the_last_needs_no_padding)
{
    struct control_message message;
    uint32_t at = 0;

    put(0, 19, 1, 1);
    ck_assert_int_eq(control_parse(bytes, 19, &at, &message), 1);
    ck_assert_int_eq(control_parse(bytes, 19, &at, &message), 0);
    at = 0;
    ck_assert_int_eq(control_parse(bytes, 15, &at, &message), 0); /* no header fits */
}
END_TEST

START_TEST(sizes_are_checked)
{
    static const uint64_t wrong[] = {0, 15, 41, UINT32_MAX, (uint64_t)1 << 32, UINT64_MAX - 3, UINT64_MAX};
    struct control_message message;

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint32_t at = 0;

        put(0, wrong[i], 1, 1);
        ck_assert_int_eq(control_parse(bytes, 40, &at, &message), -EINVAL);
    }
}
END_TEST

START_TEST(shorter_headers_become_longer)
{
    struct control_message message;
    uint8_t wide[2 * sizeof(bytes) + 16];
    uint32_t at = 0;

    memset(bytes, 0xee, sizeof(bytes));
    put_32(0, 12 + 5, 1, 7);
    memcpy(bytes + 12, "hello", 5);
    put_32(20, 12, 2, 8);
    put_32(32, 12 + 4, 3, 9);
    ck_assert_int_eq(control_widen(bytes, 48, wide), 24 + 16 + 24);
    ck_assert_int_eq(control_parse(wide, 64, &at, &message), 1);
    ck_assert_uint_eq(message.size, 5);
    ck_assert_mem_eq(message.data, "hello", 5);
    ck_assert_int_eq(control_parse(wide, 64, &at, &message), 1);
    ck_assert_int_eq(message.level, 2);
    ck_assert_int_eq(control_parse(wide, 64, &at, &message), 1);
    ck_assert_int_eq(message.type, 9);
    ck_assert_int_eq(control_parse(wide, 64, &at, &message), 0);
    put_32(20, 11, 2, 8);
    ck_assert_int_eq(control_widen(bytes, 48, wide), -EINVAL);
    put_32(20, 29, 2, 8);
    ck_assert_int_eq(control_widen(bytes, 48, wide), -EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control_list");
    TCase *tests = tcase_create("lists");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tests, messages_are_found);
    tcase_add_test(tests, the_last_needs_no_padding);
    tcase_add_test(tests, sizes_are_checked);
    tcase_add_test(tests, shorter_headers_become_longer);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
