/* SPDX-License-Identifier: Apache-2.0 */
/* name_test.c - names are told apart, and those that differ little are spread over a table. */
// sources:
#include "lib/name.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define SLOTS 2048u
#define NAMES 2000u
#define MOST 8u /* of a random spread one slot in a million has more */

/* Numbers in decimal behind a prefix of any length, with and without a suffix: as names in directories are. */
START_TEST(numbers_are_spread)
{
    static const char *const suffixes[] = {"", ".c", ".o.tmp", "-and-more"};

    for (size_t prefix = 0; prefix < 20; prefix++) {
        for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
            static unsigned slots[SLOTS];
            unsigned most = 0;

            memset(slots, 0, sizeof(slots));
            for (unsigned number = 0; number < NAMES; number++) {
                char name[64];
                int length = snprintf(name, sizeof(name), "%.*s%04u%s", (int)prefix, "abcdefghijklmnopqrst", number,
                                      suffixes[i]);
                unsigned count = ++slots[name_hash(0x7fff12345680, name, (size_t)length) % SLOTS];

                most = count > most ? count : most;
            }
            ck_assert_msg(most <= MOST, "%u names in one slot, with %zu bytes before and \"%s\" behind", most, prefix,
                          suffixes[i]);
        }
    }
}
END_TEST

START_TEST(equal_is_all_bytes)
{
    char a[40], b[40];

    for (size_t length = 1; length < sizeof(a); length++) {
        memset(a, 'n', sizeof(a));
        for (size_t at = 0; at < length; at++) {
            memcpy(b, a, sizeof(a));
            ck_assert(name_equal(a, b, length));
            b[at] = 'm';
            ck_assert(!name_equal(a, b, length));
            ck_assert_uint_ne(name_hash(1, a, length), name_hash(1, b, length));
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("name");
    TCase *tcase = tcase_create("name");

    tcase_add_test(tcase, numbers_are_spread);
    tcase_add_test(tcase, equal_is_all_bytes);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
