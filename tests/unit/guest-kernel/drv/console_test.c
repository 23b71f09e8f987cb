/* SPDX-License-Identifier: Apache-2.0 */
/* console_test.c - ports, streams and control records against a console device. */
// sources: guest-kernel/core/news.c guest-kernel/drv/virtio_console.c guest-kernel/drv/record.c
// guest-kernel/drv/stream.c guest-kernel/drv/tty.c sources: guest-kernel/drv/console_tty.c guest-kernel/drv/tty_file.c
// guest-kernel/drv/tty_settings.c sources: guest-kernel/drv/tty_ioctl.c guest-kernel/drv/ldisc.c
// guest-kernel/drv/ldisc_echo.c sources: guest-kernel/drv/virtqueue.c guest-kernel/drv/virtio.c
// guest-kernel/core/mutex.c sources: tests/unit/guest-kernel/no_async.c tests/unit/guest-kernel/drv/fake.c
#include <check.h>

#include "console_setup.h"

START_TEST(only_the_queues_that_are_used)
{
    static const struct {
        uint32_t mask;
        uint16_t queues; /* bit n: queue n */
    } expected[] = {{0, 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 9 | 1 << 11},
                    {7, 1 << 12 | 1 << 13 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5},
                    {1, 1 << 12 | 1 << 13 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 9 | 1 << 11}};
    unsigned i;

    start(expected[_i].mask, 1);
    for (i = 0; i < FAKE_QUEUES; i++)
        ck_assert_int_eq(fake.queue[i].size != 0, expected[_i].queues >> i & 1);
    ck_assert_int_eq(host.opened[LVMM_PORT_TTY], expected[_i].mask != 0);
    ck_assert(host.opened[LVMM_PORT_CONTROL]);
    ck_assert_int_eq(host.opened[LVMM_PORT_STDIN], !(expected[_i].mask & 1));
    if (expected[_i].mask == 0)
        ck_assert_uint_eq(fake.notified, 1);
}
END_TEST

START_TEST(writes_go_out_whole_and_in_order)
{
    static uint8_t big[200000];
    struct file *out, *err;
    size_t i;

    start(0, _i);
    out = stream(1);
    err = stream(2);
    ck_assert_uint_eq(out->inode->mode, S_IFIFO | 0600);
    ck_assert_int_eq(write_text(out, "Hello, UserApp!\n"), 16);
    came_out(LVMM_PORT_STDOUT, "Hello, UserApp!\n"); /* it is there when write returns */
    ck_assert_int_eq(write_text(err, "oops"), 4);
    came_out(LVMM_PORT_STDERR, "oops");
    ck_assert_int_eq(write_text(out, ""), 0);
    for (i = 0; i < sizeof(big); i++)
        big[i] = (uint8_t)(i * 31 + i / 4096);
    ck_assert_int_eq(write_bytes(out, big, sizeof(big)), sizeof(big));
    ck_assert_uint_eq(host.out_size[LVMM_PORT_STDOUT], sizeof(big));
    ck_assert_mem_eq(host.out[LVMM_PORT_STDOUT], big, sizeof(big));
    ck_assert(!fake.dev.broken);
    ck_assert_int_eq(fake.irq_enabled, !(_i & 1));
}
END_TEST

START_TEST(a_reader_that_is_gone)
{
    struct file *out;

    start(0, _i);
    out = stream(1);
    ck_assert_int_eq(write_text(out, "fine"), 4);
    host.gone[LVMM_PORT_STDOUT] = true;
    ck_assert_int_eq(write_text(out, "lost"), -EPIPE);
    ck_assert_uint_eq(signals[13], 1);
    ck_assert_int_eq(write_text(out, "lost"), -EPIPE);
    ck_assert_uint_eq(signals[13], 2);
    ck_assert_int_eq(write_text(stream(2), "fine"), 4);
    came_out(LVMM_PORT_STDOUT, "fine");
}
END_TEST

START_TEST(a_signal_cuts_a_write_short_and_loses_nothing)
{
    static uint8_t big[100000];
    struct file *out;

    start(0, 0);
    out = stream(1);
    ck_assert_int_eq(write_text(out, "a"), 1);
    host.stuck = fake_signal_pending = true;
    ck_assert_int_eq(write_bytes(out, big, sizeof(big)), 65536); /* on its way */
    ck_assert_int_eq(write_text(out, "b"), -EINTR);
    host.stuck = fake_signal_pending = false;
    ck_assert_int_eq(write_text(out, "b"), 1);
    ck_assert_uint_eq(host.out_size[LVMM_PORT_STDOUT], 1 + 65536 + 1);
}
END_TEST

