/* SPDX-License-Identifier: Apache-2.0 */
/* string_test.c - the kernel's string functions against the C library's, at every alignment. */
#include <check.h>
#include <string.h>

static int (*libc_memcmp)(const void *, const void *, size_t) = memcmp;
static size_t (*libc_strlen)(const char *) = strlen;
static int (*libc_strcmp)(const char *, const char *) = strcmp;

#define memcpy gk_memcpy
#define memmove gk_memmove
#define memset gk_memset
#define memcmp gk_memcmp
#define memchr gk_memchr
#define strlen gk_strlen
#define strnlen gk_strnlen
#define strcmp gk_strcmp
#define strncmp gk_strncmp
#define strchr gk_strchr
#undef GK_LIB_STRING_H
#include "lib/string.c"

static unsigned char buf[256], want[256];

static void reset(void)
{
    for (unsigned i = 0; i < sizeof(buf); i++)
        buf[i] = want[i] = (unsigned char)(i * 7 + 1);
}

static void expect(void)
{
    ck_assert_int_eq(libc_memcmp(buf, want, sizeof(buf)), 0);
}

START_TEST(copies)
{
    for (unsigned to = 0; to < 10; to++) {
        for (unsigned from = 0; from < 10; from++) {
            for (unsigned n = 0; n < 40; n++) {
                reset();
                for (unsigned i = 0; i < n; i++)
                    want[100 + to + i] = buf[from + i];
                ck_assert_ptr_eq(memcpy(buf + 100 + to, buf + from, n), buf + 100 + to);
                expect();
            }
        }
    }
}
END_TEST

START_TEST(moves_overlapping)
{
    for (unsigned to = 0; to < 40; to++) {
        for (unsigned n = 0; n < 60; n++) {
            reset();
            for (unsigned i = 0; i < n; i++)
                want[to + i] = buf[20 + i];
            ck_assert_ptr_eq(memmove(buf + to, buf + 20, n), buf + to);
            expect();
        }
    }
}
END_TEST

START_TEST(sets)
{
    for (unsigned at = 0; at < 10; at++) {
        for (unsigned n = 0; n < 40; n++) {
            reset();
            for (unsigned i = 0; i < n; i++)
                want[at + i] = 0xe7;
            ck_assert_ptr_eq(memset(buf + at, 0x1e7, n), buf + at);
            expect();
        }
    }
}
END_TEST

START_TEST(compares)
{
    char a[40], b[40];

    memset(a, 'x', sizeof(a));
    memset(b, 'x', sizeof(b));
    ck_assert_int_eq(memcmp(a, b, sizeof(a)), 0);
    for (unsigned i = 0; i < sizeof(a); i++) {
        b[i] = (char)0x80; /* bytes are unsigned */
        ck_assert_int_lt(memcmp(a, b, sizeof(a)), 0);
        ck_assert_int_gt(memcmp(b, a, sizeof(a)), 0);
        ck_assert_int_eq(memcmp(a, b, i), 0);
        b[i] = 'x';
    }
}
END_TEST

START_TEST(strings)
{
    static const char *const words[] = {"", "a", "ab", "abc", "abd", "b", "\x80"};

    for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++) {
        ck_assert_uint_eq(strlen(words[i]), libc_strlen(words[i]));
        ck_assert_uint_eq(strnlen(words[i], 2), libc_strlen(words[i]) < 2 ? libc_strlen(words[i]) : 2);
        for (unsigned k = 0; k < sizeof(words) / sizeof(*words); k++) {
            int ours = strcmp(words[i], words[k]), theirs = libc_strcmp(words[i], words[k]);
            ck_assert_int_eq((ours > 0) - (ours < 0), (theirs > 0) - (theirs < 0));
        }
    }
    ck_assert_int_eq(strncmp("abc", "abd", 2), 0);
    ck_assert_int_lt(strncmp("abc", "abd", 3), 0);
    ck_assert_int_eq(strncmp("ab", "ab", 10), 0);
    ck_assert_str_eq(strchr("key=value", '='), "=value");
    ck_assert_ptr_null(strchr("key", '='));
    ck_assert_str_eq(strchr("key", '\0'), "");
    ck_assert_str_eq(memchr("a\0b", 'b', 3), "b");
    ck_assert_ptr_null(memchr("a\0b", 'b', 2));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("string");
    TCase *tc = tcase_create("string");

    tcase_add_test(tc, copies);
    tcase_add_test(tc, moves_overlapping);
    tcase_add_test(tc, sets);
    tcase_add_test(tc, compares);
    tcase_add_test(tc, strings);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
