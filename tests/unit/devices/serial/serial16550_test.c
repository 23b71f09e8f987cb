/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/serial/serial16550.c devices/serial/uart.c devices/serial/serial_input.c devices/hoststream.c
// vmm/loop.c vmm/process.c vmm/log.c vmm/escape.c devices/irqline.c vmm/sandbox/*.c vmm/syscall_names.c
/* serial16550_test.c - what Linux's 8250 driver tries before it believes in a 16550A, and both directions. */
#include <pty.h>
#include <stdatomic.h>
#include <termios.h>

#include "tests/unit/devices/serial/uart_rig.h"

enum { DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR };

static void setup(void)
{
    uart_setup(&device_serial16550);
}

static uint8_t get(unsigned reg)
{
    uint8_t value;

    dev->ops->io.read(dev, reg, &value, 1);
    return value;
}

static void put(unsigned reg, uint8_t value)
{
    dev->ops->io.write(dev, reg, &value, 1);
}

START_TEST(is_a_16550a)
{
    put(IER, 0xff);
    ck_assert_uint_eq(get(IER), 0x0f);
    put(IER, 0);
    put(MCR, 0x1a); /* loopback, RTS and OUT2 */
    ck_assert_uint_eq(get(MSR) & 0xf0, 0x90);
    put(MCR, 0);
    ck_assert_uint_eq(get(MSR) & 0xf0, 0xb0);
    ck_assert_uint_eq(get(IIR), 0x01);
    put(IIR, 0x01);
    ck_assert_uint_eq(get(IIR), 0xc1);
    put(SCR, 0x5a);
    ck_assert_uint_eq(get(SCR), 0x5a);
    put(LCR, 0x80);
    put(DATA, 12);
    put(IER, 1);
    ck_assert_uint_eq(get(DATA), 12);
    ck_assert_uint_eq(get(IER), 1);
    put(LCR, 3);
    ck_assert_uint_eq(get(IER), 0);
    ck_assert_uint_eq(get(LSR), 0x60);
    ck_assert_uint_eq(output_size, 0);
}
END_TEST

START_TEST(transmits)
{
    uint8_t two[2] = {'x', 0};

    put(DATA, 'h');
    put(DATA, 'i');
    ck_assert_mem_eq(output, "hi", 2);
    ck_assert(!interrupted());
    dev->ops->io.write(dev, 0, two, 2); /* THR and IER */
    ck_assert_uint_eq(output_size, 3);

    put(IER, 2); /* the driver's test: enabling it while empty interrupts, each time */
    ck_assert(interrupted());
    ck_assert_uint_eq(get(IIR) & 0x0f, 2);
    ck_assert_uint_eq(get(IIR) & 0x0f, 1);
    put(IER, 0);
    put(IER, 2);
    ck_assert(interrupted());
    get(IIR);
    put(DATA, '!');
    ck_assert(interrupted());
    put(DATA, '!'); /* without a look at IIR in between */
    ck_assert(interrupted());
}
END_TEST

START_TEST(loopback)
{
    put(IIR, 1);
    put(MCR, 0x10);
    for (unsigned i = 0; i < 17; i++)
        put(DATA, (uint8_t)i);
    ck_assert_uint_eq(output_size, 0);
    ck_assert_uint_eq(get(LSR), 0x63); /* overrun, once */
    ck_assert_uint_eq(get(LSR), 0x61);
    for (unsigned i = 0; i < 16; i++)
        ck_assert_uint_eq(get(DATA), i);
    ck_assert_uint_eq(get(LSR), 0x60);
    put(DATA, 1);
    put(IIR, 3); /* clears the FIFO */
    ck_assert_uint_eq(get(LSR), 0x60);
}
END_TEST

static void *run_loop(void *arg)
{
    ck_assert_int_eq(loop_run(arg), 0);
    return NULL;
}

START_TEST(receives_by_interrupt)
{
    char text[40];
    pthread_t thread;
    unsigned got = 0;

    for (unsigned i = 0; i < sizeof(text); i++)
        text[i] = (char)('A' + i);
    pthread_create(&thread, NULL, run_loop, loop);
    put(IIR, 1);
    put(IER, 1);
    ck_assert(!interrupted());
    ck_assert_int_eq(write(in[1], text, sizeof(text)), sizeof(text));
    for (unsigned wait = 0; wait < 5000 && got < sizeof(text); wait++) {
        while (get(LSR) & 1)
            ck_assert_int_eq(get(DATA), text[got++]);
        usleep(1000);
    }
    ck_assert_uint_eq(got, sizeof(text));
    ck_assert(interrupted());
    loop_stop(loop);
    pthread_join(thread, NULL);
}
END_TEST

