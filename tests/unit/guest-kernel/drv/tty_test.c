/* SPDX-License-Identifier: Apache-2.0 */
/* tty_test.c - the terminal against a console device. */
// sources: guest-kernel/core/news.c guest-kernel/drv/virtio_console.c guest-kernel/drv/record.c
// guest-kernel/drv/stream.c guest-kernel/drv/tty.c sources: guest-kernel/drv/console_tty.c guest-kernel/drv/tty_file.c
// guest-kernel/drv/tty_settings.c sources: guest-kernel/drv/tty_ioctl.c guest-kernel/drv/ldisc.c
// guest-kernel/drv/ldisc_echo.c sources: guest-kernel/drv/virtqueue.c guest-kernel/drv/virtio.c
// guest-kernel/core/mutex.c sources: tests/unit/guest-kernel/no_async.c tests/unit/guest-kernel/drv/fake.c
#include <check.h>

#include "console_setup.h"

static struct file *terminal(void)
{
    struct file *file = NULL;

    ck_assert_int_eq(console_tty_open(&file), 0);
    ck_assert_uint_eq(file->inode->mode, S_IFCHR | 0620);
    return file;
}

/* Someone types; the device interrupts, whatever the guest does just then. */
static void type(const char *text)
{
    host.in[LVMM_PORT_TTY] = (const uint8_t *)text;
    host.in_size[LVMM_PORT_TTY] = strlen(text);
    serve(&fake);
    serve(&fake); /* echo that was sent from the handler */
}

START_TEST(lines_are_echoed_and_read)
{
    struct file *tty;

    start(7, _i);
    tty = terminal();
    ck_assert_int_eq(write_text(tty, "name? \n"), 7);
    came_out(LVMM_PORT_TTY, "name? \r\n");
    type("bo");
    came_out(LVMM_PORT_TTY, "bo"); /* echoed though nobody reads */
    type("b\r\004");
    came_out(LVMM_PORT_TTY, "b\r\n");
    reads(tty, 2, "bo");
    reads(tty, 100, "b\n");
    reads(tty, 100, "");
    tty->flags |= O_NONBLOCK;
    ck_assert_int_eq(read_bytes(tty, &(char[8]){0}, 8), -EAGAIN);
}
END_TEST

/* What is pasted comes faster than its echo goes out. */
START_TEST(a_long_paste_is_echoed)
{
    static char text[3001], shown[4001];
    unsigned i;

    for (i = 0; i < 1000; i++) {
        memcpy(text + (size_t)3 * i, "ab\r", 3);
        memcpy(shown + (size_t)4 * i, "ab\r\n", 4);
    }
    start(7, _i);
    type(text);
    serve(&fake);
    came_out(LVMM_PORT_TTY, shown);
}
END_TEST

START_TEST(control_c_while_the_program_computes)
{
    start(7, _i);
    type("abc\003");
    ck_assert_uint_eq(signals[2], 1);
    came_out(LVMM_PORT_TTY, "abc^C");
    type("\034");
    ck_assert_uint_eq(signals[3], 1);
    type("\032");
    ck_assert_uint_eq(signals[20], 1);
}
END_TEST

START_TEST(a_long_output)
{
    static uint8_t text[20000];
    struct file *tty;
    size_t i;

    start(7, _i);
    tty = terminal();
    memset(text, '\n', sizeof(text));
    ck_assert_int_eq(write_bytes(tty, text, sizeof(text)), sizeof(text));
    ck_assert_uint_eq(host.out_size[LVMM_PORT_TTY], 2 * sizeof(text));
    for (i = 0; i < 2 * sizeof(text); i += 2)
        ck_assert_mem_eq(host.out[LVMM_PORT_TTY] + i, "\r\n", 2);
}
END_TEST

START_TEST(a_paste_longer_than_all_buffers)
{
    static char text[20001];
    struct file *tty;
    char got[128];
    size_t i, total = 0;

    start(7, _i);
    tty = terminal();
    for (i = 0; i < 20000; i++)
        text[i] = i % 50 == 49 ? '\n' : (char)('a' + i % 26);
    type(text);
    while (total < 20000) {
        ck_assert_int_eq(read_bytes(tty, got, sizeof(got)), 50);
        ck_assert_mem_eq(got, text + total, 50);
        total += 50;
    }
}
END_TEST