/* What a write has promised the end waits for, unless the program has not heard of it. */
START_TEST(the_end_waits_for_what_counts_as_written)
{
    struct file *out;

    start(0, 0);
    out = stream(1);
    host.stuck = fake_signal_pending = true;
    is_ending = _i == 1;
    ck_assert_int_eq(write_text(out, "half"), 4);
    host.stuck = fake_signal_pending = is_ending = false;
    console_settle();
    ck_assert_uint_eq(host.out_size[LVMM_PORT_STDOUT], _i == 1 ? 0 : 4);
}
END_TEST

START_TEST(a_read_takes_what_it_asks_for)
{
    struct file *in;

    start(0, _i);
    in = stream(0);
    host.in[LVMM_PORT_STDIN] = (const uint8_t *)"one\ntwo\nthree";
    host.in_size[LVMM_PORT_STDIN] = 13;
    host.end[LVMM_PORT_STDIN] = true;
    ck_assert_uint_eq(host.requests, 0); /* nothing is taken before the first read */
    reads(in, 4, "one\n");
    ck_assert_uint_eq(host.in_size[LVMM_PORT_STDIN], 9); /* the rest is still the host's */
    reads(in, 0, "");
    reads(in, 1, "t");
    reads(in, 100, "wo\nthree");
    reads(in, 100, "");
    reads(in, 100, "");
    ck_assert_uint_eq(host.requests, 3);
}
END_TEST

START_TEST(the_end_comes_after_the_data)
{
    struct file *in;

    start(0, _i);
    in = stream(0);
    host.in[LVMM_PORT_STDIN] = (const uint8_t *)"abcdef";
    host.in_size[LVMM_PORT_STDIN] = 6;
    host.in_most = 4;
    host.end[LVMM_PORT_STDIN] = true;
    reads(in, 100, "abcd");
    reads(in, 100, "ef");
    reads(in, 100, "");
}
END_TEST

START_TEST(an_interrupted_read_keeps_its_data)
{
    struct file *in;

    start(0, 0);
    in = stream(0);
    fake_signal_pending = true;
    ck_assert_int_eq(read_bytes(in, &(char[8]){0}, 8), -EINTR);
    fake_signal_pending = false;
    host.in[LVMM_PORT_STDIN] = (const uint8_t *)"abcdefgh";
    host.in_size[LVMM_PORT_STDIN] = 8;
    reads(in, 3, "abc"); /* the request was for 8 */
    reads(in, 100, "defgh");
    in->flags |= O_NONBLOCK;
    ck_assert_int_eq(read_bytes(in, &(char[8]){0}, 8), -EAGAIN);
}
END_TEST

START_TEST(a_long_read)
{
    static uint8_t sent[150000], got[150000];
    struct file *in;
    size_t i, total = 0;

    start(0, _i);
    in = stream(0);
    for (i = 0; i < sizeof(sent); i++)
        sent[i] = (uint8_t)(i * 13 + i / 4096);
    host.in[LVMM_PORT_STDIN] = sent;
    host.in_size[LVMM_PORT_STDIN] = sizeof(sent);
    while (total < sizeof(sent)) {
        int64_t n = read_bytes(in, got + total, sizeof(got) - total);

        ck_assert_int_gt(n, 0);
        total += (size_t)n;
    }
    ck_assert_mem_eq(got, sent, sizeof(sent));
    ck_assert_uint_eq(host.requests, fake.dev.is_ours ? 3 : 37); /* as much at a time as the device can */
}
END_TEST

START_TEST(polling_streams)
{
    struct file *in, *out;

    start(0, 0);
    in = stream(0);
    out = stream(1);
    ck_assert_uint_eq(in->ops->poll(in, NULL), 0);
    ck_assert_uint_eq(out->ops->poll(out, NULL), POLLOUT | POLLWRNORM);
    host.in[LVMM_PORT_STDIN] = (const uint8_t *)"x";
    host.in_size[LVMM_PORT_STDIN] = 1;
    serve(&fake);
    ck_assert_uint_gt(fake.interrupts_taken, 0); /* a sleeping poll would be woken */
    ck_assert_uint_eq(in->ops->poll(in, NULL), POLLIN | POLLRDNORM);
    ck_assert_uint_eq(host.in_size[LVMM_PORT_STDIN], 1); /* a poll takes nothing */
    reads(in, 100, "x");
    ck_assert_uint_eq(in->ops->poll(in, NULL), 0);
    host.end[LVMM_PORT_STDIN] = true;
    ck_assert_uint_eq(in->ops->poll(in, NULL), 0);
    serve(&fake);
    ck_assert_uint_eq(in->ops->poll(in, NULL), POLLHUP);
    reads(in, 100, "");
    ck_assert_uint_eq(in->ops->poll(in, NULL), POLLHUP);
}
END_TEST

