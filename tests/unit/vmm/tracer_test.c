/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/tracer.c vmm/trace_text.c vmm/trace_args.c vmm/trace_layouts.c vmm/syscall_sets.c vmm/trace_stats.c
// vmm/syscall_names.c vmm/timeline.c vmm/stop.c vmm/log.c
/* tracer_test.c - what is shown of system calls and where, the table, and names of missing calls: each once. */
#include "vmm/tracer.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/vmm/capture.h"
#include "vmm/cli/config.h"
#include "vmm/stop.h"
#include "vmm/trace_args.h"

#define WHOLE (LVMM_SYSCALL_BEGUN | LVMM_SYSCALL_ENDED)

static struct tracer tracer;
static struct stop stop;
static struct capture capture;

static void begin(const struct config *config)
{
    ck_assert_int_eq(tracer_init(&tracer, config, NULL, &stop), 0);
    tracer.isa = "x86_64";
    capture_start(&capture);
}

static void take(uint32_t number, uint32_t state, int64_t result)
{
    const struct lvmm_syscall call = {.number = number, .pid = 1, .state = state, .result = result};

    tracer_take(&tracer, &call, NULL, 1);
}

static void ends_with(const char *text)
{
    tracer_finish(&tracer);
    capture_stop(&capture);
    ck_assert_str_eq(capture.text, text);
}

START_TEST(what_is_not_asked_for)
{
    begin(&(struct config){0});
    ck_assert_uint_eq(tracer_wanted(&tracer), 0);
    ck_assert(!tracer_wants_answer(&tracer));
    take(1, WHOLE, 5);
    ends_with("");
}
END_TEST

#define WRITE                                                      \
    "[TRACE] pid=1 write(1) args=(0x0, 0x0, 0x0, 0x0, 0x0, 0x0)\n" \
    "[TRACE] pid=1 write(1) -> 0x5 (5)\n"

START_TEST(lines_on_stderr)
{
    static const struct config configs[] = {
        {.trace = true}, {.append = "lvmm.trace"}, {.append = " gate=off  lvmm.trace x"}};

    begin(&configs[_i]);
    ck_assert_uint_eq(tracer_wanted(&tracer), LVMM_TRACE_AT_ONCE);
    take(1, LVMM_SYSCALL_BEGUN, 0);
    take(1, LVMM_SYSCALL_ENDED, 5);
    take(1, WHOLE, 5);
    take(231, LVMM_SYSCALL_BEGUN, 0);
    take(231, LVMM_SYSCALL_ENDED | LVMM_SYSCALL_GONE, 0);
    ends_with(WRITE WRITE "[TRACE] pid=1 exit_group(231) args=(0x0, 0x0, 0x0, 0x0, 0x0, 0x0)\n");
}
END_TEST

START_TEST(words_that_are_another)
{
    static const char *const words[] = {"lvmm.traces", "xlvmm.trace", "lvmm.trace=0", "lvmm.", ""};

    begin(&(struct config){.append = words[_i]});
    ck_assert_uint_eq(tracer_wanted(&tracer), 0);
    ends_with("");
}
END_TEST

/* An odd number of signals since the start is the other way than at the start. */
START_TEST(signals)
{
    begin(&(struct config){0});
    ck_assert(!tracer_signals(&tracer, 0));
    ck_assert(tracer_signals(&tracer, 1));
    ck_assert_uint_eq(tracer_wanted(&tracer), LVMM_TRACE_AT_ONCE);
    take(1, WHOLE, 5);
    ck_assert(!tracer_signals(&tracer, 3));
    ck_assert(tracer_signals(&tracer, 4));
    take(1, WHOLE, 5);
    ends_with(WRITE);
    begin(&(struct config){.trace = true});
    ck_assert(tracer_signals(&tracer, 1));
    ck_assert_uint_eq(tracer_wanted(&tracer), 0);
    ends_with("");
}
END_TEST