START_TEST(input_stays_until_it_is_wanted)
{
    char byte;

    ck_assert_int_eq(write(in[1], "z", 1), 1);
    put(DATA, 'o');
    ck_assert_int_eq(read(in[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'z');

    ck_assert_int_eq(write(in[1], "poll", 4), 4);
    close(in[1]);
    for (unsigned i = 0; i < 4; i++) { /* without a loop and without FIFO: a guest that polls */
        ck_assert_uint_eq(get(LSR), 0x61);
        ck_assert_int_eq(get(DATA), "poll"[i]);
    }
    ck_assert_uint_eq(get(LSR), 0x60);
    in[1] = -1;
}
END_TEST

/* ---- a terminal, whose escape key is ours ---- */

static int terminal;
static atomic_int keys;
static atomic_uint key;

static void on_escape(void *owner, uint8_t next)
{
    ck_assert_ptr_eq(owner, output);
    atomic_store(&key, next);
    atomic_fetch_add(&keys, 1);
}

static atomic_int foreground = -1, pauses;

/* -1: no terminal is any job's. */
pid_t tcgetpgrp(int fd)
{
    (void)fd;
    return atomic_load(&foreground);
}

static void on_pause(void *owner)
{
    ck_assert_ptr_eq(owner, output);
    atomic_fetch_add(&pauses, 1);
}

/* Instead of the fixture's UART: one on a terminal. */
static void open_terminal(bool paused)
{
    struct serial_args args = {.output = on_output,
                               .owner = output,
                               .escape = 1,
                               .on_escape = on_escape,
                               .paused = paused,
                               .on_pause = on_pause,
                               .self = &dev};
    struct device_env env;
    struct device *made;
    struct termios mode;

    dev->ops->destroy(dev);
    ck_assert_int_eq(openpty(&terminal, &args.in_fd, NULL, NULL, NULL), 0);
    ck_assert_int_eq(tcgetattr(args.in_fd, &mode), 0);
    cfmakeraw(&mode);
    ck_assert_int_eq(tcsetattr(args.in_fd, TCSANOW, &mode), 0);
    memset(&env, 0, sizeof(env));
    env.loop = loop;
    env.irq.fd = irq_fd;
    ck_assert_int_eq(device_serial16550.create(&env, &args, &made), 0);
    ck_assert_ptr_eq(made, dev);
    atomic_store(&keys, 0);
}

static void type(const char *text)
{
    ck_assert_int_eq(write(terminal, text, strlen(text)), (ssize_t)strlen(text));
}

/* Reads as many bytes as `text` has by the line's status. */
static void expect_input(const char *text)
{
    unsigned got = 0;

    for (unsigned wait = 0; wait < 5000 && text[got] != '\0'; wait++) {
        while (text[got] != '\0' && (get(LSR) & 1) != 0)
            ck_assert_int_eq(get(DATA), text[got++]);
        usleep(1000);
    }
    ck_assert_int_eq(text[got], '\0');
}

START_TEST(the_escape_key_works_though_nobody_reads)
{
    pthread_t thread;

    open_terminal(false);
    pthread_create(&thread, NULL, run_loop, loop);
    type("more than the FIFO of sixteen bytes holds \001\001 \001x");
    for (unsigned wait = 0; wait < 5000 && atomic_load(&keys) == 0; wait++)
        usleep(1000);
    ck_assert_int_eq(atomic_load(&keys), 1);
    ck_assert_uint_eq(atomic_load(&key), 'x');
    put(IIR, 1);
    put(IER, 1);
    expect_input("more than the FIFO of sixteen bytes holds \001 "); /* twice is once; nothing else is lost */
    loop_stop(loop);
    pthread_join(thread, NULL);
    close(terminal);
}
END_TEST

START_TEST(a_paused_terminal_waits)
{
    pthread_t thread;

    open_terminal(true);
    pthread_create(&thread, NULL, run_loop, loop);
    type("a");
    put(IER, 1);
    ck_assert_uint_eq(get(LSR) & 1, 0);
    serial_resume(dev);
    expect_input("a");
    ck_assert(interrupted());
    loop_stop(loop);
    pthread_join(thread, NULL);
    close(terminal);
}
END_TEST

/* It is told of once, for somebody to look when it comes back. */
START_TEST(another_job_takes_the_terminal)
{
    pthread_t thread;

    open_terminal(false);
    pthread_create(&thread, NULL, run_loop, loop);
    put(IER, 1);
    type("a");
    expect_input("a");
    ck_assert_int_eq(atomic_load(&pauses), 0);
    atomic_store(&foreground, getpgrp() + 1);
    type("b");
    for (unsigned wait = 0; wait < 5000 && atomic_load(&pauses) == 0; wait++)
        usleep(1000);
    ck_assert_int_eq(atomic_load(&pauses), 1);
    ck_assert_uint_eq(get(LSR) & 1, 0);
    atomic_store(&foreground, getpgrp());
    serial_resume(dev);
    expect_input("b");
    ck_assert_int_eq(atomic_load(&pauses), 1);
    loop_stop(loop);
    pthread_join(thread, NULL);
    close(terminal);
}
END_TEST

/* Linux looks at the line's status for each byte that it sends, long before a driver that reads clears the FIFO. */
START_TEST(input_by_interrupt_only)
{
    struct serial_args args = {.in_fd = in[0], .by_interrupt = true, .output = on_output, .owner = output};
    struct device_env env;

    dev->ops->destroy(dev);
    memset(&env, 0, sizeof(env));
    env.loop = loop;
    env.irq.fd = irq_fd;
    ck_assert_int_eq(device_serial16550.create(&env, &args, &dev), 0);
    ck_assert_int_eq(write(in[1], "poll", 4), 4);
    ck_assert_uint_eq(get(LSR), 0x60);
    put(DATA, 'o');
    ck_assert_uint_eq(get(LSR), 0x60);
    put(IIR, 7); /* clears both FIFOs */
    put(IIR, 0);
    put(IER, 1);
    put(IIR, 1);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(get(DATA), "poll"[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devices/serial16550");
    TCase *tc = tcase_create("serial16550");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, uart_teardown);
    tcase_set_timeout(tc, 30);
    tcase_add_test(tc, is_a_16550a);
    tcase_add_test(tc, transmits);
    tcase_add_test(tc, loopback);
    tcase_add_test(tc, receives_by_interrupt);
    tcase_add_test(tc, input_stays_until_it_is_wanted);
    tcase_add_test(tc, the_escape_key_works_though_nobody_reads);
    tcase_add_test(tc, a_paused_terminal_waits);
    tcase_add_test(tc, another_job_takes_the_terminal);
    tcase_add_test(tc, input_by_interrupt_only);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
