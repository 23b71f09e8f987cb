/* SPDX-License-Identifier: Apache-2.0 */
/* proc_text_test.c - the buffer that procfs prints into, and the numbers that are written to it. */
// sources: guest-kernel/fs/proc_text.c guest-kernel/mm/iter.c tests/unit/guest-kernel/stubs.c
#include <check.h>
#include <string.h>

#include "../stubs.h"
#include "abi/errno.h"
#include "fs/proc_text.h"
#include "mm/iter.h"
#include "mm/page.h"

static void teardown(void)
{
    ck_assert_uint_eq(stub_kmallocs, 0);
    ck_assert_uint_eq(stub_pages_used, 0);
}

static char *text_of(const struct proc_text *text)
{
    static char bytes[1000];
    struct iter_segment segment = {(uintptr_t)bytes, sizeof(bytes) - 1};
    struct iter iter;

    iter_init(&iter, &segment, 1, false);
    int64_t length = proc_text_read(text, &iter, 0);
    ck_assert_int_ge(length, 0);
    bytes[length] = 0;
    return bytes;
}

START_TEST(text_is_printed)
{
    struct proc_text text = {0};

    proc_print(&text, "%s %5d|", "one", 2);
    proc_put_escaped(&text, "a b\tc\\d", " \t\\");
    proc_put(&text, "|", 1);
    proc_put_octal(&text, 0100755);
    proc_put(&text, "|", 1);
    proc_put_octal(&text, 0);
    ck_assert_str_eq(text_of(&text), "one     2|a\\040b\\011c\\134d|100755|0");
    proc_text_free(&text);
    proc_print(&text, "line");
    size_t start = text.length;
    proc_print(&text, "ab");
    proc_pad(&text, start, 4);
    proc_print(&text, "x");
    proc_pad(&text, start, 4);
    ck_assert_str_eq(text_of(&text), "lineab   x ");
    proc_put(&text, "\0more", 5);
    proc_text_end_at_nul(&text);
    ck_assert_str_eq(text_of(&text), "lineab   x ");
    ck_assert_uint_eq(text.length, 11);
    proc_text_free(&text);
    ck_assert_str_eq(text_of(&text), "");
}
END_TEST

START_TEST(a_line_is_cut)
{
    struct proc_text text = {0};
    char line[2 * PROC_LINE_MAX];

    memset(line, 'x', sizeof(line) - 1);
    line[sizeof(line) - 1] = 0;
    proc_print(&text, "%s", line);
    ck_assert_uint_eq(text.length, PROC_LINE_MAX - 1);
    proc_text_free(&text);
}
END_TEST

START_TEST(room_is_kept)
{
    struct proc_text text = {0};

    ck_assert(proc_text_reserve(&text, 3 * PAGE_SIZE));
    uint64_t pages = stub_pages_used, objects = stub_kmallocs;
    for (unsigned i = 0; i < 3 * PAGE_SIZE / 4; i++)
        proc_put(&text, "four", 4);
    ck_assert_uint_eq(stub_pages_used, pages);
    ck_assert_uint_eq(stub_kmallocs, objects);
    proc_put(&text, "more", 4);
    ck_assert_uint_eq(stub_pages_used, pages + 1);
    proc_text_free(&text);
}
END_TEST

START_TEST(it_has_a_bound)
{
    struct proc_text text = {0};

    ck_assert(!proc_text_reserve(&text, PROC_TEXT_MAX + 1));
    ck_assert_int_eq(text.error, -ENOMEM);
    proc_put(&text, "x", 1);
    ck_assert_uint_eq(text.length, 0);
    proc_text_free(&text);
}
END_TEST

/* Each allocation fails once: the text says so, and what it had goes back. */
START_TEST(without_memory)
{
    for (uint64_t at = 1; at < 30; at++) {
        struct proc_text text = {0};

        stub_fail_at = at;
        for (unsigned i = 0; i < 20 * PAGE_SIZE / 8; i++)
            proc_put(&text, "12345678", 8);
        stub_fail_at = 0;
        if (text.error != 0)
            ck_assert_int_eq(text.error, -ENOMEM);
        else
            ck_assert_uint_eq(text.length, 20 * PAGE_SIZE);
        proc_text_free(&text);
        ck_assert_int_eq(text.error, 0);
    }
}
END_TEST

static int parse(const char *string, int64_t *out)
{
    char copy[100];

    snprintf(copy, sizeof(copy), "%s", string);
    return proc_parse_number(copy, strlen(copy), out);
}

START_TEST(numbers_are_read)
{
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},    {"15", 15},     {" \t15\n", 15},           {"-7", -7}, {"+7", 7}, {"0x1F", 31},
                {"017", 15}, {"-0x10", -16}, {"9999999999", 9999999999}};
    static const char *const bad[] = {"", " ", "-", "x", "1 2", "0x", "08", "5x", "--5", "99999999999999999999999"};
    int64_t value;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ck_assert_int_eq(parse(good[i].text, &value), 0);
        ck_assert_int_eq(value, good[i].value);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(parse(bad[i], &value) == -EINVAL, "'%s' is read as %ld", bad[i], (long)value);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("proc_text");
    TCase *tc = tcase_create("proc_text");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, text_is_printed);
    tcase_add_test(tc, a_line_is_cut);
    tcase_add_test(tc, room_is_kept);
    tcase_add_test(tc, it_has_a_bound);
    tcase_add_test(tc, without_memory);
    tcase_add_test(tc, numbers_are_read);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
