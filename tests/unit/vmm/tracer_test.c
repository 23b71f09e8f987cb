/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/tracer.c vmm/trace_show.c vmm/trace_filter.c vmm/trace_classes.c vmm/trace_stats.c vmm/timeline.c
// vmm/stop.c vmm/log.c vmm/trace_args.c vmm/trace_view.c vmm/trace_pointed.c vmm/trace_result.c vmm/trace_line.c
// vmm/trace_layouts.c vmm/trace_fields.c vmm/trace_siginfo.c vmm/trace_sockaddr.c vmm/trace_text.c vmm/syscall_names.c
// vmm/syscall_sets.c vmm/syscall_struct_sets.c vmm/sandbox/*.c
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

#define WRITE "write(0, NULL, 0)                       = 5\n"

START_TEST(lines_on_stderr)
{
    static const struct config configs[] = {
        {.trace = true}, {.append = "lvmm.trace"}, {.append = " gate=off  lvmm.trace x"}};

    begin(&configs[_i]);
    ck_assert_uint_eq(tracer_wanted(&tracer), LVMM_TRACE_AT_ONCE | LVMM_TRACE_MEMORY | LVMM_TRACE_EVENTS);
    take(1, LVMM_SYSCALL_BEGUN, 0);
    take(1, LVMM_SYSCALL_ENDED, 5);
    take(1, WHOLE, 5);
    take(231, LVMM_SYSCALL_BEGUN, 0);
    take(231, LVMM_SYSCALL_ENDED | LVMM_SYSCALL_GONE, 0);
    ends_with(WRITE WRITE "exit_group(0)                           = ?\n");
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
    ck_assert_uint_ne(tracer_wanted(&tracer) & LVMM_TRACE_AT_ONCE, 0);
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
START_TEST(raw)
{
    static const uint8_t pieces[] = {1, 0, 3, 0, 'a', 'b', 'c'};
    const struct trace_memory memory = {pieces, sizeof(pieces)};
    const struct lvmm_syscall call = {.number = 1, .pid = 1, .state = WHOLE, .arg = {1, 16, 3}, .result = 3};

    begin(&(struct config){.trace_raw = true});
    ck_assert_str_eq(tracer_option(&(struct config){.trace_raw = true}), "--trace-raw");
    ck_assert_uint_eq(tracer_wanted(&tracer), LVMM_TRACE_AT_ONCE);
    tracer_take(&tracer, &call, &memory, 1);
    tracer_take_event(&tracer, &(struct lvmm_event){.kind = LVMM_EVENT_EXIT, .pid = 1, .tid = 1});
    ends_with("[TRACE] pid=1 write(1) args=(0x1, 0x10, 0x3, 0x0, 0x0, 0x0)\n[TRACE] pid=1 write(1) -> 0x3 (3)\n");
}
END_TEST

static void take_of(uint32_t tid, uint32_t number, uint32_t state, int64_t result)
{
    tracer_take(&tracer,
                &(struct lvmm_syscall){.number = number, .pid = 1, .tid = tid, .state = state, .result = result}, NULL,
                1);
}

static void event_of(uint32_t tid, enum lvmm_event_kind kind, uint32_t value)
{
    struct lvmm_event event = {.kind = kind, .pid = 1, .tid = tid, .value = value};

    memcpy(event.siginfo, &value, sizeof(value));
    event.siginfo[16] = 3; /* si_pid */
    tracer_take_event(&tracer, &event);
}

/* Two threads in turn, a signal in the middle of a call, ends, and a call of which the beginning isn't known. */
START_TEST(unfinished)
{
    begin(&(struct config){.trace = true});
    take_of(1, 0, LVMM_SYSCALL_BEGUN, 0);
    take_of(2, 39, LVMM_SYSCALL_BEGUN, 0);
    take_of(2, 39, LVMM_SYSCALL_ENDED, 1);
    take_of(2, 34, LVMM_SYSCALL_BEGUN, 0);
    event_of(1, LVMM_EVENT_SIGNAL, 10);
    take_of(2, 34, LVMM_SYSCALL_ENDED, -514);
    event_of(2, LVMM_EVENT_KILLED, 9);
    take_of(1, 0, LVMM_SYSCALL_ENDED, -4);
    take_of(1, 3, LVMM_SYSCALL_ENDED, 0);
    event_of(1, LVMM_EVENT_EXIT, 3);
    take_of(1, 34, LVMM_SYSCALL_BEGUN, 0);
    ends_with("read(0, NULL, 0 <unfinished ...>\n"
              "[pid     2] getpid()                    = 1\n"
              "[pid     2] pause( <unfinished ...>\n"
              "[pid     1] --- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER, si_pid=3, si_uid=0} ---\n"
              "[pid     2] <... pause resumed>)        = ? ERESTARTNOHAND (To be restarted if no handler)\n"
              "[pid     2] +++ killed by SIGKILL +++\n"
              "<... read resumed>)                     = -1 EINTR (Interrupted system call)\n"
              "<... close resumed>0)                   = 0\n"
              "+++ exited with 3 +++\n"
              "pause( <unfinished ...>\n");
}
END_TEST

/* What a filter has refused, with its error and the call's number of 32-bit programs or of none. */
START_TEST(refused)
{
    static const uint32_t arch[] = {0xc000003e, 0x40000003, 0x12345678};
    struct lvmm_event event = {.kind = LVMM_EVENT_SIGNAL, .pid = 1, .tid = 1, .value = 31};
    uint32_t info[12] = {31, 5, 1, 0, 0x1000, 0, 110};

    begin(&(struct config){.trace = true});
    for (unsigned i = 0; i < 3; i++) {
        info[7] = arch[i];
        info[6] = i == 2 ? 999 : info[6];
        memcpy(event.siginfo, info, sizeof(event.siginfo));
        tracer_take_event(&tracer, &event);
    }
#define REFUSED "--- SIGSYS {si_signo=SIGSYS, si_code=SYS_SECCOMP, si_errno=EIO, si_call_addr=0x1000, si_syscall="
    ends_with(REFUSED "__NR_getppid, si_arch=AUDIT_ARCH_X86_64} ---\n" REFUSED
                      "__NR_iopl, si_arch=AUDIT_ARCH_I386} ---\n" REFUSED "999, si_arch=0x12345678} ---\n");
}
END_TEST

/* A message of lvmm's own doesn't stand in the middle of a line. */
START_TEST(a_message_between)
{
    begin(&(struct config){.trace = true});
    take_of(1, 319, LVMM_SYSCALL_BEGUN, 0);
    take_of(1, 319, LVMM_SYSCALL_UNKNOWN, 0);
    take_of(1, 319, LVMM_SYSCALL_ENDED | LVMM_SYSCALL_UNKNOWN, -38);
    ends_with("memfd_create(NULL, 0 <unfinished ...>\n"
              "lvmm: the guest kernel has no system call memfd_create (319); it gets ENOSYS\n"
              "<... memfd_create resumed>)             = -1 ENOSYS (Function not implemented)\n");
}
END_TEST

START_TEST(some_calls)
{
    begin(&(struct config){.trace = true, .trace_calls = "%process,write"});
    take(39, WHOLE, 1);
    take(1, WHOLE, 5);
    take(999, WHOLE, -38);
    take(231, WHOLE | LVMM_SYSCALL_GONE, 0);
    ends_with(WRITE "exit_group(0)                           = ?\n");
    capture_start(&capture);
    ck_assert_int_eq(tracer_init(&tracer, &(struct config){.trace = true, .trace_calls = "opnat"}, NULL, &stop), -22);
    capture_stop(&capture);
    ck_assert_str_eq(capture.text, "lvmm: --trace=opnat: there is no system call opnat; openat?\n");
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
    ck_assert_str_eq(text, "1     write(0, NULL, 0)                 = 5\n");
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

#define TABLE_HEAD                                                 \
    "% time     seconds  usecs/call     calls    errors syscall\n" \
    "------ ----------- ----------- --------- --------- ----------------\n"

/* By time, by count, then as the numbers are; a call that has not ended counts, one that has ended the program gave no
 * error. */
START_TEST(the_table)
{
    struct lvmm_syscall slow = {.number = 35, .state = WHOLE, .begin_ns = 1000, .end_ns = 3001000};

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
    tracer_take(&tracer, &slow, NULL, slow.end_ns);
    slow.end_ns = 1001000;
    tracer_take(&tracer, &slow, NULL, slow.end_ns);
    slow.number = 24;
    tracer_take(&tracer, &slow, NULL, slow.end_ns);
    tracer_complete(&tracer);
    ends_with("lvmm: the guest kernel has no system call memfd_create (319); it gets ENOSYS\n" TABLE_HEAD
              " 80.00    0.004000        2000         2           nanosleep\n"
              " 20.00    0.001000        1000         1           sched_yield\n"
              "  0.00    0.000000           0         3           getpid\n"
              "  0.00    0.000000           0         2         2 syscall_999\n"
              "  0.00    0.000000           0         1         1 read\n"
              "  0.00    0.000000           0         1           pause\n"
              "  0.00    0.000000           0         1           exit_group\n"
              "  0.00    0.000000           0         1         1 memfd_create\n"
              "  0.00    0.000000           0         1           write\n"
              "------ ----------- ----------- --------- --------- ----------------\n"
              "100.00    0.005000         384        13         4 total\n"
              "unknown: 3 calls\n"
              "        2 syscall_999 (999)\n"
              "        1 memfd_create (319)\n");
}
END_TEST

/* Of a call that the guest kernel has but for one of its commands only that counts. */
START_TEST(a_call_in_part)
{
    begin(&(struct config){.stats = true});
    take(221, WHOLE | LVMM_SYSCALL_I386, 0);
    take(221, WHOLE | LVMM_SYSCALL_I386 | LVMM_SYSCALL_UNKNOWN, -38);
    tracer_complete(&tracer);
    ends_with(TABLE_HEAD "  0.00    0.000000           0         2         1 fcntl64\n"
                         "------ ----------- ----------- --------- --------- ----------------\n"
                         "  0.00    0.000000           0         2         1 total\n"
                         "unknown: 1 call\n"
                         "        1 fcntl64 (221) of i386\n");
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
    ck_assert_ptr_nonnull(strstr(total, "unknown: 100000 calls\n    99967 others\n        1 read (0)\n"));
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
    tcase_add_test(tc, raw);
    tcase_add_test(tc, unfinished);
    tcase_add_test(tc, refused);
    tcase_add_test(tc, a_message_between);
    tcase_add_test(tc, some_calls);
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
