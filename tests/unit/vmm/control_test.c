/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/control.c
/* control_test.c - the guest's records: whole, in pieces, unknown, and none at all. */
#include "vmm/control.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/backend.h"
#include "vmm/trace_args.h"

static struct control control;
static struct backend_result result;
static uint8_t stream[3 * (LVMM_RECORD_MAX + sizeof(struct lvmm_record))];
static size_t length;

static void setup(void)
{
    control_init(&control);
    memset(&result, 0, sizeof(result));
    length = 0;
}

static void put(uint32_t type, const void *payload, uint32_t size)
{
    const struct lvmm_record header = {.type = type, .size = size};

    memcpy(stream + length, &header, sizeof(header));
    memcpy(stream + length + sizeof(header), payload, size);
    length += sizeof(header) + size;
}

static void put_exit(uint32_t code)
{
    const struct lvmm_exit end = {.code = code};

    put(LVMM_RECORD_EXIT, &end, sizeof(end));
}

/* In pieces of `piece` bytes, each from a heap block of its size. */
static int feed(size_t piece)
{
    int error = 0;

    for (size_t at = 0; at < length && error == 0; at += piece) {
        size_t n = length - at < piece ? length - at : piece;
        uint8_t *copy = malloc(n);
        memcpy(copy, stream + at, n);
        error = control_feed(&control, copy, n, &result);
        free(copy);
    }
    return error;
}

static unsigned calls, answers;

static void on_syscall(void *owner, const struct lvmm_syscall *call, const struct trace_memory *memory, uint64_t now_ns)
{
    ck_assert_ptr_eq(owner, &calls);
    ck_assert_uint_eq(call->number, 1);
    ck_assert_ptr_null(memory);
    ck_assert_uint_eq(now_ns, 100);
    calls++;
}

static void on_syscalls_told(void *owner)
{
    ck_assert_ptr_eq(owner, &calls);
    answers++;
}

#define WHOLE (LVMM_SYSCALL_BEGUN | LVMM_SYSCALL_ENDED)
/* The first are told of, those of number 2 are not. */
static const struct {
    uint64_t now_ns;
    struct lvmm_syscall call[15];
} told = {100,
          {
              {.number = 1, .state = WHOLE, .begin_ns = 10, .end_ns = 60},
              {.number = 1, .state = LVMM_SYSCALL_BEGUN, .begin_ns = 100},
              {.number = 1, .state = LVMM_SYSCALL_ENDED | LVMM_SYSCALL_UNKNOWN, .end_ns = 100},
              {.number = 1, .state = LVMM_SYSCALL_UNKNOWN | LVMM_SYSCALL_I386},
              {.number = 1, .state = WHOLE | LVMM_SYSCALL_GONE, .result = INT64_MIN},
              {.number = 2, .state = WHOLE, .begin_ns = 61, .end_ns = 60},  /* ends before it begins */
              {.number = 2, .state = WHOLE, .begin_ns = 10, .end_ns = 101}, /* in the future */
              {.number = 2, .state = LVMM_SYSCALL_BEGUN, .begin_ns = 101},
              {.number = 2}, /* says nothing */
              {.number = 2, .state = LVMM_SYSCALL_I386},
              {.number = 2, .state = LVMM_SYSCALL_BEGUN | LVMM_SYSCALL_GONE}, /* gone without an end */
              {.number = 2, .state = WHOLE | 32, .end_ns = 1},                /* states that there aren't */
              {.number = 2, .state = UINT32_MAX},
              {.number = 2, .state = LVMM_SYSCALL_ENDED, .end_ns = UINT64_MAX},
              {.number = 2, .state = LVMM_SYSCALL_UNKNOWN, .begin_ns = 101},
          }};
#define SOUND 5u

/* Without a listener all are left out. */
START_TEST(system_calls)
{
    put(LVMM_RECORD_SYSCALLS, &told, sizeof(told));
    ck_assert_int_eq(feed(7), 0);
    control.on_syscall = on_syscall;
    control.on_syscalls_told = on_syscalls_told;
    control.owner = &calls;
    ck_assert_int_eq(feed(7), 0);
    ck_assert_uint_eq(calls, SOUND);
    ck_assert_uint_eq(answers, 0);
    length = 0;
    put(LVMM_RECORD_SYSCALLS, &told, sizeof(told.now_ns));
    ck_assert_int_eq(feed(3), 0);
    ck_assert_uint_eq(answers, 1);
    ck_assert_uint_eq(calls, SOUND);
}
END_TEST

static size_t memory_size;

static void on_decoded(void *owner, const struct lvmm_syscall *call, const struct trace_memory *memory, uint64_t now_ns)
{
    on_syscall(owner, call, NULL, now_ns);
    memory_size = memory->size;
    ck_assert_int_eq(memcmp(memory->pieces, "whatever", memory->size), 0);
}

