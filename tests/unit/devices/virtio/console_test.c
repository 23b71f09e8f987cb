/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/virtio/console*.c devices/hoststream.c devices/virtio/iov.c vmm/escape.c vmm/log.c
// sources: devices/virtio/mmio.c devices/virtio/queue.c vmm/kvm/mem.c vmm/loop.c vmm/process.c devices/irqline.c
// vmm/sandbox/*.c vmm/syscall_names.c
/* console_test.c - control messages, a terminal, drivers that listen late or never, a reset. */
#include <pty.h>
#include <stdatomic.h>
#include <termios.h>

#include "tests/unit/devices/virtio/console_driver.h"

START_TEST(handshake)
{
    struct control control;
    char name[64];

    start(&(struct virtio_console_port){.name = "control", .in_fd = -1, .out_fd = -1});
    ck_assert_uint_eq(reg_get(&d, 0x100), 24 << 16 | 80);
    ck_assert_uint_eq(reg_get(&d, 0x104), 2);
    say(0, DEVICE_READY, 1);
    expect_control(0, PORT_ADD, 1);
    expect_control(1, PORT_ADD, 1);
    say(0, PORT_READY, 1);
    expect_control(0, CONSOLE_PORT, 1);
    ck_assert(next_control(&control, name));
    ck_assert_uint_eq(control.event, PORT_NAME);
    ck_assert_str_eq(name, "tty");
    expect_control(0, PORT_OPEN, 1);
    open_port("control");
    say(7, PORT_READY, 1); /* no such port */
    say(0, 99, 1);
    ck_assert(!next_control(&control, NULL));
    driver_fini(&d);
}
END_TEST

static atomic_bool storm_over;

/* A driver on another CPU that keeps a ring full. */
static void *keep_full(void *ring)
{
    const struct ring *full = ring;
    gpa_t gpa = RING_GPA(full->index);

    while (!atomic_load(&storm_over))
        put_u16(&d, gpa + RING_AVAIL + 2, (uint16_t)(get_u16(&d, gpa + RING_USED + 2) + full->size / 2));
    return NULL;
}

/* The same where nobody takes the bytes, and of control messages. */
START_TEST(a_ring_that_is_kept_full)
{
    struct control control = {0, PORT_READY, 1};
    struct ring *ring = _i == 0 ? &tx : &control_tx;
    pthread_t thread;

    start(&(struct virtio_console_port){.in_fd = -1, .out_fd = -1});
    mem_write(&d.mem, CONTROL_OUT, &control, sizeof(control));
    put_desc(&d, RING_GPA(ring->index), 0, CONTROL_OUT, sizeof(control), 0, 0);
    atomic_store(&storm_over, false);
    ck_assert_int_eq(pthread_create(&thread, NULL, keep_full, ring), 0);
    while (get_u16(&d, RING_GPA(ring->index) + RING_AVAIL + 2) == 0)
        usleep(100);
    for (unsigned i = 0; i < 100; i++)
        ring_kick(&d, ring);
    driver_start_loop(&d);
    usleep(10000);
    driver_stop_loop(&d); /* it stops as well */
    atomic_store(&storm_over, true);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(reg_get(&d, 0x70) & 64, 0); /* the ring was good */
    driver_fini(&d);
}
END_TEST

/* A driver that knows its ports posts control buffers when it first wants to hear of an end: that it hears, no more. */
START_TEST(a_driver_that_listens_late)
{
    struct control control;
    int fds[2];

    ck_assert_int_eq(pipe(fds), 0);
    start_as(&(struct virtio_console_port){.name = "out", .in_fd = -1, .out_fd = fds[1]}, false);
    say(0, DEVICE_READY, 1);
    say(0, PORT_READY, 1);
    say(1, PORT_READY, 1);
    close(fds[0]);
    send_tx(100);
    ck_assert_int_eq(ring_take(&d, &tx, NULL), 0);
    expect_control(1, PORT_OPEN, 0);
    ck_assert(!next_control(&control, NULL));
    driver_fini(&d);
    close(fds[1]);
}
END_TEST

START_TEST(terminal)
{
    struct termios raw;
    int master, slave;
    char text[64];

    ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
    tcgetattr(slave, &raw);
    cfmakeraw(&raw);
    tcsetattr(slave, TCSANOW, &raw);
    start(&(struct virtio_console_port){.in_fd = slave, .out_fd = slave});
    driver_start_loop(&d);
    mem_write(&d.mem, TX_BUFFER, "prompt", 6);
    send_tx(6);
    ck_assert_int_eq(ring_take(&d, &tx, NULL), 0);
    ck_assert_int_eq(read(master, text, sizeof(text)), 6);
    post_rx(0, 100);
    ck_assert_int_eq(write(master, "ls\n", 3), 3);
    ck_assert_int_eq(ring_wait(&d, &rx, NULL), 3);
    /* ^S for ever: the terminal takes nothing, and nobody is stuck. */
    tcflow(slave, TCOOFF);
    send_tx(100000);
    ck_assert_int_eq(ring_take(&d, &tx, NULL), -1);
    ck_assert_int_eq(fcntl(slave, F_GETFL) & O_NONBLOCK, 0);
    driver_stop_loop(&d);
    driver_fini(&d);
    close(master);
    close(slave);
}
END_TEST

/* A driver that asks without end and never takes an answer: the device owes each message once. */
START_TEST(answers_that_nobody_takes)
{
    struct control control;
    unsigned messages = 0;

    start(&(struct virtio_console_port){.name = "p", .in_fd = -1, .out_fd = -1});
    for (unsigned i = 0; i < 10000; i++) {
        say(0, DEVICE_READY, 1);
        say(1, PORT_READY, 1);
    }
    while (next_control(&control, NULL))
        messages++;
    ck_assert_uint_eq(messages, 5); /* the one that had a buffer; then two PORT_ADD, a name, PORT_OPEN */
    driver_fini(&d);
}
END_TEST

START_TEST(reset_while_output_waits)
{
    int fds[2];

    ck_assert_int_eq(pipe(fds), 0);
    start(&(struct virtio_console_port){.in_fd = fds[0], .out_fd = fds[1]});
    driver_start_loop(&d);
    send_tx(400000);
    ck_assert_int_eq(ring_take(&d, &tx, NULL), -1);
    reg_set(&d, 0x70, 0);
    drain(fds[0], 4096);
    usleep(20000); /* the loop finds nothing to do */
    driver_features(&d, F_VERSION_1 | F_MULTIPORT);
    tx = driver_ring(&d, 5, 16);
    driver_ok(&d);
    ck_assert_int_eq(ring_take(&d, &tx, NULL), -1);
    driver_stop_loop(&d);
    driver_fini(&d);
    close(fds[0]);
    close(fds[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devices/virtio/console");
    TCase *tc = tcase_create("console");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, handshake);
    tcase_add_loop_test(tc, a_ring_that_is_kept_full, 0, 2);
    tcase_add_test(tc, a_driver_that_listens_late);
    tcase_add_test(tc, terminal);
    tcase_add_test(tc, answers_that_nobody_takes);
    tcase_add_test(tc, reset_while_output_waits);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
