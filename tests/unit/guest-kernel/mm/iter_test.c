/* SPDX-License-Identifier: Apache-2.0 */
/* iter_test.c - moving bytes through lists of buffers. */
// sources: guest-kernel/mm/iter.c tests/unit/guest-kernel/stubs.c
#include <check.h>
#include <string.h>

#include "../stubs.h"
#include "abi/errno.h"
#include "mm/iter.h"

static char a[8], b[8], c[8];
static const struct iter_segment segments[] = {{(uintptr_t)0, 0}, {(uintptr_t)a, 3}, {(uintptr_t)0, 0},
                                               {(uintptr_t)b, 5}, {(uintptr_t)c, 2}, {(uintptr_t)0, 0}};

START_TEST(fills_across_segments)
{
    struct iter iter;

    iter_init(&iter, segments, 6, _i);
    ck_assert_uint_eq(iter.left, 10);
    ck_assert_int_eq(iter_fill(&iter, "01", 2), 2);
    ck_assert_int_eq(iter_fill(&iter, "23456", 5), 5);
    ck_assert_int_eq(iter_zero(&iter, 1), 1);
    ck_assert_int_eq(iter_fill(&iter, "89abcd", 6), 2);
    ck_assert_int_eq(iter_fill(&iter, "x", 1), 0);
    ck_assert_mem_eq(a, "012\0", 4);
    ck_assert_mem_eq(b, "3456\0\0", 6);
    ck_assert_mem_eq(c, "89\0", 3);
}
END_TEST

START_TEST(drains_across_segments)
{
    char out[16] = "";
    struct iter iter;

    memcpy(a, "abc", 3);
    memcpy(b, "defgh", 5);
    memcpy(c, "ij", 2);
    iter_init(&iter, segments, 6, _i);
    ck_assert_int_eq(iter_drain(&iter, out, 4), 4);
    ck_assert_str_eq(out, "abcd");
    ck_assert_int_eq(iter_drain(&iter, out, 16), 6);
    ck_assert_mem_eq(out, "efghij", 6);
    ck_assert_uint_eq(iter.left, 0);
}
END_TEST

START_TEST(stops_at_faults)
{
    static char pages[3 * 4096];
    const char *fault = (const char *)(((uintptr_t)pages + 4096) & ~4095ul);
    uint64_t good = (uint64_t)(fault - pages);
    struct iter_segment segment = {(uintptr_t)pages, sizeof(pages)};
    static char bytes[sizeof(pages)];
    struct iter iter;

    stub_user_fault = fault;
    iter_init(&iter, &segment, 1, true);
    ck_assert_int_eq(iter_fill(&iter, bytes, sizeof(bytes)), (int64_t)good);
    ck_assert_int_eq(iter_fill(&iter, bytes, 10), -EFAULT);
    ck_assert_int_eq(iter_drain(&iter, bytes, 10), -EFAULT);
    ck_assert_int_eq(iter_zero(&iter, 10), -EFAULT);
    ck_assert_uint_eq(iter.left, sizeof(pages) - good);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("iter");
    TCase *tc = tcase_create("iter");

    tcase_add_loop_test(tc, fills_across_segments, 0, 2);
    tcase_add_loop_test(tc, drains_across_segments, 0, 2);
    tcase_add_test(tc, stops_at_faults);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