START_TEST(decoded_calls)
{
    struct {
        struct lvmm_syscall_memory head;
        char pieces[8];
    } given = {{.now_ns = 100, .call = {.number = 1, .state = LVMM_SYSCALL_BEGUN, .begin_ns = 100}}, "whateve"};

    given.pieces[7] = 'r';
    calls = 0;
    put(LVMM_RECORD_DECODED, &given, sizeof(given));
    ck_assert_int_eq(feed(7), 0);
    control.on_syscall = on_decoded;
    control.owner = &calls;
    ck_assert_int_eq(feed(7), 0);
    ck_assert_uint_eq(calls, 1);
    ck_assert_uint_eq(memory_size, 8);
    length = 0;
    put(LVMM_RECORD_DECODED, &given, sizeof(given.head));
    ck_assert_int_eq(feed(7), 0);
    ck_assert_uint_eq(memory_size, 0);
    given.head.call.begin_ns = 101; /* not sound */
    put(LVMM_RECORD_DECODED, &given, sizeof(given));
    length = 0;
    ck_assert_int_eq(feed(7), 0);
    ck_assert_uint_eq(calls, 2);
    put(LVMM_RECORD_DECODED, &given, sizeof(given.head) - 1);
    ck_assert_int_eq(feed(7), -EPROTO);
}
END_TEST

/* A part of a call, or less than the time. */
START_TEST(pieces_of_system_calls)
{
    static const uint32_t sizes[] = {0, 7, sizeof(told.now_ns) + 1, sizeof(told) - 1};

    control.on_syscall = on_syscall;
    put(LVMM_RECORD_SYSCALLS, &told, sizes[_i]);
    ck_assert_int_eq(feed(7), -EPROTO);
    ck_assert(control.over);
}
END_TEST

START_TEST(an_exit_in_pieces)
{
    put_exit(42);
    for (size_t piece = 1; piece <= length; piece++) {
        control_init(&control);
        memset(&result, 0, sizeof(result));
        ck_assert_int_eq(feed(piece), 0);
        ck_assert(result.exited);
        ck_assert_int_eq(result.status, 42);
    }
}
END_TEST

START_TEST(half_a_record_is_none)
{
    put_exit(42);
    length--;
    ck_assert_int_eq(feed(1), 0);
    ck_assert(!result.exited);
}
END_TEST

START_TEST(a_failure_is_one_clean_line)
{
    char text[LVMM_RECORD_MAX];

    put(LVMM_RECORD_FAIL, "/sbin/init:\n\x1b[2J not \xc3\xa9", 23);
    ck_assert_int_eq(feed(7), 0);
    ck_assert_str_eq(result.failure, "/sbin/init:??[2J not \xc3\xa9");
    setup();
    memset(text, 'x', sizeof(text));
    put(LVMM_RECORD_FAIL, text, sizeof(text));
    ck_assert_int_eq(feed(1000), 0);
    ck_assert_uint_eq(strlen(result.failure), sizeof(result.failure) - 1);
    setup();
    put(LVMM_RECORD_FAIL, "", 0);
    ck_assert_int_eq(feed(3), 0);
    ck_assert_str_ne(result.failure, "");
}
END_TEST

START_TEST(unknown_records_are_skipped)
{
    static const uint8_t payload[LVMM_RECORD_MAX];

    put(77, payload, LVMM_RECORD_MAX);
    put(78, payload, 0);
    put_exit(3);
    ck_assert_int_eq(feed(13), 0);
    ck_assert(result.exited);
    ck_assert_int_eq(result.status, 3);
}
END_TEST

START_TEST(the_first_end_counts)
{
    put_exit(1);
    put_exit(2);
    put(LVMM_RECORD_FAIL, "late", 4);
    ck_assert_int_eq(feed(length), 0);
    ck_assert_int_eq(result.status, 1);
    ck_assert_str_eq(result.failure, "");
}
END_TEST

static uint32_t asked_port, asked_bytes;

static void on_read(void *owner, uint32_t port, uint32_t bytes)
{
    (void)owner;
    asked_port = port;
    asked_bytes = bytes;
}

static void on_poll(void *owner, uint32_t port)
{
    on_read(owner, port, 0);
}

