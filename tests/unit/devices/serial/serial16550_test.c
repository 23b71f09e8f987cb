/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/serial/serial16550.c devices/serial/uart.c devices/serial/serial_input.c devices/hoststream.c
// vmm/loop.c vmm/process.c vmm/log.c vmm/escape.c devices/irqline.c
/* serial16550_test.c - what Linux's 8250 driver tries before it believes in a 16550A, and both directions. */
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
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
