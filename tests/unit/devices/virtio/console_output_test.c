/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/virtio/console*.c devices/hoststream.c devices/virtio/iov.c vmm/escape.c vmm/log.c
// sources: devices/virtio/mmio.c devices/virtio/queue.c vmm/kvm/mem.c vmm/loop.c vmm/process.c devices/irqline.c
// vmm/sandbox/*.c vmm/syscall_names.c
/* console_output_test.c - what the guest sends to a port: to a sink, a file, a reader that is slow or gone. */
#include <errno.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "tests/unit/devices/virtio/console_driver.h"

static uint8_t sunk[65536];
static unsigned sunk_size;

static unsigned sink_wants = UINT_MAX; /* bytes, then no more */

static bool endless; /* what a sink gets makes the next chain available */

static bool on_sink(void *owner, const uint8_t *bytes, unsigned count)
{
    ck_assert_ptr_eq(owner, &sunk);
    if (endless) {
        sunk_size += count;
        put_u16(&d, RING_GPA(5) + RING_AVAIL + 2, ++tx.avail);
        return true;
    }
    memcpy(sunk + sunk_size, bytes, count);
    sunk_size += count;
    return sunk_size < sink_wants;
}

START_TEST(sink_gets_all_bytes_in_order)
{
    start(&(struct virtio_console_port){.in_fd = -1, .out_fd = -1, .sink = on_sink, .owner = &sunk});
    for (unsigned i = 0; i < 20000; i++)
        mem_write(&d.mem, TX_BUFFER + i, &(uint8_t){(uint8_t)(i * 7 / 3)}, 1);
    put_desc(&d, RING_GPA(5), 0, TX_BUFFER, 3, DESC_NEXT, 1);
    put_desc(&d, RING_GPA(5), 1, TX_BUFFER + 3, 19997, 0, 0);
    ring_offer(&d, &tx, 0);
    ring_kick(&d, &tx);
    ck_assert_int_eq(ring_take(&d, &tx, NULL), 0);
    ck_assert_uint_eq(sunk_size, 20000);
    ck_assert_mem_eq(sunk, mem_at(&d.mem, TX_BUFFER, 20000), 20000);
    driver_fini(&d);
}
END_TEST

/* A sink that has had enough gets nothing more, and the guest gets its buffers back. */
START_TEST(a_sink_that_is_over)
{
    start(&(struct virtio_console_port){.in_fd = -1, .out_fd = -1, .sink = on_sink, .owner = &sunk});
    sink_wants = 5000;
    for (unsigned i = 0; i < 2; i++) {
        ring_add(&d, &tx, 0, TX_BUFFER, 20000, false);
        ring_kick(&d, &tx);
        ck_assert_int_eq(ring_take(&d, &tx, NULL), 0);
    }
    ck_assert_uint_eq(sunk_size, 8192);
    driver_fini(&d);
}
END_TEST

static bool test_has_ended(void *vm)
{
    ck_assert_ptr_eq(vm, &d);
    return true;
}

/* The longest chain that a ring can hold, of the same megabyte again and again. */
static void offer_much(void)
{
    for (unsigned i = 0; i < 16; i++)
        put_desc(&d, RING_GPA(5), i, DATA_GPA, 1u << 20, i < 15 ? DESC_NEXT : 0, i + 1);
    ring_offer(&d, &tx, 0);
}

/* What one notification may do is bounded; the loop goes on with the rest, until the VM has ended. */
START_TEST(much_output_in_one_chain)
{
    int fd = memfd_create("out", 0);
    off_t at_once;

    start(&(struct virtio_console_port){.in_fd = -1, .out_fd = fd});
    offer_much();
    ring_kick(&d, &tx);
    at_once = lseek(fd, 0, SEEK_END);
    ck_assert_int_ge(at_once, 65536);
    ck_assert_int_le(at_once, 8 << 20);
    ck_assert_int_eq(ring_take(&d, &tx, NULL), -1);
    driver_start_loop(&d);
    ck_assert_int_eq(ring_wait(&d, &tx, NULL), 0);
    driver_stop_loop(&d);
    ck_assert_int_eq(lseek(fd, 0, SEEK_END), 16 << 20);

    d.services.has_ended = test_has_ended;
    offer_much();
    ring_kick(&d, &tx);
    ck_assert_int_eq(lseek(fd, 0, SEEK_END), 16 << 20);
    driver_fini(&d);
    close(fd);
}
END_TEST

START_TEST(a_ring_that_never_becomes_empty)
{
    start(&(struct virtio_console_port){.in_fd = -1, .out_fd = -1, .sink = on_sink, .owner = &sunk});
    endless = true;
    ring_add(&d, &tx, 0, TX_BUFFER, 1, false);
    ring_kick(&d, &tx);
    ck_assert_uint_ge(sunk_size, 16);
    ck_assert_uint_le(sunk_size, 256);
    driver_start_loop(&d);
    while (__atomic_load_n(&sunk_size, __ATOMIC_RELAXED) < 1000)
        usleep(100);
    driver_stop_loop(&d);
    endless = false;
    driver_fini(&d);
}
END_TEST