static uint32_t readable_bytes(struct file *in)
{
    uint32_t bytes = 12345;

    ck_assert_int_eq(in->ops->ioctl(in, FIONREAD, (uintptr_t)&bytes), 0);
    return bytes;
}

START_TEST(nothing_is_taken_that_is_not_read)
{
    struct file *in, *out;

    start(0, _i);
    in = stream(0);
    out = stream(1);
    in->flags |= O_NONBLOCK;
    ck_assert_int_eq(read_bytes(in, &(char[8]){0}, 8), -EAGAIN);
    ck_assert_uint_eq(readable_bytes(in), 0);
    host.in[LVMM_PORT_STDIN] = (const uint8_t *)"abcdefgh";
    host.in_size[LVMM_PORT_STDIN] = 8;
    serve(&fake); /* it is told, and takes nothing */
    ck_assert_uint_eq(host.in_size[LVMM_PORT_STDIN], 8);
    ck_assert_uint_eq(readable_bytes(in), 8);
    reads(in, 3, "abc");
    ck_assert_uint_eq(host.in_size[LVMM_PORT_STDIN], 5);
    ck_assert_uint_eq(readable_bytes(in), 5);
    reads(in, 100, "defgh");
    ck_assert_int_eq(read_bytes(in, &(char[8]){0}, 8), -EAGAIN);
    host.end[LVMM_PORT_STDIN] = true;
    serve(&fake);
    reads(in, 100, "");
    ck_assert_uint_eq(readable_bytes(in), 0);
    ck_assert_int_eq(out->ops->ioctl(out, FIONREAD, 0), -ENOTTY);
    ck_assert_int_eq(in->ops->ioctl(in, TCGETS, 0), -ENOTTY);
}
END_TEST

START_TEST(an_error_of_the_host_is_the_write_s)
{
    struct file *out;

    start(0, _i);
    out = stream(1);
    ck_assert_int_eq(write_text(out, "fine"), 4);
    host.failed = ENOSPC;
    ck_assert_int_eq(write_text(out, "lost"), -ENOSPC);
    ck_assert_int_eq(write_text(out, "lost"), -ENOSPC);
    host.failed = 0xffffffff; /* no errno */
    ck_assert_int_eq(write_text(out, "lost"), -EIO);
    host.failed = 0;
    ck_assert_int_eq(write_text(out, "fine"), 4); /* there is room again */
    came_out(LVMM_PORT_STDOUT, "finefine");
    ck_assert_uint_eq(signals[13], 0);
    host.failed = EPIPE;
    ck_assert_int_eq(write_text(out, "lost"), -EPIPE);
    ck_assert_uint_eq(signals[13], 1);
}
END_TEST

static uint32_t handled;

static void count_record(uint32_t type, const void *payload, size_t size)
{
    ck_assert_uint_le(size, RECORD_KEPT_BYTES);
    ck_assert_mem_eq(payload, "abc", size < 3 ? size : 3);
    handled += type;
}

/* Records in pieces, one longer than any that is known, and one without a payload. */
START_TEST(records_of_the_host)
{
    static uint8_t bytes[3 * 8 + 3 + 1000];
    struct record_reader reader = {.handle = count_record};
    const struct lvmm_record headers[] = {{1, 3}, {10, 1000}, {100, 0}};
    size_t at = 0;

    for (unsigned i = 0; i < 3; i++) {
        memcpy(bytes + at, &headers[i], 8);
        memcpy(bytes + at + 8, "abc", headers[i].size != 0 ? 3 : 0);
        at += 8 + headers[i].size;
    }
    handled = 0;
    for (size_t i = 0, n; i < at; i += n) {
        n = at - i < (size_t)_i + 1 ? at - i : (size_t)_i + 1;
        record_feed(&reader, bytes + i, n);
    }
    ck_assert_uint_eq(handled, 111);
    ck_assert_uint_eq(reader.have, 0);
}
END_TEST

static uint32_t wanted, traces;

static void on_trace(uint32_t now_wanted)
{
    wanted = now_wanted;
    traces++;
}

/* A record rings without an interrupt and before anybody has listened; who polls has it, and the next one rings again.
 * With the bell held it rings from then on, until a record lets go of it. */