/* Whatever the guest sends: the other form is not mixed in. */
START_TEST(decoded)
{
    static const uint8_t pieces[] = {1, 0, 3, 0, 'a', 'b', 'c'};
    const struct trace_memory memory = {pieces, sizeof(pieces)};
    const struct lvmm_syscall call = {.number = 1, .pid = 1, .state = WHOLE, .arg = {1, 16, 3}, .result = 3};

    begin(&(struct config){.trace_decoded = true});
    ck_assert_str_eq(tracer_option(&(struct config){.trace_decoded = true}), "--trace-decoded");
    ck_assert_uint_eq(tracer_wanted(&tracer), LVMM_TRACE_AT_ONCE | LVMM_TRACE_MEMORY);
    tracer_take(&tracer, &call, &memory, 1);
    tracer_take(&tracer, &call, NULL, 1);
    ends_with("[TRACE] pid=1 write(1) args=(1, \"abc\", 3)\n[TRACE] pid=1 write(1) -> 0x3 (3)\n"
              "[TRACE] pid=1 write(1) args=(1, 0x10, 3)\n[TRACE] pid=1 write(1) -> 0x3 (3)\n");
    begin(&(struct config){.trace = true});
    tracer_take(&tracer, &call, &memory, 1);
    ends_with("[TRACE] pid=1 write(1) args=(0x1, 0x10, 0x3, 0x0, 0x0, 0x0)\n[TRACE] pid=1 write(1) -> 0x3 (3)\n");
}
END_TEST

START_TEST(a_file)
{
    char path[] = "/tmp/tracer_test.XXXXXX", text[200] = "";
    int fd = mkstemp(path);

    ck_assert_int_eq(write(fd, "what was there", 14), 14);
    begin(&(struct config){.trace_file = path});
    take(1, WHOLE, 5);
    ends_with("");
    ck_assert_int_gt(pread(fd, text, sizeof(text) - 1, 0), 0);
    ck_assert_str_eq(text, WRITE);
    unlink(path);
    close(fd);
}
END_TEST

START_TEST(a_full_disk)
{
    begin(&(struct config){.trace_file = "/dev/full"});
    for (unsigned i = 0; i < 10; i++)
        take(1, WHOLE, 5);
    ends_with(
        "lvmm: --trace-file /dev/full: can't be written: No space left on device; the rest of the trace is lost\n");
}
END_TEST

START_TEST(a_file_that_cannot_be)
{
    capture_start(&capture);
    ck_assert_int_eq(tracer_init(&tracer, &(struct config){.trace_file = "/no/such"}, NULL, &stop), -2);
    capture_stop(&capture);
    capture_expect(&capture, "--trace-file /no/such: can't be written: No such file or directory");
}
END_TEST

/* By count, then as the numbers are; a call that has not ended counts, one that has ended the program gave no error. */
START_TEST(the_table)
{
    begin(&(struct config){.stats = true});
    ck_assert_uint_eq(tracer_wanted(&tracer), LVMM_TRACE_LATER);
    ck_assert(tracer_wants_answer(&tracer));
    take(319, LVMM_SYSCALL_UNKNOWN, 0);
    take(319, WHOLE | LVMM_SYSCALL_UNKNOWN, -38);
    take(4, WHOLE | LVMM_SYSCALL_I386, 5);
    for (unsigned i = 0; i < 3; i++)
        take(39, WHOLE, 1);
    take(0, LVMM_SYSCALL_BEGUN, 0);
    take(0, LVMM_SYSCALL_ENDED, -4);
    take(34, LVMM_SYSCALL_BEGUN, 0);
    take(231, WHOLE | LVMM_SYSCALL_GONE, -1);
    take(999, WHOLE | LVMM_SYSCALL_UNKNOWN, -38);
    take(999, WHOLE | LVMM_SYSCALL_UNKNOWN, -38);
    tracer_complete(&tracer);
    ends_with("lvmm: the guest kernel has no system call memfd_create (319); it gets ENOSYS\n"
              "    calls    errors system call\n"
              "--------- --------- ----------------\n"
              "        3           getpid\n"
              "        2         2 syscall_999\n"
              "        1         1 read\n"
              "        1           pause\n"
              "        1           exit_group\n"
              "        1         1 memfd_create\n"
              "        1           write\n"
              "--------- --------- ----------------\n"
              "       10         4 total\n"
              "unknown: 3 calls: syscall_999 (999), memfd_create (319)\n");
}
END_TEST

