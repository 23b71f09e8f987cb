/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/serial/pl011.c devices/serial/uart.c devices/serial/serial_input.c devices/hoststream.c vmm/loop.c
// vmm/process.c vmm/log.c vmm/escape.c devices/irqline.c vmm/sandbox/*.c vmm/syscall_names.c
/* pl011_test.c - what Linux's amba-pl011 driver does with the UART, and both directions. */
#include "tests/unit/devices/serial/uart_rig.h"

enum { DR = 0, RSR = 4, FR = 0x18, IBRD = 0x24, FBRD = 0x28, LCR_H = 0x2c, CR = 0x30, IFLS = 0x34, IMSC = 0x38 };
enum { RIS = 0x3c, MIS = 0x40, ICR = 0x44, ID = 0xfe0 };
enum { INT_RX = 0x10, INT_TX = 0x20, INT_RT = 0x40, INT_OE = 0x400 };
enum { FR_LINES = 0x07, FR_RXFE = 0x10, FR_RXFF = 0x40, FR_TXFE = 0x80 };

static void setup(void)
{
    uart_setup(&device_pl011);
}

static uint32_t get(unsigned reg)
{
    uint32_t value;

    dev->ops->io.read(dev, reg, &value, 4);
    return value;
}

static void put(unsigned reg, uint32_t value)
{
    dev->ops->io.write(dev, reg, &value, 4);
}

START_TEST(is_a_pl011)
{
    uint32_t id = 0;

    for (unsigned i = 0; i < 4; i++)
        id |= get(ID + 4 * i) << 8 * i;
    ck_assert_uint_eq(id & 0xfffff, 0x41011); /* part 0x011 by Arm, as the AMBA bus matches it */
    id = 0;
    for (unsigned i = 0; i < 4; i++)
        id |= get(ID + 16 + 4 * i) << 8 * i;
    ck_assert_uint_eq(id, 0xb105f00d);
    ck_assert_uint_eq(get(CR), 0x300);
    ck_assert_uint_eq(get(IFLS), 0x12);
    ck_assert_uint_eq(get(FR), FR_LINES | FR_RXFE | FR_TXFE);
    put(IBRD, 0x12345);
    ck_assert_uint_eq(get(IBRD), 0x2345);
    put(FBRD, 0xff);
    ck_assert_uint_eq(get(FBRD), 0x3f);
    put(IMSC, 0xffff);
    ck_assert_uint_eq(get(IMSC), 0x7ff);
    ck_assert_uint_eq(get(0x800), 0);
}
END_TEST

START_TEST(accesses_of_all_widths)
{
    uint8_t byte = 0xff;
    uint64_t wide = ~0ull;

    dev->ops->io.write(dev, DR, "x", 1);
    dev->ops->io.write(dev, DR + 1, "y", 1); /* no register begins there */
    ck_assert_uint_eq(output_size, 1);
    dev->ops->io.read(dev, CR + 1, &byte, 1);
    ck_assert_uint_eq(byte, 0);
    dev->ops->io.read(dev, CR, &wide, 8);
    ck_assert_uint_eq(wide, 0x300);
}
END_TEST

START_TEST(transmits)
{
    put(DR, 'h');
    put(DR, 'i');
    ck_assert_mem_eq(output, "hi", 2);
    ck_assert(!interrupted());
    ck_assert_uint_eq(get(RIS), INT_TX);
    put(IMSC, INT_TX);
    ck_assert(interrupted());
    ck_assert_uint_eq(get(MIS), INT_TX);
    put(DR, '!');
    ck_assert(interrupted());
    put(ICR, INT_TX);
    ck_assert_uint_eq(get(MIS), 0);
    ck_assert(!interrupted());
}
END_TEST

