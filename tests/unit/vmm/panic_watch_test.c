/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/panic_watch.c vmm/log.c
/* panic_watch_test.c - which console output is a panic, however it comes in pieces, and what the run's end becomes. */
#include "vmm/panic_watch.h"

#include <check.h>
#include <string.h>

#include "tests/unit/vmm/capture.h"

static struct panic_watch watch;

static void setup(void)
{
    panic_watch_init(&watch);
}

static void feed(const char *text)
{
    panic_watch_feed(&watch, text, strlen(text));
}

static void panics_with(const char *text)
{
    const char *got = panic_watch_text(&watch);

    ck_assert_msg(got != NULL, "no panic");
    ck_assert_str_eq(got, text);
}

START_TEST(a_panic)
{
    feed("[    0.000000] Linux version 6.1\r\n");
    ck_assert_ptr_null(panic_watch_text(&watch));
    feed("[    1.234567] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\r\n"
         "[    1.234568] CPU: 0 PID: 1 Comm: swapper/0 Not tainted\r\n");
    panics_with("VFS: Unable to mount root fs on unknown-block(0,0)");
}
END_TEST

/* Without a time stamp, and after what a program has begun to write on that line. */
START_TEST(wherever_it_stands)
{
    feed("/ # Kernel panic - not syncing: sysrq triggered crash\n");
    panics_with("sysrq triggered crash");
}
END_TEST

START_TEST(byte_by_byte)
{
    static const char text[] = "reKernel Kernel panic - not syncing: a b\r\n[1] CPU: 0\n";

    for (const char *byte = text; *byte != '\0'; byte++)
        panic_watch_feed(&watch, byte, 1);
    panics_with("a b");
}
END_TEST

/* The guest is gone before the line's end. */
START_TEST(without_an_end)
{
    feed("Kernel panic - not syncing: Attempted to ki");
    panics_with("Attempted to ki");
    setup();
    feed("Kernel panic - not syncing: ");
    panics_with("");
}
END_TEST

START_TEST(what_is_none)
{
    feed("Kernel panic - not syncin\nKernel panic - not  syncing: x\nkernel panic - not syncing: x\n");
    feed("Kernel panic\n - not syncing: x\n");
    ck_assert_ptr_null(panic_watch_text(&watch));
}
END_TEST

START_TEST(the_last_line_is_no_text)
{
    feed("[ 1.0] Kernel panic - not syncing: first\r\n");
    feed("[ 1.1] ---[ end Kernel panic - not syncing: first ]---\r\n");
    panics_with("first");
    setup();
    feed("---[ end Kernel panic - not syncing: first ]---\r\n");
    ck_assert_ptr_null(panic_watch_text(&watch));
    feed("---[ end Kernel Kernel panic - not syncing: second\n");
    panics_with("second");
}
END_TEST

START_TEST(the_last_counts)
{
    feed("Kernel panic - not syncing: one\nKernel panic - not syncing: two\n");
    panics_with("two");
}
END_TEST

/* A program wrote that line, or a panic was survived (a second kernel). */
START_TEST(an_end_in_order)
{
    static const char *const ends[] = {"reboot: Restarting system", "reboot: Power down", "reboot: System halted",
                                       "rereboot: Restarting system with command 'x'"};

    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        setup();
        feed("Kernel panic - not syncing: x\n[ 2.5] ");
        feed(ends[i]);
        ck_assert_ptr_null(panic_watch_text(&watch));
    }
    setup();
    feed("Kernel panic - not syncing: x\nreboot: Failure\nreboot: \0Power");
    panic_watch_feed(&watch, "reboot: \0P", 10);
    panics_with("x");
    feed("reboot: Power down\nKernel panic - not syncing: y\n");
    panics_with("y");
}
END_TEST

/* The guest is hostile. */
START_TEST(a_long_text)
{
    char more[1000];

    memset(more, 'x', sizeof(more));
    feed("Kernel panic - not syncing: ");
    for (unsigned i = 0; i < 100; i++)
        panic_watch_feed(&watch, more, sizeof(more));
    ck_assert_uint_eq(strlen(panic_watch_text(&watch)), PANIC_TEXT_BYTES - 1);
    feed("\nKernel panic - not syncing: b\n");
    panics_with("b");
    feed("Kernel panic - not syncing: ");
    panic_watch_feed(&watch, "c\0d\n", 4);
    panics_with("cd");
}
END_TEST

START_TEST(what_the_end_becomes)
{
    bool exited = true;
    char failure[64] = "";
    struct capture capture;

    panic_watch_conclude(&watch, &exited, failure, sizeof(failure));
    ck_assert(exited && failure[0] == '\0');
    feed("Kernel panic - not syncing: x\033[2J\n");
    panic_watch_conclude(&watch, &exited, failure, sizeof(failure));
    ck_assert(!exited);
    ck_assert_str_eq(failure, "the guest's Linux panicked: x\033[2J");
    strcpy(failure, "ended by Ctrl-A x");
    capture_start(&capture);
    panic_watch_conclude(&watch, &exited, failure, sizeof(failure));
    capture_stop(&capture);
    ck_assert(!exited);
    ck_assert_str_eq(failure, "ended by Ctrl-A x");
    ck_assert_str_eq(capture.text, "lvmm: the guest's Linux panicked: x?[2J\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/panic_watch");
    TCase *tc = tcase_create("panic_watch");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, a_panic);
    tcase_add_test(tc, wherever_it_stands);
    tcase_add_test(tc, byte_by_byte);
    tcase_add_test(tc, without_an_end);
    tcase_add_test(tc, what_is_none);
    tcase_add_test(tc, the_last_line_is_no_text);
    tcase_add_test(tc, the_last_counts);
    tcase_add_test(tc, an_end_in_order);
    tcase_add_test(tc, a_long_text);
    tcase_add_test(tc, what_the_end_becomes);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