/* Of a call that the guest kernel has but for one of its commands only that counts. */
START_TEST(a_call_in_part)
{
    begin(&(struct config){.stats = true});
    take(221, WHOLE | LVMM_SYSCALL_I386, 0);
    take(221, WHOLE | LVMM_SYSCALL_I386 | LVMM_SYSCALL_UNKNOWN, -38);
    tracer_complete(&tracer);
    ends_with("    calls    errors system call\n"
              "--------- --------- ----------------\n"
              "        2         1 fcntl64\n"
              "--------- --------- ----------------\n"
              "        2         1 total\n"
              "unknown: 1 call: fcntl64 (221)\n");
}
END_TEST

/* Numbers without end have one row from some number of them on, and the line of their names has an end. */
START_TEST(a_flood_of_numbers)
{
    const char *total;

    begin(&(struct config){.stats = true});
    for (uint32_t i = 0; i < 100000; i++) {
        take(i * 40000, WHOLE | LVMM_SYSCALL_UNKNOWN, -38);
        take(i * 40000, LVMM_SYSCALL_UNKNOWN, 0);
    }
    tracer_finish(&tracer);
    capture_stop(&capture);
    total = strstr(capture.text, "   100000    100000 total\n");
    ck_assert_ptr_nonnull(total);
    ck_assert_ptr_nonnull(strstr(capture.text, "    99967     99967 others\n"));
    ck_assert_ptr_nonnull(strstr(total, "unknown: 100000 calls: others, read (0), "));
    ck_assert_ptr_nonnull(strstr(total, "\nlvmm: --stats: the guest kernel could not be asked at the end"));
}
END_TEST

/* Each once, however often it comes; of numbers that Linux doesn't have the first few. */
START_TEST(missing_calls_are_named_once)
{
    unsigned lines = 0;

    begin(&(struct config){0});
    for (unsigned i = 0; i < 1000; i++) {
        take(319, LVMM_SYSCALL_UNKNOWN, 0);
        take(356, LVMM_SYSCALL_UNKNOWN | LVMM_SYSCALL_I386, 0);
        take(511, LVMM_SYSCALL_UNKNOWN, 0);
        take(999 + i, LVMM_SYSCALL_UNKNOWN, 0);
    }
    tracer_finish(&tracer);
    capture_stop(&capture);
    for (const char *at = capture.text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    ck_assert_uint_eq(lines, 3 + 8);
    ck_assert_ptr_nonnull(
        strstr(capture.text, "lvmm: the guest kernel has no system call memfd_create (319); it gets ENOSYS\n"));
    ck_assert_ptr_nonnull(
        strstr(capture.text, "lvmm: the guest kernel has no system call memfd_create (356) of i386; it gets ENOSYS\n"));
    ck_assert_ptr_nonnull(strstr(capture.text, "lvmm: the guest kernel has no system call 511; it gets ENOSYS\n"));
    ck_assert_ptr_nonnull(strstr(capture.text, "lvmm: the guest kernel has no system call 999; it gets ENOSYS\n"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/tracer");
    TCase *tc = tcase_create("tracer");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tc, what_is_not_asked_for);
    tcase_add_loop_test(tc, lines_on_stderr, 0, 3);
    tcase_add_loop_test(tc, words_that_are_another, 0, 5);
    tcase_add_test(tc, signals);
    tcase_add_test(tc, decoded);
    tcase_add_test(tc, a_file);
    tcase_add_test(tc, a_full_disk);
    tcase_add_test(tc, a_file_that_cannot_be);
    tcase_add_test(tc, the_table);
    tcase_add_test(tc, a_call_in_part);
    tcase_add_test(tc, a_flood_of_numbers);
    tcase_add_test(tc, missing_calls_are_named_once);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
