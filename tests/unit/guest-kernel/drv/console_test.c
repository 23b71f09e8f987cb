/* SPDX-License-Identifier: Apache-2.0 */
/* console_test.c - ports, streams and the terminal against a console device, prompt and slow, ours and QEMU's kind. */
// sources: guest-kernel/drv/virtio_console.c guest-kernel/drv/record.c guest-kernel/drv/stream.c guest-kernel/drv/tty.c
// sources: guest-kernel/drv/tty_ioctl.c guest-kernel/drv/ldisc.c guest-kernel/drv/ldisc_echo.c
// sources: guest-kernel/drv/virtqueue.c guest-kernel/drv/virtio.c tests/unit/guest-kernel/drv/fake.c
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/termios.h"
#include "core/clock.h"
#include "drv/drv.h"
#include "drv/internal.h"
#include "drv/record.h"
#include "drv/stream.h"
#include "drv/tty.h"
#include "fake.h"
#include "mm/usercopy.h"

#define F_SIZE 1u
#define F_MULTIPORT 2u

enum { DEVICE_READY = 0, PORT_ADD = 1, PORT_READY = 3, RESIZE = 5, PORT_OPEN = 6, PORT_NAME = 7 };

struct message {
    uint32_t id;
    uint16_t event, value;
    uint16_t columns, rows;
};

static struct { /* the device's side */
    uint8_t out[LVMM_PORT_COUNT][256 * 1024];
    size_t out_size[LVMM_PORT_COUNT];
    const uint8_t *in[LVMM_PORT_COUNT];
    size_t in_size[LVMM_PORT_COUNT], in_most; /* in_most: bytes given at a time */
    bool end[LVMM_PORT_COUNT], gone[LVMM_PORT_COUNT], opened[LVMM_PORT_COUNT], drops_messages;
    struct message owed[64];
    unsigned owed_count, requests;
    bool stuck; /* takes no output */
    bool polled;
    uint32_t wanted; /* of stdin, where the device isn't ours: as LVMM_RECORD_READ has it */
    uint32_t failed; /* the error of all that is written to stdout */
} host;

static unsigned signals[65];
static uint64_t now_ns;

/* ---- kernel services ---- */

static bool is_ending;

bool drv_is_ending(void)
{
    return is_ending;
}

void drv_signal(int signal)
{
    signals[signal]++;
}

void drv_inode_init(struct inode *inode, uint64_t number, uint32_t mode, uint64_t rdev)
{
    inode->number = number;
    inode->mode = mode;
    inode->rdev = rdev;
}

int file_new(struct inode *inode, const struct file_ops *ops, uint32_t flags, void *owner, struct file **out)
{
    static struct file files[16];
    static unsigned used;
    struct file *file = &files[used++ % 16];

    *file = (struct file){.inode = inode, .ops = ops, .flags = flags, .owner = owner};
    *out = file;
    return 0;
}

static int64_t iter_move(struct iter *iter, void *kernel, size_t size, bool drain)
{
    uint8_t *user = (uint8_t *)(uintptr_t)iter->segment[0].base + iter->offset;

    if (size > iter->left)
        size = iter->left;
    memcpy(drain ? kernel : user, drain ? user : kernel, size);
    iter->offset += size;
    iter->left -= size;
    return (int64_t)size;
}

int64_t iter_drain(struct iter *iter, void *dst, size_t size)
{
    return iter_move(iter, dst, size, true);
}

int64_t iter_fill(struct iter *iter, const void *src, size_t size)
{
    return iter_move(iter, (void *)(uintptr_t)src, size, false);
}

int copy_from_user(void *dst, uaddr_t src, size_t size)
{
    if (src == 0)
        return -EFAULT;
    memcpy(dst, (void *)(uintptr_t)src, size);
    return 0;
}

int copy_to_user(uaddr_t dst, const void *src, size_t size)
{
    if (dst == 0)
        return -EFAULT;
    memcpy((void *)(uintptr_t)dst, src, size);
    return 0;
}

uint64_t clock_monotonic_ns(void)
{
    return now_ns;
}

/* ---- the device ---- */

static uint16_t rx_queue(unsigned port)
{
    return (uint16_t)(port != 0 ? 2 * port + 2 : 0);
}