START_TEST(loopback)
{
    put(LCR_H, 0x10); /* FIFOs */
    put(CR, 0x0b81);  /* and RTS */
    ck_assert_uint_eq(get(FR) & FR_LINES, 1);
    for (unsigned i = 0; i < 17; i++)
        put(DR, i);
    ck_assert_uint_eq(output_size, 0);
    ck_assert_uint_eq(get(FR) & (FR_RXFE | FR_RXFF), FR_RXFF);
    ck_assert_uint_eq(get(RSR), 8);
    ck_assert_uint_eq(get(RIS), INT_OE | INT_RX | INT_TX | INT_RT);
    ck_assert_uint_eq(get(DR), 0x800); /* overrun, once */
    for (unsigned i = 1; i < 16; i++)
        ck_assert_uint_eq(get(DR), i);
    ck_assert_uint_eq(get(FR) & (FR_RXFE | FR_RXFF), FR_RXFE);
    put(ICR, INT_OE | INT_TX);
    ck_assert_uint_eq(get(RIS), 0);
    put(DR, 1);
    put(LCR_H, 0); /* clears the FIFO */
    ck_assert_uint_eq(get(FR) & FR_RXFE, FR_RXFE);
    put(RSR, 0);
    ck_assert_uint_eq(get(RSR), 0);
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
    put(LCR_H, 0x10);
    put(IMSC, INT_RX | INT_RT);
    ck_assert(!interrupted());
    ck_assert_int_eq(write(in[1], text, sizeof(text)), sizeof(text));
    for (unsigned wait = 0; wait < 5000 && got < sizeof(text); wait++) {
        while (!(get(FR) & FR_RXFE))
            ck_assert_int_eq(get(DR), text[got++]);
        usleep(1000);
    }
    ck_assert_uint_eq(got, sizeof(text));
    ck_assert(interrupted());
    ck_assert_uint_eq(get(MIS), 0);
    loop_stop(loop);
    pthread_join(thread, NULL);
}
END_TEST

START_TEST(input_stays_until_it_is_wanted)
{
    char byte;

    ck_assert_int_eq(write(in[1], "z", 1), 1);
    put(DR, 'o');
    ck_assert_int_eq(read(in[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'z');

    ck_assert_int_eq(write(in[1], "poll", 4), 4);
    close(in[1]);
    for (unsigned i = 0; i < 4; i++) { /* without a loop and without FIFO: a guest that polls */
        ck_assert_uint_eq(get(FR) & (FR_RXFE | FR_RXFF), FR_RXFF);
        ck_assert_int_eq((int)get(DR), "poll"[i]);
    }
    ck_assert_uint_eq(get(FR) & FR_RXFE, FR_RXFE);
    in[1] = -1;
}
END_TEST

/* Linux's driver looks at the flags for each byte that it sends, and when it starts it drops what has come before it
 * enables the interrupts. */
START_TEST(input_stays_until_its_interrupt_is_enabled)
{
    uart_teardown();
    uart_setup_as(&device_pl011, true);
    put(LCR_H, 0x10);
    ck_assert_int_eq(write(in[1], "early", 5), 5);
    put(DR, 'o');
    put(IMSC, INT_RX | INT_RT); /* for a moment, before it starts */
    put(IMSC, 0);
    put(CR, 0x301);
    for (unsigned i = 0; i < 32; i++) {
        ck_assert_uint_eq(get(FR) & FR_RXFE, FR_RXFE);
        get(DR);
    }
    put(IMSC, INT_RX | INT_RT);
    ck_assert(interrupted());
    put(LCR_H, 0); /* as a new line speed is set */
    put(LCR_H, 0x10);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_int_eq((int)get(DR), "early"[i]);
}
END_TEST

/* The first byte is in a FIFO of one when its interrupt is enabled; the rest comes when there is room, unasked. */
START_TEST(the_fifo_is_enabled_after_its_interrupt)
{
    uart_teardown();
    uart_setup_as(&device_pl011, true);
    ck_assert_int_eq(write(in[1], "early", 5), 5);
    put(IMSC, INT_RX | INT_RT);
    ck_assert(!interrupted());
    put(CR, 0x301);
    ck_assert(interrupted());
    put(ICR, INT_RX | INT_RT);
    put(LCR_H, 0x10);
    ck_assert(interrupted());
    for (unsigned i = 0; i < 5; i++)
        ck_assert_int_eq((int)get(DR), "early"[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devices/pl011");
    TCase *tc = tcase_create("pl011");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, uart_teardown);
    tcase_set_timeout(tc, 30);
    tcase_add_test(tc, is_a_pl011);
    tcase_add_test(tc, accesses_of_all_widths);
    tcase_add_test(tc, transmits);
    tcase_add_test(tc, loopback);
    tcase_add_test(tc, receives_by_interrupt);
    tcase_add_test(tc, input_stays_until_it_is_wanted);
    tcase_add_test(tc, input_stays_until_its_interrupt_is_enabled);
    tcase_add_test(tc, the_fifo_is_enabled_after_its_interrupt);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