START_TEST(the_bell)
{
    struct lvmm_trace trace = {.wanted = LVMM_TRACE_AT_ONCE};
    unsigned interrupts;

    wanted = traces = 0;
    console_on_trace(on_trace);
    start(0, _i);
    ck_assert(!console_bell_rings());
    interrupts = fake.interrupts_taken;
    for (unsigned i = 1; i <= 3; i++) {
        tell(LVMM_RECORD_TRACE, &trace, sizeof(trace));
        ck_assert(console_bell_rings());
        ck_assert_uint_eq(traces, i - 1);
        console_poll();
        ck_assert(!console_bell_rings());
        ck_assert_uint_eq(traces, i);
        ck_assert_uint_eq(wanted, LVMM_TRACE_AT_ONCE);
    }
    ck_assert_uint_eq(fake.interrupts_taken, interrupts);
    console_bell_hold(true);
    tell(LVMM_RECORD_TRACE, &trace, 2); /* too short to be one */
    console_poll();
    ck_assert_uint_eq(traces, 3);
    ck_assert(console_bell_rings());
    console_bell_hold(false);
    tell(LVMM_RECORD_TRACE, &trace, sizeof(trace));
    console_poll();
    ck_assert(!console_bell_rings());
    console_reach();
    tell(LVMM_RECORD_TRACE, &trace, sizeof(trace));
    ck_assert_uint_eq(traces, 5); /* by its interrupt */
}
END_TEST

START_TEST(control_records)
{
    static uint8_t payload[5000];
    struct lvmm_record record;

    start(0, _i);
    console_control_send(LVMM_RECORD_EXIT, "12345678", 8);
    ck_assert_uint_eq(host.out_size[LVMM_PORT_CONTROL], sizeof(record) + 8);
    memcpy(&record, host.out[LVMM_PORT_CONTROL], sizeof(record));
    ck_assert_uint_eq(record.type, LVMM_RECORD_EXIT);
    ck_assert_uint_eq(record.size, 8);
    ck_assert_mem_eq(host.out[LVMM_PORT_CONTROL] + sizeof(record), "12345678", 8);
    console_control_send(LVMM_RECORD_FAIL, payload, sizeof(payload)); /* cut to what a record may have */
    memcpy(&record, host.out[LVMM_PORT_CONTROL] + sizeof(record) + 8, sizeof(record));
    ck_assert_uint_eq(record.size, LVMM_RECORD_MAX);
}
END_TEST

/* As sys/trace.c does it. */
static bool send_before_sleep(void)
{
    fake_before_sleep = NULL;
    console_control_send(LVMM_RECORD_SYSCALLS, "12345678", 8);
    return true;
}

/* When the record has been taken, a message that stdin has ended is all that comes. */
static void serve_then_end(struct fake *device)
{
    if (host.out_size[LVMM_PORT_CONTROL] == 0)
        serve(device);
    else if (host.owed_count == 0)
        close_port(LVMM_PORT_STDIN);
}

START_TEST(a_record_that_is_sent_before_a_sleep)
{
    uint8_t byte;

    start(0, 0);
    ck_assert_int_eq(console_listen(), 0);
    fake.on_idle = serve_then_end;
    fake_before_sleep = send_before_sleep;
    ck_assert_int_eq(read_bytes(stream(0), &byte, 1), 0);
}
END_TEST

START_TEST(a_device_without_ports_has_no_streams)
{
    struct file *file;

    fake_init(0);
    ck_assert_int_eq(virtio_console_create(&fake.dev, 0, &console_tty_terminal), 0);
    ck_assert_int_eq(stream_open(1, &file), -ENODEV);
    ck_assert_int_eq(console_tty_init(0, 0), -ENODEV);
    ck_assert_int_eq(console_tty_open(&file), -ENODEV);
    console_control_send(LVMM_RECORD_EXIT, "12345678", 8);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("console");
    TCase *tcase = tcase_create("console");

    tcase_add_loop_test(tcase, only_the_queues_that_are_used, 0, 3);
    tcase_add_loop_test(tcase, writes_go_out_whole_and_in_order, 0, 4);
    tcase_add_loop_test(tcase, a_reader_that_is_gone, 0, 4);
    tcase_add_test(tcase, a_signal_cuts_a_write_short_and_loses_nothing);
    tcase_add_loop_test(tcase, the_end_waits_for_what_counts_as_written, 0, 2);
    tcase_add_loop_test(tcase, a_read_takes_what_it_asks_for, 0, 4);
    tcase_add_loop_test(tcase, the_end_comes_after_the_data, 0, 4);
    tcase_add_test(tcase, an_interrupted_read_keeps_its_data);
    tcase_add_loop_test(tcase, a_long_read, 0, 4);
    tcase_add_test(tcase, polling_streams);
    tcase_add_loop_test(tcase, nothing_is_taken_that_is_not_read, 0, 4);
    tcase_add_loop_test(tcase, an_error_of_the_host_is_the_write_s, 0, 4);
    tcase_add_loop_test(tcase, records_of_the_host, 0, 24);
    tcase_add_loop_test(tcase, the_bell, 0, 4);
    tcase_add_loop_test(tcase, control_records, 0, 4);
    tcase_add_test(tcase, a_record_that_is_sent_before_a_sleep);
    tcase_add_test(tcase, a_device_without_ports_has_no_streams);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