START_TEST(output_to_a_file)
{
    int fd = memfd_create("out", 0);

    start(&(struct virtio_console_port){.in_fd = -1, .out_fd = fd});
    memset(mem_at(&d.mem, TX_BUFFER, 100000), 'f', 100000);
    send_tx(100000);
    ck_assert_int_eq(ring_take(&d, &tx, NULL), 0);
    ck_assert_int_eq(lseek(fd, 0, SEEK_END), 100000);
    driver_fini(&d);
    close(fd);
}
END_TEST

static void on_written(void *owner, const uint8_t *bytes, size_t size)
{
    on_sink(owner, bytes, (unsigned)size);
}

/* Who watches sees the same bytes as the file, each once. */
START_TEST(output_is_watched)
{
    int fd = memfd_create("out", 0);
    static uint8_t written[60000];

    sunk_size = 0;
    start(&(struct virtio_console_port){.in_fd = -1, .out_fd = fd, .watch = on_written, .owner = &sunk});
    for (unsigned i = 0; i < sizeof(written); i++)
        *(uint8_t *)mem_at(&d.mem, TX_BUFFER + i, 1) = (uint8_t)(i * 7 + i / 256);
    send_tx(sizeof(written));
    ck_assert_int_eq(ring_take(&d, &tx, NULL), 0);
    ck_assert_uint_eq(sunk_size, sizeof(written));
    ck_assert_int_eq(pread(fd, written, sizeof(written), 0), sizeof(written));
    ck_assert_mem_eq(sunk, written, sizeof(written));
    driver_fini(&d);
    close(fd);
}
END_TEST

/* A full pipe holds the guest's buffer back, and no thread; when somebody reads, the rest goes out. A socket can't be
 * opened again: it takes the other way in hoststream.c. */
START_TEST(output_to_a_slow_reader)
{
    const uint32_t size = 400000;
    int fds[2];

    if (_i == 0)
        ck_assert_int_eq(pipe(fds), 0);
    else
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    start(&(struct virtio_console_port){.in_fd = -1, .out_fd = fds[1]});
    driver_start_loop(&d);
    memset(mem_at(&d.mem, TX_BUFFER, size), 'p', size);
    send_tx(size); /* comes back */
    ck_assert_int_eq(ring_take(&d, &tx, NULL), -1);
    ck_assert_uint_eq(drain(fds[0], size), size);
    ck_assert_int_eq(ring_wait(&d, &tx, NULL), 0);
    ck_assert_int_eq(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
    driver_stop_loop(&d);
    driver_fini(&d);
    close(fds[0]);
    close(fds[1]);
}
END_TEST

START_TEST(reader_is_gone)
{
    struct control control;
    int fds[2];

    ck_assert_int_eq(pipe(fds), 0);
    start(&(struct virtio_console_port){.in_fd = -1, .out_fd = fds[1]});
    open_port(NULL);
    close(fds[0]);
    for (unsigned i = 0; i < 3; i++) { /* dropped, and given back */
        send_tx(100);
        ck_assert_int_eq(ring_take(&d, &tx, NULL), 0);
    }
    expect_control(1, PORT_OPEN, 0);
    ck_assert(!next_control(&control, NULL));
    driver_fini(&d);
    close(fds[1]);
}
END_TEST

START_TEST(reader_goes_while_the_guest_waits)
{
    int fds[2];

    ck_assert_int_eq(pipe(fds), 0);
    start(&(struct virtio_console_port){.in_fd = -1, .out_fd = fds[1]});
    driver_start_loop(&d);
    open_port(NULL);
    send_tx(400000);
    ck_assert_int_eq(ring_take(&d, &tx, NULL), -1);
    close(fds[0]);
    ck_assert_int_eq(ring_wait(&d, &tx, NULL), 0);
    expect_control(1, PORT_OPEN, 0);
    driver_stop_loop(&d);
    driver_fini(&d);
    close(fds[1]);
}
END_TEST

static int failed_with;

static void on_error(void *owner, unsigned port, int error)
{
    (void)owner;
    ck_assert_uint_eq(port, 1);
    failed_with = error;
}

/* The guest hears what its write has come to, and may try again. */
START_TEST(output_to_a_full_disk)
{
    struct control control;
    int fd = open("/dev/full", O_WRONLY);

    ck_assert_int_ge(fd, 0);
    start(&(struct virtio_console_port){.in_fd = -1, .out_fd = fd, .on_error = on_error});
    open_port(NULL);
    for (unsigned i = 0; i < 2; i++) {
        failed_with = 0;
        send_tx(100);
        ck_assert_int_eq(ring_take(&d, &tx, NULL), 0);
        ck_assert_int_eq(failed_with, ENOSPC);
    }
    ck_assert(!next_control(&control, NULL));
    driver_fini(&d);
    close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devices/virtio/console_output");
    TCase *tc = tcase_create("console_output");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, sink_gets_all_bytes_in_order);
    tcase_add_test(tc, a_sink_that_is_over);
    tcase_add_test(tc, much_output_in_one_chain);
    tcase_add_test(tc, a_ring_that_never_becomes_empty);
    tcase_add_test(tc, output_to_a_file);
    tcase_add_test(tc, output_is_watched);
    tcase_add_test(tc, output_to_a_full_disk);
    tcase_add_loop_test(tc, output_to_a_slow_reader, 0, 2);
    tcase_add_test(tc, reader_is_gone);
    tcase_add_test(tc, reader_goes_while_the_guest_waits);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