static int64_t control(struct file *file, unsigned request, void *arg)
{
    return file->ops->ioctl(file, request, (uintptr_t)arg);
}

START_TEST(settings)
{
    struct termios termios;
    struct termios2 termios2;
    struct winsize size;
    struct file *tty;
    int32_t value = 0;

    start(7, 1);
    tty = terminal();
    ck_assert_int_eq(control(tty, TCGETS, &termios), 0);
    ck_assert_uint_eq(termios.c_lflag, ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN);
    ck_assert_uint_eq(termios.c_cc[VINTR], 3);
    type("ab");
    ck_assert_int_eq(control(tty, FIONREAD, &value), 0);
    ck_assert_int_eq(value, 0);
    termios.c_lflag = 0;
    ck_assert_int_eq(control(tty, TCSETSW, &termios), 0);
    ck_assert_int_eq(control(tty, FIONREAD, &value), 0);
    ck_assert_int_eq(value, 2);
    ck_assert_int_eq(control(tty, TCSETSF, &termios), 0);
    ck_assert_int_eq(control(tty, FIONREAD, &value), 0);
    ck_assert_int_eq(value, 0);
    ck_assert_int_eq(control(tty, TCGETS2, &termios2), 0);
    ck_assert_uint_eq(termios2.common.c_lflag, 0);
    ck_assert_int_eq(control(tty, TIOCGWINSZ, &size), 0);
    ck_assert_uint_eq(size.ws_row, 24);
    ck_assert_uint_eq(size.ws_col, 80);
    value = 42;
    ck_assert_int_eq(control(tty, TIOCSPGRP, &value), 0);
    value = 0;
    ck_assert_int_eq(control(tty, TIOCGPGRP, &value), 0);
    ck_assert_int_eq(value, 42);
    value = -1;
    ck_assert_int_eq(control(tty, TIOCSPGRP, &value), -EINVAL);
    ck_assert_int_eq(control(tty, TCGETS, NULL), -EFAULT);
    ck_assert_int_eq(control(tty, 0x5499, &value), -ENOTTY);
}
END_TEST

START_TEST(a_new_window_size)
{
    struct winsize size;
    struct file *tty;

    start(7, _i);
    tty = terminal();
    ck_assert_int_eq(write_text(tty, "x"), 1);
    host.owed[host.owed_count++] = (struct message){.event = RESIZE, .columns = 100, .rows = 30};
    serve(&fake);
    ck_assert_uint_eq(signals[28], 1);
    fake.config[0] = 40u << 16 | 120; /* the other way to say it */
    fake.cause = VIRTIO_INTERRUPT_CONFIG;
    virtio_interrupt(&fake.dev);
    ck_assert_uint_eq(signals[28], 2);
    tell(LVMM_RECORD_WINSIZE, &(struct lvmm_winsize){.rows = 40, .columns = 120}, 4); /* a third, and nothing new */
    ck_assert_uint_eq(signals[28], 2);
    tell(LVMM_RECORD_WINSIZE, &(struct lvmm_winsize){.rows = 41, .columns = 121}, 4);
    ck_assert_uint_eq(signals[28], 3);
    ck_assert_int_eq(control(tty, TIOCGWINSZ, &size), 0);
    ck_assert_uint_eq(size.ws_row, 41);
    ck_assert_uint_eq(size.ws_col, 121);
}
END_TEST

START_TEST(a_hang_up_is_a_signal)
{
    struct file *tty;

    start(7, _i);
    tty = terminal();
    ck_assert_int_eq(write_text(tty, "x"), 1);
    close_port(LVMM_PORT_TTY);
    console_poll();
    console_poll();
    ck_assert_uint_eq(signals[1], 1);
    ck_assert_uint_eq(signals[18], 1);
    reads(tty, 10, "");
    ck_assert_int_eq(write_text(tty, "x"), -EIO);
}
END_TEST

static void raw(struct file *tty, uint8_t min, uint8_t time)
{
    struct termios termios = {.c_cc = {[VMIN] = min, [VTIME] = time}};

    ck_assert_int_eq(control(tty, TCSETS, &termios), 0);
}

