/* SPDX-License-Identifier: Apache-2.0 */
/* printf_test.c - the kernel's vsnprintf against the C library's. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int (*libc_snprintf)(char *, size_t, const char *, ...) = snprintf;

#define vsnprintf gk_vsnprintf
#define snprintf gk_snprintf
#include "lib/printf.c"

#define SAME(...)                                                                \
    do {                                                                         \
        char ours[100], theirs[100];                                             \
        int n = snprintf(ours, sizeof(ours), __VA_ARGS__);                       \
        ck_assert_int_eq(n, libc_snprintf(theirs, sizeof(theirs), __VA_ARGS__)); \
        ck_assert_str_eq(ours, theirs);                                          \
    } while (0)

START_TEST(numbers)
{
    SAME("%d %d %d %i", 0, -1, INT32_MAX, INT32_MIN);
    SAME("%u %x %X %o %03lo", UINT32_MAX, 0xdeadbeefu, 0xdeadbeefu, 0755u, 5ul);
    SAME("%ld %lu %lx %zu", INT64_MIN, UINT64_MAX, 0x123456789abcul, sizeof(int));
    SAME("%5d|%-5d|%05d|%-5d|", 42, 42, 42, -42);
    SAME("%05d|%3d|%08x|%016lx", -42, 12345, 0xabu, 0x1000ul);
    SAME("%*d|%-*d|", 6, 1, 6, 2);
    SAME("%p", (void *)0x1000);
}
END_TEST

START_TEST(texts)
{
    SAME("%s|%8s|%-8s|%.2s|%.*s|%c|%%", "abc", "abc", "abc", "abc", 1, "abc", 'x');
    SAME("no conversion");
    SAME("%s", "");
}
END_TEST

START_TEST(truncation)
{
    char buf[8] = "xxxxxxx";

    ck_assert_int_eq(snprintf(buf, 4, "%s", "abcdef"), 6);
    ck_assert_str_eq(buf, "abc");
    ck_assert_int_eq(buf[4], 'x');
    ck_assert_int_eq(snprintf(buf, 1, "%d", 12345), 5);
    ck_assert_str_eq(buf, "");
    ck_assert_int_eq(snprintf(NULL, 0, "%d", 12345), 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("printf");
    TCase *tc = tcase_create("printf");

    tcase_add_test(tc, numbers);
    tcase_add_test(tc, texts);
    tcase_add_test(tc, truncation);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
