/* SPDX-License-Identifier: Apache-2.0 */
/* dirent_test.c - getdents64's entries: alignment, the exact fit, and nothing behind the end. */
// sources: guest-kernel/sys/dirent.c
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "abi/stat.h"
#include "sys/dirent.h"

#define HEAD offsetof(struct dirent64_user, d_name)

static char bytes[1024] __attribute__((aligned(8)));

START_TEST(entries)
{
    struct dirent_buffer buffer = {.bytes = bytes, .size = sizeof(bytes)};
    size_t at = 0;

    memset(bytes, 0xff, sizeof(bytes));
    for (size_t length = 1; length <= 9; length++)
        ck_assert(dirent_emit(&buffer, "abcdefghi", length, 100 + length, 8, length));
    for (size_t length = 1; length <= 9; length++) {
        const struct dirent64_user *entry = (void *)(bytes + at);
        ck_assert_uint_eq(entry->d_ino, 100 + length);
        ck_assert_int_eq(entry->d_off, (int64_t)length);
        ck_assert_uint_eq(entry->d_type, 8);
        ck_assert_uint_eq(strlen(entry->d_name), length);
        ck_assert_uint_eq(entry->d_reclen % 8, 0);
        for (size_t i = HEAD + length; i < entry->d_reclen; i++)
            ck_assert_int_eq(bytes[at + i], 0);
        at += entry->d_reclen;
    }
    ck_assert_uint_eq(at, buffer.used);
}
END_TEST

START_TEST(full)
{
    struct dirent_buffer buffer = {.bytes = bytes, .size = 24};

    ck_assert(!dirent_emit(&buffer, "abcdef", 6, 1, 8, 1)); /* 19 + 6 + 1: 32 */
    ck_assert_uint_eq(buffer.used, 0);
    ck_assert(dirent_emit(&buffer, "abcd", 4, 1, 8, 1)); /* 24 */
    ck_assert(!dirent_emit(&buffer, "", 0, 1, 8, 1));
    buffer = (struct dirent_buffer){.bytes = bytes};
    ck_assert(!dirent_emit(&buffer, "a", 1, 1, 8, 1));
    ck_assert(!dirent_emit(&buffer, "a", SIZE_MAX, 1, 8, 1));
}
END_TEST

START_TEST(of_32_bits)
{
    struct dirent_buffer buffer = {.bytes = bytes, .size = 16};
    const struct dirent_user_32 *entry = (void *)bytes;

    memset(bytes, 0xff, sizeof(bytes));
    ck_assert(!dirent_emit_old_32(&buffer, "abcde", 5, 1, 8, 1)); /* 10 + 5 + 2: 20 */
    ck_assert_int_eq(buffer.error, 0);
    ck_assert(dirent_emit_old_32(&buffer, "abc", 3, UINT32_MAX, 8, 7)); /* 16 */
    ck_assert_uint_eq(entry->d_ino, UINT32_MAX);
    ck_assert_uint_eq(entry->d_off, 7);
    ck_assert_uint_eq(entry->d_reclen, 16);
    ck_assert_mem_eq(entry->d_name, "abc\0\0\010", 6);
    buffer.size = sizeof(bytes);
    ck_assert(!dirent_emit_old_32(&buffer, "a", 1, 1ull << 32, 8, 1));
    ck_assert_int_eq(buffer.error, -75); /* EOVERFLOW */
    ck_assert_uint_eq(buffer.used, 16);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dirent");
    TCase *tests = tcase_create("all");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tests);
    tcase_add_test(tests, entries);
    tcase_add_test(tests, full);
    tcase_add_test(tests, of_32_bits);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