static void type_slowly(struct fake *device)
{
    if (device->idled == 3)
        type("abc");
    if (device->idled == 6)
        type("de");
    serve(device);
}

START_TEST(min_and_time)
{
    struct file *tty;

    start(7, 1);
    tty = terminal();
    raw(tty, 0, 0);
    reads(tty, 10, ""); /* a poll */
    raw(tty, 0, 5);
    reads(tty, 10, ""); /* the time is over (fake.c: after many turns) */
    raw(tty, 5, 0);
    fake.idled = 0;
    fake.on_idle = type_slowly;
    reads(tty, 10, "abcde");
    raw(tty, 200, 0);
    fake.idled = 0;
    reads(tty, 4, "abcd"); /* no more than was asked for */
    raw(tty, 200, 1);
    reads(tty, 100, "e"); /* nothing followed in time */
}
END_TEST

START_TEST(stopped_output)
{
    struct file *tty;

    start(7, 1);
    tty = terminal();
    type("\023");
    fake_signal_pending = true;
    ck_assert_int_eq(write_text(tty, "x"), -EINTR);
    ck_assert_uint_eq(tty->ops->poll(tty, NULL), 0);
    type("\021");
    ck_assert_int_eq(write_text(tty, "x"), 1);
    came_out(LVMM_PORT_TTY, "x");
}
END_TEST

START_TEST(a_terminal_that_hangs_up)
{
    struct file *tty;

    start(7, _i);
    tty = terminal();
    ck_assert_int_eq(write_text(tty, "x"), 1);
    close_port(LVMM_PORT_TTY);
    reads(tty, 10, "");
    ck_assert_int_eq(write_text(tty, "x"), -EIO);
    ck_assert_uint_eq(tty->ops->poll(tty, NULL) & POLLHUP, POLLHUP);
}
END_TEST

START_TEST(in_the_background)
{
    static const unsigned refused[] = {TCSETS, TCSETSW, TCSETSF, TCSETS2, TCSBRK, TCXONC, TCFLSH, TIOCSPGRP};
    struct termios termios;
    struct file *tty;
    int32_t value;
    size_t i;

    start(7, 1);
    tty = terminal();
    type("a\n");
    background = -EIO;
    ck_assert_int_eq(read_bytes(tty, &(char[8]){0}, 8), -EIO);
    ck_assert_int_eq(asked_for, 21);
    ck_assert_int_eq(write_text(tty, "x"), 1);
    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        asked_for = 0;
        ck_assert_int_eq(control(tty, refused[i], &termios), refused[i] == TIOCSPGRP ? -ENOTTY : -EIO);
        ck_assert_int_eq(asked_for, 22);
    }
    ck_assert_int_eq(control(tty, TCGETS, &termios), 0);
    ck_assert_int_eq(control(tty, TIOCGPGRP, &value), 0);
    background = 0;
    termios.c_lflag |= TOSTOP;
    ck_assert_int_eq(control(tty, TCSETS, &termios), 0);
    background = -EIO;
    asked_for = 0;
    ck_assert_int_eq(write_text(tty, "x"), -EIO);
    ck_assert_int_eq(asked_for, 22);
    tty->inode->rdev = CONSOLE_RDEV;
    ck_assert_int_eq(write_text(tty, "x"), 1);
    reads(tty, 100, "a\n"); /* nothing was taken before */
    background = 0;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tty");
    TCase *tcase = tcase_create("tty");

    tcase_add_loop_test(tcase, lines_are_echoed_and_read, 0, 4);
    tcase_add_loop_test(tcase, a_long_paste_is_echoed, 0, 4);
    tcase_add_loop_test(tcase, control_c_while_the_program_computes, 0, 4);
    tcase_add_loop_test(tcase, a_long_output, 0, 4);
    tcase_add_loop_test(tcase, a_paste_longer_than_all_buffers, 0, 4);
    tcase_add_test(tcase, settings);
    tcase_add_loop_test(tcase, a_new_window_size, 0, 4);
    tcase_add_loop_test(tcase, a_hang_up_is_a_signal, 0, 4);
    tcase_add_test(tcase, in_the_background);
    tcase_add_test(tcase, min_and_time);
    tcase_add_test(tcase, stopped_output);
    tcase_add_loop_test(tcase, a_terminal_that_hangs_up, 0, 4);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
