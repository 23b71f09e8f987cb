/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/timeline.c vmm/log.c
/* timeline_test.c - what is written is JSON (RFC 8259) of the form that the Trace Event Format has. */
#include "vmm/timeline.h"

#include <check.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/vmm/capture.h"

static char path[] = "/tmp/lvmm-timeline-XXXXXX";
static char *text;

static void setup(void)
{
    strcpy(path, "/tmp/lvmm-timeline-XXXXXX");
    close(mkstemp(path));
}

static void teardown(void)
{
    unlink(path);
    free(text);
    text = NULL;
}

static void read_file(void)
{
    FILE *file = fopen(path, "r");
    size_t size;

    text = calloc(1, 32 << 20);
    size = fread(text, 1, (32 << 20) - 1, file);
    ck_assert_uint_gt(size, 0);
    fclose(file);
}

/* ---- a parser that only accepts ---- */

/* Unlike ck_assert it says nothing while all is well: there are millions of these. */
static void expect(bool good, const char *at)
{
    if (!good)
        ck_abort_msg("not JSON at byte %td: %.40s", at - text, at);
}

static const char *space(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

static const char *value(const char *at);

static const char *string(const char *at)
{
    expect(*at == '"', at);
    for (at++; *at != '"'; at++) {
        expect((unsigned char)*at >= 0x20, at);
        if (*at == '\\')
            at++;
    }
    return at + 1;
}

static const char *number(const char *at)
{
    expect(isdigit((unsigned char)*at), at);
    at += strspn(at, "0123456789");
    if (*at == '.') {
        expect(isdigit((unsigned char)at[1]), at);
        at += 1 + strspn(at + 1, "0123456789");
    }
    return at;
}

static const char *members(const char *at, char close)
{
    for (at = space(at + 1); *at != close; at = space(at)) {
        if (close == '}') {
            at = space(string(at));
            expect(*at == ':', at);
            at++;
        }
        at = space(value(at));
        if (*at == close)
            break;
        expect(*at == ',', at);
        at++;
        expect(*space(at) != close, at);
    }
    return at + 1;
}

static const char *value(const char *at)
{
    at = space(at);
    if (*at == '{')
        return members(at, '}');
    if (*at == '[')
        return members(at, ']');
    return *at == '"' ? string(at) : number(at);
}

static void is_json(void)
{
    ck_assert_str_eq(space(value(text)), "");
}

static unsigned occurrences(const char *part)
{
    size_t size = strlen(part);
    unsigned n = 0;

    for (const char *at = text; *at != 0; at++) /* the sanitizer's strstr measures the text each time */
        n += *at == *part && strncmp(at, part, size) == 0;
    return n;
}

/* The number after `key` in the first event whose name is `name`. */
static double field(const char *name, const char *key)
{
    char quoted[64];

    snprintf(quoted, sizeof(quoted), "{\"name\":\"%s\"", name);
    const char *event = strstr(text, quoted);
    ck_assert_ptr_nonnull(event);
    snprintf(quoted, sizeof(quoted), "\"%s\":", key);
    const char *at = strstr(event, quoted);
    ck_assert_ptr_nonnull(at);
    ck_assert(at < strchr(event, '\n'));
    return strtod(at + strlen(quoted), NULL);
}

START_TEST(phases_and_exits)
{
    struct timeline *timeline;

    ck_assert_int_eq(timeline_create(path, &timeline), 0);
    timeline_phase(timeline, "plan");
    timeline_phase(timeline, "guest run");
    uint64_t now = timeline_now();
    timeline_add(timeline, TIMELINE_EXITS, "MMIO write", 0xfeb00050, now, now + 12345);
    timeline_add_of(timeline, TIMELINE_SYSCALLS, 2, 2, "write", 0, now + 20000, now + 20001);
    timeline_add_of(timeline, TIMELINE_SYSCALLS, 2, 2, "older", 0, 1, now);
    timeline_add_of(timeline, TIMELINE_SYSCALLS, 2, 2, "backwards", 0, UINT64_MAX, 5);
    usleep(2000);
    timeline_finish(timeline);
    read_file();
    is_json();
    ck_assert_uint_eq(occurrences("\"cat\":\"phase\",\"ph\":\"X\""), 3);
    ck_assert_uint_eq(occurrences("\"ph\":\"M\""), 5);
    ck_assert_uint_eq(occurrences("\"traceEvents\":["), 1);
    ck_assert_double_eq_tol(field("MMIO write", "dur"), 12.345, 1e-9);
    ck_assert_double_eq_tol(field("write", "ts") - field("MMIO write", "ts"), 20.0, 1e-6);
    ck_assert_double_eq_tol(field("config", "ts") + field("config", "dur"), field("plan", "ts"), 1e-6);
    ck_assert_double_eq_tol(field("plan", "ts") + field("plan", "dur"), field("guest run", "ts"), 1e-6);
    ck_assert_double_eq_tol(field("older", "ts"), 0, 1e-9);
    ck_assert_double_eq_tol(field("backwards", "dur"), 0, 1e-9);
    ck_assert_double_ge(field("guest run", "dur"), 2000);
    ck_assert_ptr_nonnull(strstr(text, "\"address\":\"0xfeb00050\""));
}
END_TEST

/* A guest's processes and threads are tracks, each named once; numbers that can't be are none. */
START_TEST(processes)
{
    struct timeline *timeline;

    ck_assert_int_eq(timeline_create(path, &timeline), 0);
    uint64_t now = timeline_now();
    for (unsigned i = 0; i < 3; i++) {
        timeline_add_of(timeline, TIMELINE_SYSCALLS, 2, 2, "read", 0, now, now);
        timeline_add_of(timeline, TIMELINE_SYSCALLS, 2, 5, "write", 0, now, now);
        timeline_add_of(timeline, TIMELINE_SIGNALS, 3, 3, "SIGCHLD", 17, now, now);
    }
    timeline_add_of(timeline, TIMELINE_SYSCALLS, UINT32_MAX, TIMELINE_THREADS_MAX, "close", 0, now, now);
    timeline_finish(timeline);
    read_file();
    is_json();
    ck_assert_uint_eq(occurrences("\"name\":\"guest process 2\""), 1);
    ck_assert_uint_eq(occurrences("\"name\":\"guest process 3\""), 1);
    ck_assert_uint_eq(occurrences("\"name\":\"thread 5\""), 1);
    ck_assert_double_eq_tol(field("write", "pid"), 2, 1e-9);
    ck_assert_double_eq_tol(field("write", "tid"), 5, 1e-9);
    ck_assert_double_eq_tol(field("close", "pid"), 0, 1e-9);
    ck_assert_uint_eq(occurrences("\"cat\":\"signal\",\"ph\":\"X\""), 3);
}
END_TEST

/* However long the run is: so many events, and how many more there were. */
START_TEST(bounded)
{
    struct timeline *timeline;

    ck_assert_int_eq(timeline_create(path, &timeline), 0);
    for (unsigned i = 0; i < TIMELINE_EVENTS_MAX + 7; i++)
        timeline_add(timeline, TIMELINE_EXITS, "halt", i, timeline_now(), timeline_now());
    for (unsigned i = 0; i < 100; i++)
        timeline_phase(timeline, "phase");
    timeline_finish(timeline);
    read_file();
    is_json();
    ck_assert_uint_eq(occurrences("\"cat\":\"exit\""), TIMELINE_EVENTS_MAX);
    ck_assert_ptr_nonnull(strstr(text, "\"dropped\":7}"));
}
END_TEST

START_TEST(files_that_cannot_be_written)
{
    struct timeline *timeline = NULL;
    struct capture capture;

    capture_start(&capture);
    int error = timeline_create("/nonexistent/trace", &timeline);
    capture_stop(&capture);
    ck_assert_int_eq(error, -ENOENT);
    capture_expect(&capture, "--timeline /nonexistent/trace: can't be written: No such file");
    ck_assert_int_eq(timeline_create("/dev/full", &timeline), 0);
    capture_start(&capture);
    timeline_finish(timeline);
    capture_stop(&capture);
    capture_expect(&capture, "--timeline /dev/full: could not be written: No space");
}
END_TEST

START_TEST(none_is_none)
{
    timeline_phase(NULL, "plan");
    timeline_add(NULL, TIMELINE_EXITS, "halt", 0, 0, 0);
    timeline_finish(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/timeline");
    TCase *tc = tcase_create("timeline");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, phases_and_exits);
    tcase_add_test(tc, processes);
    tcase_add_test(tc, bounded);
    tcase_add_test(tc, files_that_cannot_be_written);
    tcase_add_test(tc, none_is_none);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