static void messages_send(void)
{
    struct fake_buffer b;

    while (host.owed_count != 0 && fake_take(2, &b)) {
        fake_copy_in(&b, &host.owed[0], sizeof(host.owed[0]));
        fake_use(2, b.head, host.owed[0].event == RESIZE ? 12 : 8);
        memmove(host.owed, host.owed + 1, --host.owed_count * sizeof(host.owed[0]));
    }
    if (host.drops_messages)
        host.owed_count = 0;
    fake_interrupt(2);
}

static void owe(unsigned port, unsigned event, unsigned value)
{
    host.owed[host.owed_count++] = (struct message){.id = port, .event = (uint16_t)event, .value = (uint16_t)value};
}

static void close_port(unsigned port)
{
    owe(port, PORT_OPEN, 0);
    messages_send();
}

static void control_take(void)
{
    struct fake_buffer b;
    unsigned i;

    while (fake_take(3, &b)) {
        struct message message;

        ck_assert_uint_eq(fake_copy_out(&b, &message, 8), 8);
        for (i = 0; message.event == DEVICE_READY && i < LVMM_PORT_COUNT; i++)
            owe(i, PORT_ADD, 1);
        if (message.event == PORT_READY) {
            owe(message.id, PORT_NAME, 1);
            owe(message.id, PORT_OPEN, 1);
        }
        if (message.event == PORT_OPEN)
            host.opened[message.id] = message.value;
        fake_use(3, b.head, 0);
    }
    fake_interrupt(3);
    messages_send();
}

static void tell(uint32_t type, const void *payload, uint32_t size)
{
    const struct lvmm_record header = {.type = type, .size = size};
    struct fake_buffer b;
    uint8_t bytes[64];

    if (!fake_take(rx_queue(LVMM_PORT_CONTROL), &b))
        return;
    memcpy(bytes, &header, sizeof(header));
    memcpy(bytes + sizeof(header), payload, size);
    fake_copy_in(&b, bytes, sizeof(header) + size);
    fake_use(rx_queue(LVMM_PORT_CONTROL), b.head, (uint32_t)sizeof(header) + size);
    fake_interrupt(rx_queue(LVMM_PORT_CONTROL));
}

static void tell_ready(void)
{
    const struct lvmm_ready ready = {.port = LVMM_PORT_STDIN,
                                     .events = (host.in_size[LVMM_PORT_STDIN] != 0 ? POLLIN : 0u) |
                                               (host.end[LVMM_PORT_STDIN] ? POLLHUP : 0u),
                                     .bytes = (uint32_t)host.in_size[LVMM_PORT_STDIN]};

    host.polled = ready.events == 0;
    tell(LVMM_RECORD_READY, &ready, sizeof(ready));
}

/* The last record on the control port. */
static void record_take(const uint8_t *record)
{
    struct lvmm_record header;
    struct lvmm_read read;

    memcpy(&header, record, sizeof(header));
    memcpy(&read, record + sizeof(header), header.size < sizeof(read) ? header.size : sizeof(read));
    if (header.type == LVMM_RECORD_READ) {
        ck_assert_uint_eq(read.port, LVMM_PORT_STDIN);
        ck_assert_uint_le(read.bytes, LVMM_READ_MAX);
        host.wanted = read.bytes;
    }
    if (header.type == LVMM_RECORD_POLL)
        tell_ready();
}

static void output_take(unsigned port)
{
    struct fake_buffer b;

    while (!host.stuck && fake_take(rx_queue(port) + 1, &b)) {
        size_t at = host.out_size[port];

        ck_assert_msg(host.opened[port], "the guest has not opened port %u", port);
        if (host.gone[port])
            close_port(port);
        else if (port == LVMM_PORT_STDOUT && host.failed != 0)
            tell(LVMM_RECORD_ERROR, &(struct lvmm_port_error){port, host.failed}, sizeof(struct lvmm_port_error));
        else
            host.out_size[port] += fake_copy_out(&b, host.out[port] + host.out_size[port], 1 << 17);
        if (port == LVMM_PORT_CONTROL)
            record_take(host.out[port] + at);
        fake_use(rx_queue(port) + 1, b.head, 0);
    }
    fake_interrupt(rx_queue(port) + 1);
}

