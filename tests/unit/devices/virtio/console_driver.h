/* SPDX-License-Identifier: Apache-2.0 */
/* console_driver.h - the driver's side of a virtio console with two ports, of which port 1 is under test. */
#ifndef LVMM_TESTS_CONSOLE_DRIVER_H
#define LVMM_TESTS_CONSOLE_DRIVER_H

#include <signal.h>

#include "tests/unit/devices/virtio/driver.h"

#define F_MULTIPORT 2u

enum { CONTROL_RX = 2, CONTROL_TX = 3 };
enum { DEVICE_READY = 0, PORT_ADD = 1, PORT_READY = 3, CONSOLE_PORT = 4, PORT_OPEN = 6, PORT_NAME = 7 };

/* Where the buffers are. */
#define CONTROL_BUFFER(n) (DATA_GPA + (n) * 64u)
#define CONTROL_OUT (DATA_GPA + 0x2000u)
#define RX_BUFFER(n) (DATA_GPA + 0x10000u + (n) * 0x1000u)
#define TX_BUFFER (DATA_GPA + 0x80000u)

struct control {
    uint32_t id;
    uint16_t event, value;
};

static struct driver d;
static struct ring control_rx, control_tx, rx, tx; /* rx and tx of port 1, if it is set up */

static inline void post_control(void)
{
    uint16_t at = control_rx.avail % control_rx.size;

    ring_add(&d, &control_rx, at, CONTROL_BUFFER(at), 64, true);
    ring_kick(&d, &control_rx);
}

/* Two ports: 0 unconnected, 1 under test. A driver that listens has a buffer for control messages from the start. */
static inline void start_as(const struct virtio_console_port *port, bool listens)
{
    const struct virtio_console_port ports[2] = {{.name = "tty", .is_console = true, .in_fd = -1, .out_fd = -1}, *port};
    const struct virtio_console_args args = {.ports = ports, .count = 2, .rows = 24, .columns = 80};

    signal(SIGPIPE, SIG_IGN);
    driver_init(&d);
    ck_assert_int_eq(device_virtio_console.create(&d.env, &args, &d.dev), 0);
    driver_features(&d, F_VERSION_1 | F_EVENT_IDX | F_MULTIPORT);
    control_rx = driver_ring(&d, CONTROL_RX, 16);
    control_tx = driver_ring(&d, CONTROL_TX, 16);
    rx = driver_ring(&d, 4, 16);
    tx = driver_ring(&d, 5, 16);
    driver_ok(&d);
    if (listens)
        post_control();
}

static inline void start(const struct virtio_console_port *port)
{
    start_as(port, true);
}

/* Posts one more control buffer than there are messages to come, and takes the next message. */
static inline bool next_control(struct control *control, char *name)
{
    uint32_t id;
    int64_t len;

    post_control();
    len = ring_take(&d, &control_rx, &id);
    if (len < 8)
        return false;
    mem_read(&d.mem, CONTROL_BUFFER(id), control, 8);
    if (name != NULL) {
        mem_read(&d.mem, CONTROL_BUFFER(id) + 8, name, (size_t)len - 8);
        name[len - 8] = 0;
    }
    return true;
}

static inline void expect_control(uint32_t id, uint16_t event, uint16_t value)
{
    struct control control;

    ck_assert(next_control(&control, NULL));
    ck_assert_uint_eq(control.id, id);
    ck_assert_uint_eq(control.event, event);
    ck_assert_uint_eq(control.value, value);
}

static inline void say(uint32_t id, uint16_t event, uint16_t value)
{
    struct control control = {id, event, value};

    mem_write(&d.mem, CONTROL_OUT, &control, sizeof(control));
    ring_add(&d, &control_tx, 0, CONTROL_OUT, sizeof(control), false);
    ring_kick(&d, &control_tx);
    ck_assert_int_eq(ring_take(&d, &control_tx, NULL), 0);
}

/* Port 1 is told of, open, and its messages are taken. */
static inline void open_port(const char *expect_name)
{
    struct control control;
    char name[64];

    say(1, PORT_READY, 1);
    if (expect_name != NULL) {
        ck_assert(next_control(&control, name));
        ck_assert_uint_eq(control.event, PORT_NAME);
        ck_assert_str_eq(name, expect_name);
    }
    expect_control(1, PORT_OPEN, 1);
}

static inline void post_rx(unsigned n, uint32_t size)
{
    ring_add(&d, &rx, (uint16_t)(n % 16), RX_BUFFER(n % 16), size, true);
    ring_kick(&d, &rx);
}

static inline void send_tx(uint32_t size)
{
    ring_add(&d, &tx, 0, TX_BUFFER, size, false);
    ring_kick(&d, &tx);
}

/* Takes `total` bytes out of a stream. */
static inline size_t drain(int fd, size_t total)
{
    char bytes[4096];
    size_t done = 0;

    while (done < total) {
        ssize_t n = read(fd, bytes, sizeof(bytes));

        ck_assert_int_gt(n, 0);
        done += (size_t)n;
    }
    return done;
}

#endif
