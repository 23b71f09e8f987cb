/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/cli/values.c
/* values_test.c - sizes and times, up to their bounds. */
#include "vmm/cli/values.h"

#include <check.h>
#include <errno.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

START_TEST(sizes)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {{"0", 0},           {"64M", 64ull << 20}, {"64m", 64ull << 20}, {"16384K", 16ull << 20},
                {"2G", 2ull << 30}, {"1T", 1ull << 40},   {"007", 7},           {"18446744073709551615", UINT64_MAX}};
    static const char *const bad[] = {"12Q", "M",   "",      "-1M",  "+1M", " 1M", "1 M",
                                      "1MB", "1MM", "0x10M", "1.5G", "1e9", "1@"};
    static const char *const large[] = {"18446744073709551616", "99999999999999999999", "18446744073709551615K",
                                        "20000000T"};
    uint64_t bytes;

    for (unsigned i = 0; i < COUNT(good); i++) {
        ck_assert_int_eq(value_size(good[i].text, &bytes), 0);
        ck_assert_uint_eq(bytes, good[i].bytes);
    }
    for (unsigned i = 0; i < COUNT(bad); i++)
        ck_assert_msg(value_size(bad[i], &bytes) == -EINVAL, "\"%s\" is accepted", bad[i]);
    for (unsigned i = 0; i < COUNT(large); i++)
        ck_assert_msg(value_size(large[i], &bytes) == -ERANGE, "\"%s\" is accepted", large[i]);
}
END_TEST

/* The suffixes are timeout(1)'s. */
START_TEST(durations)
{
    static const struct {
        const char *text;
        uint64_t ns;
    } good[] = {{"1", 1000000000},
                {"0.5", 500000000},
                {".25", 250000000},
                {"0", 0},
                {"0.00000000000", 0},
                {"0.0000000001", 1}, /* not 0, which is never */
                {"0.9999999991", 1000000000},
                {"3.", 3000000000},
                {"5s", 5000000000},
                {"0.02m", 1200000000},
                {"1.5h", 5400000000000},
                {"2d", 172800000000000},
                {"0.0000000019", 2},
                {"0", 0},
                {"0d", 0},
                {"1000000000", 1000000000000000000},
                {"11574d", 999993600000000000}};
    static const char *const bad[] = {"",    ".",   "x",   "s",   ".s",  "-1",  "1w",   "1S",
                                      "1ms", "1ss", "1 s", "1e3", "inf", "nan", "1.2.3"};
    static const char *const large[] = {"1000000001", "99999999999999999999999", "11575d", "16666667m"};
    uint64_t ns;

    for (unsigned i = 0; i < COUNT(good); i++) {
        ck_assert_msg(value_duration(good[i].text, &ns) == 0, "\"%s\" is refused", good[i].text);
        ck_assert_uint_eq(ns, good[i].ns);
    }
    for (unsigned i = 0; i < COUNT(bad); i++)
        ck_assert_msg(value_duration(bad[i], &ns) == -EINVAL, "\"%s\" is accepted", bad[i]);
    for (unsigned i = 0; i < COUNT(large); i++)
        ck_assert_msg(value_duration(large[i], &ns) == -ERANGE, "\"%s\" is accepted", large[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/values");
    TCase *tc = tcase_create("values");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tc, sizes);
    tcase_add_test(tc, durations);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