static void input_give(unsigned port)
{
    bool on_demand = port == LVMM_PORT_STDIN && !fake.dev.is_ours;
    struct fake_buffer b;

    while (host.in_size[port] != 0 && (!on_demand || host.wanted != 0) && fake_take(rx_queue(port), &b)) {
        size_t most = host.in_size[port] < host.in_most ? host.in_size[port] : host.in_most;
        size_t n = fake_copy_in(&b, host.in[port], on_demand && host.wanted < most ? host.wanted : most);

        host.wanted = 0;

        host.requests++;
        host.in[port] += n;
        host.in_size[port] -= n;
        fake_use(rx_queue(port), b.head, (uint32_t)n);
    }
    if (host.end[port] && host.in_size[port] == 0 && (!on_demand || host.wanted != 0)) {
        host.end[port] = false;
        close_port(port);
    }
    fake_interrupt(rx_queue(port));
}

static void serve(struct fake *device)
{
    unsigned port;

    (void)device;
    if (fake.queue[3].size != 0)
        control_take();
    for (port = 0; port < LVMM_PORT_COUNT; port++) {
        if (fake.queue[rx_queue(port)].size != 0)
            input_give(port);
        if (fake.queue[rx_queue(port) + 1].size != 0)
            output_take(port);
    }
    messages_send();
    if (host.polled && (host.in_size[LVMM_PORT_STDIN] != 0 || host.end[LVMM_PORT_STDIN]))
        tell_ready();
}

static void serve_now(struct fake *device, uint16_t queue)
{
    (void)queue;
    serve(device);
}

/* mode: bit 0: answers at once; bit 1: drops messages, as QEMU. */
static void start(uint32_t tty_mask, int mode)
{
    fake_init(F_SIZE | F_MULTIPORT);
    memset(&host, 0, sizeof(host));
    memset(signals, 0, sizeof(signals));
    now_ns = 0;
    host.in_most = 1 << 20;
    host.drops_messages = mode & 2;
    fake.dev.is_ours = !(mode & 2);
    fake.config[0] = 24u << 16 | 80;
    fake.on_notify = mode & 1 ? serve_now : NULL;
    fake.on_idle = serve;
    ck_assert_int_eq(virtio_console_create(&fake.dev, tty_mask, &tty_terminal), 0);
    if (tty_mask != 0)
        ck_assert_int_eq(tty_init(0, 0), 0);
}

static int64_t write_bytes(struct file *file, const void *bytes, size_t size)
{
    struct iter_segment segment = {(uintptr_t)bytes, size};
    struct iter iter = {.segment = &segment, .count = 1, .left = size};

    return file->ops->write(file, &iter, NULL);
}

static int64_t write_text(struct file *file, const char *text)
{
    return write_bytes(file, text, strlen(text));
}

static int64_t read_bytes(struct file *file, void *bytes, size_t size)
{
    struct iter_segment segment = {(uintptr_t)bytes, size};
    struct iter iter = {.segment = &segment, .count = 1, .left = size};

    return file->ops->read(file, &iter, NULL);
}

static void reads(struct file *file, size_t size, const char *expected)
{
    char got[256];
    int64_t n = read_bytes(file, got, size);

    ck_assert_int_eq(n, (int64_t)strlen(expected));
    ck_assert_mem_eq(got, expected, (size_t)n);
}

static void came_out(unsigned port, const char *expected)
{
    ck_assert_uint_eq(host.out_size[port], strlen(expected));
    ck_assert_mem_eq(host.out[port], expected, host.out_size[port]);
    host.out_size[port] = 0;
}

static struct file *stream(unsigned n)
{
    struct file *file = NULL;

    ck_assert_int_eq(stream_open(n, &file), 0);
    return file;
}

/* ---- streams ---- */

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
    drv_settle();
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
    ck_assert_uint_eq(in->ops->poll(in), 0);
    ck_assert_uint_eq(out->ops->poll(out), POLLOUT | POLLWRNORM);
    host.in[LVMM_PORT_STDIN] = (const uint8_t *)"x";
    host.in_size[LVMM_PORT_STDIN] = 1;
    serve(&fake);
    ck_assert_uint_gt(fake.interrupts_taken, 0); /* a sleeping poll would be woken */
    ck_assert_uint_eq(in->ops->poll(in), POLLIN | POLLRDNORM);
    ck_assert_uint_eq(host.in_size[LVMM_PORT_STDIN], 1); /* a poll takes nothing */
    reads(in, 100, "x");
    ck_assert_uint_eq(in->ops->poll(in), 0);
    host.end[LVMM_PORT_STDIN] = true;
    ck_assert_uint_eq(in->ops->poll(in), 0);
    serve(&fake);
    ck_assert_uint_eq(in->ops->poll(in), POLLHUP);
    reads(in, 100, "");
    ck_assert_uint_eq(in->ops->poll(in), POLLHUP);
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

