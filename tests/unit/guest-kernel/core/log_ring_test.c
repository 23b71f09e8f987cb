/* SPDX-License-Identifier: Apache-2.0 */
/* log_ring_test.c - the last messages: what is kept, what is dropped, and readers that are too slow. */
// sources: guest-kernel/core/log_ring.c
#include "core/log_ring.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct log_record record;
static char text[LOG_TEXT_MAX];
static unsigned told;

static void count_told(void)
{
    told++;
}

static uint64_t clock_ns(void)
{
    return 5123456789;
}

START_TEST(in_order)
{
    struct log_cursor cursor = log_ring_first();

    ck_assert(!log_ring_has_next(&cursor));
    ck_assert_int_eq(log_ring_read(&cursor, &record, text), -EAGAIN);
    log_ring_put(6, "first", 5);
    log_ring_told = count_told;
    log_ring_clock = clock_ns;
    log_ring_put(LOG_ERROR, "", 0);
    ck_assert_uint_eq(told, 1);
    ck_assert(log_ring_has_next(&cursor));
    ck_assert_int_eq(log_ring_read(&cursor, &record, text), 0);
    ck_assert_uint_eq(record.number, 0);
    ck_assert_uint_eq(record.priority, 6);
    ck_assert_uint_eq(record.time_us, 0);
    ck_assert_uint_eq(record.size, 5);
    ck_assert_mem_eq(text, "first", 5);
    ck_assert_int_eq(log_ring_read(&cursor, &record, text), 0);
    ck_assert_uint_eq(record.number, 1);
    ck_assert_uint_eq(record.time_us, 5123456);
    ck_assert_uint_eq(record.size, 0);
    ck_assert_int_eq(log_ring_read(&cursor, &record, text), -EAGAIN);
    cursor = log_ring_end();
    ck_assert(!log_ring_has_next(&cursor));
}
END_TEST

START_TEST(the_oldest_go)
{
    struct log_cursor cursor = log_ring_first();
    char message[LOG_TEXT_MAX + 10], expected[16];
    unsigned number, count = 0;

    memset(message, '.', sizeof(message));
    for (number = 0; number < 5000; number++) {
        snprintf(expected, sizeof(expected), "%u", number);
        memcpy(message, expected, strlen(expected));
        log_ring_put(6, message, number % 7 == 0 ? sizeof(message) : 20 + number % 100);
    }
    ck_assert_int_eq(log_ring_read(&cursor, &record, text), -EPIPE);
    while (log_ring_read(&cursor, &record, text) == 0) {
        snprintf(expected, sizeof(expected), "%u", (unsigned)record.number);
        ck_assert_mem_eq(text, expected, strlen(expected));
        ck_assert_uint_eq(record.size, record.number % 7 == 0 ? LOG_TEXT_MAX : 20 + record.number % 100);
        count++;
    }
    ck_assert_uint_eq(record.number, 4999);
    ck_assert_uint_gt(count, 50);
    ck_assert_uint_lt(count, 200);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log_ring");
    TCase *tcase = tcase_create("log_ring");

    tcase_add_test(tcase, in_order);
    tcase_add_test(tcase, the_oldest_go);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
