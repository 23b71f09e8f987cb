/* SPDX-License-Identifier: Apache-2.0 */
/* console_setup.h - a console device, prompt or slow, ours or QEMU's kind, and what its drivers need of the kernel. */
#ifndef TESTS_UNIT_GUEST_KERNEL_DRV_CONSOLE_SETUP_H
#define TESTS_UNIT_GUEST_KERNEL_DRV_CONSOLE_SETUP_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/termios.h"
#include "core/clock.h"
#include "core/terminal.h"
#include "drv/console_tty.h"
#include "drv/drv.h"
#include "drv/internal.h"
#include "drv/record.h"
#include "drv/stream.h"
#include "drv/tty_file.h"
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

void drv_signal(int signal)
{
    signals[signal]++;
}

void terminal_signal(const struct terminal *terminal, int signal)
{
    (void)terminal;
    signals[signal]++;
}

void terminal_hang_up(struct terminal *terminal)
{
    (void)terminal;
    signals[1]++;
    signals[18]++;
}

static int background; /* what the caller hears who isn't in the foreground, or 0: it is */
static int asked_for;  /* the signal that was asked about last */

int terminal_check(const struct terminal *terminal, int signal)
{
    (void)terminal;
    asked_for = signal;
    return background;
}

static int foreground;

int terminal_foreground_get(const struct terminal *terminal, bool by_master, int *number)
{
    (void)terminal;
    (void)by_master;
    *number = foreground;
    return 0;
}

int terminal_foreground_set(struct terminal *terminal, int number)
{
    (void)terminal;
    foreground = number;
    return number < 0 ? -EINVAL : 0;
}

int terminal_session_get(const struct terminal *terminal, bool by_master, int *number)
{
    (void)terminal;
    (void)by_master;
    *number = 2;
    return 0;
}

void terminal_give(struct terminal *terminal, struct process *leader)
{
    (void)terminal;
    (void)leader;
}

void terminal_opened(struct terminal *terminal, bool readable)
{
    (void)terminal;
    (void)readable;
}

int terminal_take(struct terminal *terminal, bool steal, bool readable)
{
    (void)terminal;
    (void)steal;
    (void)readable;
    return 0;
}

int terminal_let_go(struct terminal *terminal)
{
    (void)terminal;
    return 0;
}

static bool is_ending;

bool drv_is_ending(void)
{
    return is_ending;
}

void drv_inode_init(struct inode *inode, uint64_t number, uint32_t mode, uint64_t rdev)
{
    inode->number = number;
    inode->mode = mode;
    inode->rdev = rdev;
}

void inode_init(struct inode *inode, struct filesystem *fs, const struct inode_ops *ops, uint64_t number, uint32_t mode)
{
    *inode = (struct inode){.ops = ops, .fs = fs, .number = number, .mode = mode, .links = 1, .refs = 1};
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

static inline int64_t iter_move(struct iter *iter, void *kernel, size_t size, bool drain)
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

static inline uint16_t rx_queue(unsigned port)
{
    return (uint16_t)(port != 0 ? 2 * port + 2 : 0);
}

static inline void messages_send(void)
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

static inline void owe(unsigned port, unsigned event, unsigned value)
{
    host.owed[host.owed_count++] = (struct message){.id = port, .event = (uint16_t)event, .value = (uint16_t)value};
}

static inline void close_port(unsigned port)
{
    owe(port, PORT_OPEN, 0);
    messages_send();
}

static inline void control_take(void)
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

static inline void tell(uint32_t type, const void *payload, uint32_t size)
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

static inline void tell_ready(void)
{
    const struct lvmm_ready ready = {.port = LVMM_PORT_STDIN,
                                     .events = (host.in_size[LVMM_PORT_STDIN] != 0 ? POLLIN : 0u) |
                                               (host.end[LVMM_PORT_STDIN] ? POLLHUP : 0u),
                                     .bytes = (uint32_t)host.in_size[LVMM_PORT_STDIN]};

    host.polled = ready.events == 0;
    tell(LVMM_RECORD_READY, &ready, sizeof(ready));
}

/* The last record on the control port. */
static inline void record_take(const uint8_t *record)
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

static inline void output_take(unsigned port)
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

static inline void input_give(unsigned port)
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

static inline void serve(struct fake *device)
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

static inline void serve_now(struct fake *device, uint16_t queue)
{
    (void)queue;
    serve(device);
}

/* mode: bit 0: answers at once; bit 1: drops messages, as QEMU. */
static inline void start(uint32_t tty_mask, int mode)
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
    ck_assert_int_eq(virtio_console_create(&fake.dev, tty_mask, &console_tty_terminal), 0);
    if (tty_mask != 0)
        ck_assert_int_eq(console_tty_init(0, 0), 0);
}

static inline int64_t write_bytes(struct file *file, const void *bytes, size_t size)
{
    struct iter_segment segment = {(uintptr_t)bytes, size};
    struct iter iter = {.segment = &segment, .count = 1, .left = size};

    return file->ops->write(file, &iter, NULL);
}

static inline int64_t write_text(struct file *file, const char *text)
{
    return write_bytes(file, text, strlen(text));
}

static inline int64_t read_bytes(struct file *file, void *bytes, size_t size)
{
    struct iter_segment segment = {(uintptr_t)bytes, size};
    struct iter iter = {.segment = &segment, .count = 1, .left = size};

    return file->ops->read(file, &iter, NULL);
}

static inline void reads(struct file *file, size_t size, const char *expected)
{
    char got[256];
    int64_t n = read_bytes(file, got, size);

    ck_assert_int_eq(n, (int64_t)strlen(expected));
    ck_assert_mem_eq(got, expected, (size_t)n);
}

static inline void came_out(unsigned port, const char *expected)
{
    ck_assert_uint_eq(host.out_size[port], strlen(expected));
    ck_assert_mem_eq(host.out[port], expected, host.out_size[port]);
    host.out_size[port] = 0;
}

static inline struct file *stream(unsigned n)
{
    struct file *file = NULL;

    ck_assert_int_eq(stream_open(n, &file), 0);
    return file;
}

#endif