START_TEST(questions_about_input)
{
    static const struct lvmm_read bad[] = {
        {LVMM_PORT_COUNT, 1}, {LVMM_PORT_STDIN, 0}, {LVMM_PORT_STDIN, LVMM_READ_MAX + 1}};

    put(LVMM_RECORD_READ, &(struct lvmm_read){LVMM_PORT_STDIN, 10}, sizeof(struct lvmm_read));
    ck_assert_int_eq(control_feed(&control, stream, length, &result), 0); /* nobody wants to hear it */
    control.on_read = on_read;
    control.on_poll = on_poll;
    ck_assert_int_eq(control_feed(&control, stream, length, &result), 0);
    ck_assert_uint_eq(asked_port, LVMM_PORT_STDIN);
    ck_assert_uint_eq(asked_bytes, 10);
    length = 0;
    put(LVMM_RECORD_POLL, &(struct lvmm_poll){LVMM_PORT_STDOUT}, sizeof(struct lvmm_poll));
    ck_assert_int_eq(control_feed(&control, stream, length, &result), 0);
    ck_assert_uint_eq(asked_port, LVMM_PORT_STDOUT);
    ck_assert_uint_eq(asked_bytes, 0);
    length = 0;
    put(LVMM_RECORD_READ, &bad[_i], sizeof(bad[_i]));
    ck_assert_int_eq(control_feed(&control, stream, length, &result), -EPROTO);
}
END_TEST

START_TEST(what_is_no_record)
{
    static const uint32_t sizes[] = {LVMM_RECORD_MAX + 1, UINT32_MAX, UINT32_MAX - 7};

    for (unsigned i = 0; i < 3; i++) {
        const struct lvmm_record header = {.type = LVMM_RECORD_EXIT, .size = sizes[i]};
        setup();
        memcpy(stream, &header, sizeof(header));
        length = sizeof(header) + 100;
        ck_assert_int_eq(feed(5), -EPROTO);
        ck_assert_int_eq(control_feed(&control, stream, length, &result), 0);
        ck_assert(!result.exited);
    }
    setup();
    put(LVMM_RECORD_EXIT, "1234", 4);
    ck_assert_int_eq(feed(1), -EPROTO);
    setup();
    put_exit(256);
    ck_assert_int_eq(feed(1), -EPROTO);
    ck_assert(!result.exited);
}
END_TEST

/* The guest's word is bounded, and the last one counts. */
START_TEST(what_the_guest_has_used)
{
    struct lvmm_usage usage = {.user_ns = 1, .system_ns = 2, .peak_memory_bytes = 3, .oom_kills = 4};

    put(LVMM_RECORD_USAGE, &usage, sizeof(usage));
    usage = (struct lvmm_usage){CONTROL_USAGE_MOST, CONTROL_USAGE_MOST + 1, UINT64_MAX, 5, UINT64_MAX};
    put(LVMM_RECORD_USAGE, &usage, sizeof(usage));
    put_exit(0);
    usage.user_ns = 7;
    put(LVMM_RECORD_USAGE, &usage, sizeof(usage));
    ck_assert_int_eq(feed(_i == 0 ? 1 : length), 0);
    ck_assert(result.has_usage);
    ck_assert_uint_eq(result.usage.user_ns, CONTROL_USAGE_MOST);
    ck_assert_uint_eq(result.usage.system_ns, CONTROL_USAGE_MOST);
    ck_assert_uint_eq(result.usage.peak_memory_bytes, CONTROL_USAGE_MOST);
    ck_assert_uint_eq(result.usage.oom_kills, 5);
    ck_assert_uint_eq(result.usage.refused_threads, CONTROL_USAGE_MOST);
    for (uint32_t size = 0; size <= 2 * sizeof(usage); size += 8) {
        const uint8_t bytes[2 * sizeof(usage)] = {0};

        setup();
        put(LVMM_RECORD_USAGE, bytes, size);
        ck_assert_int_eq(feed(3), size == sizeof(usage) ? 0 : -EPROTO);
        ck_assert(result.has_usage == (size == sizeof(usage)));
    }
}
END_TEST

START_TEST(the_signal_is_one)
{
    static const uint32_t given[] = {0, 9, LVMM_SIGNALS - 1, LVMM_SIGNALS, UINT32_MAX};
    static const int wanted[] = {0, 9, LVMM_SIGNALS - 1, 0, 0};
    const struct lvmm_exit end = {.code = 137, .signal = given[_i]};

    put(LVMM_RECORD_EXIT, &end, sizeof(end));
    ck_assert_int_eq(feed(1), 0);
    ck_assert_int_eq(result.signal, wanted[_i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/control");
    TCase *tc = tcase_create("control");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, an_exit_in_pieces);
    tcase_add_test(tc, system_calls);
    tcase_add_test(tc, decoded_calls);
    tcase_add_loop_test(tc, pieces_of_system_calls, 0, 4);
    tcase_add_test(tc, half_a_record_is_none);
    tcase_add_test(tc, a_failure_is_one_clean_line);
    tcase_add_test(tc, unknown_records_are_skipped);
    tcase_add_test(tc, the_first_end_counts);
    tcase_add_loop_test(tc, questions_about_input, 0, 3);
    tcase_add_test(tc, what_is_no_record);
    tcase_add_loop_test(tc, what_the_guest_has_used, 0, 2);
    tcase_add_loop_test(tc, the_signal_is_one, 0, 5);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
