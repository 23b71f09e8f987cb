/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/ranges.c
/* ranges_test.c - ranges that are added and cut, beside a table that has each unit by itself. */
#include "vmm/ranges.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#define UNITS 64u
#define STEPS 20000u

struct unit {
    uint64_t file, file_offset; /* file 0: nothing is there */
};

static struct ranges ranges;
static struct unit model[UNITS];
static int uses[4];
static uint32_t seed = 1;

static unsigned pick(unsigned below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % below;
}

static void count(void *owner, uint64_t file, int more)
{
    ck_assert_ptr_eq(owner, uses);
    uses[file] += more;
}

static void compare(void)
{
    int found[4] = {0};
    unsigned at = 0;

    for (unsigned i = 0; i < ranges.count; i++) {
        const struct range *range = &ranges.all[i];

        ck_assert_uint_gt(range->length, 0);
        ck_assert_uint_ge(range->offset, at);
        for (; at < range->offset; at++)
            ck_assert_uint_eq(model[at].file, 0);
        for (; at < range->offset + range->length; at++) {
            ck_assert_uint_eq(model[at].file, range->file);
            ck_assert_uint_eq(model[at].file_offset, range->file_offset + (at - range->offset));
        }
        found[range->file]++;
    }
    for (; at < UNITS; at++)
        ck_assert_uint_eq(model[at].file, 0);
    ck_assert_mem_eq(found, uses, sizeof(found));
}

START_TEST(as_a_table)
{
    for (unsigned step = 0; step < STEPS; step++) {
        struct range range = {.offset = pick(UNITS), .file = pick(4), .file_offset = pick(1000)};

        range.length = 1 + pick(UNITS - (unsigned)range.offset);
        ck_assert_int_eq(ranges_reserve(&ranges, 2), 0);
        ranges_cut(&ranges, range.offset, range.length, count, uses);
        for (uint64_t i = 0; i < range.length; i++)
            model[range.offset + i] = (struct unit){range.file, range.file != 0 ? range.file_offset + i : 0};
        if (range.file != 0) {
            ranges_add(&ranges, &range);
            uses[range.file]++;
        }
        compare();
    }
    for (uint64_t i = 0; i < UNITS; i++) {
        unsigned from = ranges_from(&ranges, i);
        bool there = from < ranges.count && ranges.all[from].offset <= i;

        ck_assert_int_eq(there, model[i].file != 0);
    }
    ranges_fini(&ranges);
}
END_TEST

START_TEST(there_are_so_many)
{
    const struct range range = {.offset = 10, .length = 10, .file = 1};

    ranges.most = 2;
    ck_assert_int_eq(ranges_reserve(&ranges, 3), -ENOSPC);
    ck_assert_int_eq(ranges_reserve(&ranges, 2), 0);
    ranges_add(&ranges, &range);
    ck_assert_int_eq(ranges_reserve(&ranges, 2), -ENOSPC);
    ck_assert_int_eq(ranges_reserve(&ranges, 1), 0);
    ranges_cut(&ranges, 12, 3, NULL, NULL);
    ck_assert_uint_eq(ranges.count, 2);
    ck_assert_int_eq(ranges_reserve(&ranges, 1), -ENOSPC);
    ranges_fini(&ranges);
}
END_TEST

static void setup(void)
{
    memset(&ranges, 0, sizeof(ranges));
    ranges.most = 1000;
}

int main(void)
{
    Suite *suite = suite_create("vmm/ranges");
    TCase *tc = tcase_create("ranges");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, as_a_table);
    tcase_add_test(tc, there_are_so_many);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