START_TEST(control_records)
{
    static uint8_t payload[5000];
    struct lvmm_record record;

    start(0, _i);
    drv_control_send(LVMM_RECORD_EXIT, "12345678", 8);
    ck_assert_uint_eq(host.out_size[LVMM_PORT_CONTROL], sizeof(record) + 8);
    memcpy(&record, host.out[LVMM_PORT_CONTROL], sizeof(record));
    ck_assert_uint_eq(record.type, LVMM_RECORD_EXIT);
    ck_assert_uint_eq(record.size, 8);
    ck_assert_mem_eq(host.out[LVMM_PORT_CONTROL] + sizeof(record), "12345678", 8);
    drv_control_send(LVMM_RECORD_FAIL, payload, sizeof(payload)); /* cut to what a record may have */
    memcpy(&record, host.out[LVMM_PORT_CONTROL] + sizeof(record) + 8, sizeof(record));
    ck_assert_uint_eq(record.size, LVMM_RECORD_MAX);
}
END_TEST

START_TEST(a_device_without_ports_has_no_streams)
{
    struct file *file;

    fake_init(0);
    ck_assert_int_eq(virtio_console_create(&fake.dev, 0, &tty_terminal), 0);
    ck_assert_int_eq(stream_open(1, &file), -ENODEV);
    ck_assert_int_eq(tty_init(0, 0), -ENODEV);
    ck_assert_int_eq(tty_open(&file), -ENODEV);
    drv_control_send(LVMM_RECORD_EXIT, "12345678", 8);
}
END_TEST

/* ---- the terminal ---- */

static struct file *terminal(void)
{
    struct file *file = NULL;

    ck_assert_int_eq(tty_open(&file), 0);
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

START_TEST(control_c_while_the_program_computes)
{
    start(7, _i);
    type("abc\003");
    ck_assert_uint_eq(signals[2], 1);
    came_out(LVMM_PORT_TTY, "abc^C");
    type("\034");
    ck_assert_uint_eq(signals[3], 1);
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
    ck_assert_uint_eq(tty->ops->poll(tty), 0);
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
    ck_assert_uint_eq(tty->ops->poll(tty) & POLLHUP, POLLHUP);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest-kernel/drv/console");
    TCase *streams = tcase_create("streams"), *tty = tcase_create("terminal");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(streams, only_the_queues_that_are_used, 0, 3);
    tcase_add_loop_test(streams, writes_go_out_whole_and_in_order, 0, 4);
    tcase_add_loop_test(streams, a_reader_that_is_gone, 0, 4);
    tcase_add_test(streams, a_signal_cuts_a_write_short_and_loses_nothing);
    tcase_add_loop_test(streams, the_end_waits_for_what_counts_as_written, 0, 2);
    tcase_add_loop_test(streams, a_read_takes_what_it_asks_for, 0, 4);
    tcase_add_loop_test(streams, the_end_comes_after_the_data, 0, 4);
    tcase_add_test(streams, an_interrupted_read_keeps_its_data);
    tcase_add_loop_test(streams, a_long_read, 0, 4);
    tcase_add_test(streams, polling_streams);
    tcase_add_loop_test(streams, nothing_is_taken_that_is_not_read, 0, 4);
    tcase_add_loop_test(streams, an_error_of_the_host_is_the_write_s, 0, 4);
    tcase_add_loop_test(streams, records_of_the_host, 0, 24);
    tcase_add_loop_test(streams, control_records, 0, 4);
    tcase_add_test(streams, a_device_without_ports_has_no_streams);
    tcase_add_loop_test(tty, lines_are_echoed_and_read, 0, 4);
    tcase_add_loop_test(tty, control_c_while_the_program_computes, 0, 4);
    tcase_add_loop_test(tty, a_long_output, 0, 4);
    tcase_add_loop_test(tty, a_paste_longer_than_all_buffers, 0, 4);
    tcase_add_test(tty, settings);
    tcase_add_loop_test(tty, a_new_window_size, 0, 4);
    tcase_add_loop_test(tty, a_hang_up_is_a_signal, 0, 4);
    tcase_add_test(tty, min_and_time);
    tcase_add_test(tty, stopped_output);
    tcase_add_loop_test(tty, a_terminal_that_hangs_up, 0, 4);
    suite_add_tcase(suite, streams);
    suite_add_tcase(suite, tty);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
