/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/escape.c vmm/host_records.c
/* escape_test.c - the escape key in what is typed, cut anywhere; and the records that the guest is told, the latest of
 * each kind. */
#include "vmm/escape.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/host_records.h"

static char keys[8];

static void on_key(void *owner, uint8_t key)
{
    (void)owner;
    keys[strlen(keys)] = (char)key;
}

START_TEST(keys_are_taken_out)
{
    struct escape escape = {.byte = 1};
    char typed[] = "a\001xb\001\001c\001qd", out[16] = "";
    size_t piece = (size_t)_i + 1;

    memset(keys, 0, sizeof(keys));
    for (size_t at = 0; at < strlen(typed); at += piece) {
        uint8_t bytes[16];
        size_t n = strlen(typed) - at < piece ? strlen(typed) - at : piece;

        memcpy(bytes, typed + at, n);
        n = escape_filter(&escape, bytes, n, on_key, NULL);
        strncat(out, (char *)bytes, n);
    }
    ck_assert_str_eq(out, "ab\001cd");
    ck_assert_str_eq(keys, "xq");
    ck_assert(!escape.held);
}
END_TEST

START_TEST(without_a_key_nothing_is)
{
    struct escape escape = {0};
    uint8_t bytes[] = {0, 1, 2};

    ck_assert_uint_eq(escape_filter(&escape, bytes, 3, on_key, NULL), 3);
}
END_TEST

START_TEST(the_latest_record_of_each_kind)
{
    struct host_records records;
    uint8_t bytes[HOST_RECORD_BYTES];
    struct lvmm_record header;
    struct lvmm_ready ready = {.port = LVMM_PORT_STDIN, .events = 1, .bytes = 5};
    const struct lvmm_trace trace = {.wanted = LVMM_TRACE_LATER};

    host_records_init(&records);
    for (unsigned i = 0; i < 1000; i++) {
        host_records_ready(&records, &ready);
        host_records_winsize(&records, 24, 80);
        host_records_error(&records, LVMM_PORT_STDOUT, 28);
        host_records_trace(&records, i % 2 == 0 ? LVMM_TRACE_AT_ONCE : trace.wanted);
    }
    host_records_error(&records, LVMM_PORT_COUNT, 28); /* no such port */
    ready.bytes = 7;
    host_records_ready(&records, &ready);
    ck_assert_uint_eq(host_records_next(&records, bytes), sizeof(header) + sizeof(struct lvmm_port_error));
    memcpy(&header, bytes, sizeof(header));
    ck_assert_uint_eq(header.type, LVMM_RECORD_ERROR);
    ck_assert_uint_eq(host_records_next(&records, bytes), sizeof(header) + sizeof(ready));
    ck_assert_mem_eq(bytes + sizeof(header), &ready, sizeof(ready));
    ck_assert_uint_eq(host_records_next(&records, bytes), sizeof(header) + sizeof(struct lvmm_winsize));
    ck_assert_uint_eq(host_records_next(&records, bytes), sizeof(header) + sizeof(trace));
    ck_assert_mem_eq(bytes + sizeof(header), &trace, sizeof(trace));
    ck_assert_uint_eq(host_records_next(&records, bytes), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/escape");
    TCase *tc = tcase_create("escape");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(tc, keys_are_taken_out, 0, 10);
    tcase_add_test(tc, without_a_key_nothing_is);
    tcase_add_test(tc, the_latest_record_of_each_kind);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
