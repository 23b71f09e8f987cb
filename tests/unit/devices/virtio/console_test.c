/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/virtio/console*.c
// sources: devices/hoststream.c devices/virtio/iov.c vmm/escape.c
// sources: devices/virtio/mmio.c devices/virtio/queue.c vmm/kvm/mem.c vmm/loop.c vmm/process.c vmm/kvm/irq.c vmm/log.c
/* console_test.c - ports on pipes and files: control messages, end of input, a reader that is slow or gone. */
#include <errno.h>
#include <limits.h>
#include <pty.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <termios.h>

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

static uint8_t sunk[65536];
static unsigned sunk_size;
static char escapes[16];
static unsigned escape_count;

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

static void on_escape(void *owner, uint8_t next)
{
    (void)owner;
    escapes[escape_count] = (char)next;
    __atomic_add_fetch(&escape_count, 1, __ATOMIC_RELEASE);
}

static void post_control(void)
{
    uint16_t at = control_rx.avail % control_rx.size;

    ring_add(&d, &control_rx, at, CONTROL_BUFFER(at), 64, true);
    ring_kick(&d, &control_rx);
}

/* Two ports: 0 unconnected, 1 under test. A driver that listens has a buffer for control messages from the start. */
static void start_as(const struct virtio_console_port *port, bool listens)
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

static void start(const struct virtio_console_port *port)
{
    start_as(port, true);
}

/* Posts one more control buffer than there are messages to come, and takes the next message. */
static bool next_control(struct control *control, char *name)
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

static void expect_control(uint32_t id, uint16_t event, uint16_t value)
{
    struct control control;

    ck_assert(next_control(&control, NULL));
    ck_assert_uint_eq(control.id, id);
    ck_assert_uint_eq(control.event, event);
    ck_assert_uint_eq(control.value, value);
}

static void say(uint32_t id, uint16_t event, uint16_t value)
{
    struct control control = {id, event, value};

    mem_write(&d.mem, CONTROL_OUT, &control, sizeof(control));
    ring_add(&d, &control_tx, 0, CONTROL_OUT, sizeof(control), false);
    ring_kick(&d, &control_tx);
    ck_assert_int_eq(ring_take(&d, &control_tx, NULL), 0);
}

/* Port 1 is told of, open, and its messages are taken. */
static void open_port(const char *expect_name)
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

static void post_rx(unsigned n, uint32_t size)
{
    ring_add(&d, &rx, (uint16_t)(n % 16), RX_BUFFER(n % 16), size, true);
    ring_kick(&d, &rx);
}

static void send_tx(uint32_t size)
{
    ring_add(&d, &tx, 0, TX_BUFFER, size, false);
    ring_kick(&d, &tx);
}

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

static size_t drain(int fd, size_t total)
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

static const char *to_tell;

static size_t next_to_tell(void *owner, uint8_t *bytes)
{
    size_t size = to_tell != NULL ? strlen(to_tell) : 0;

    (void)owner;
    if (size > 0)
        memcpy(bytes, to_tell, size);
    to_tell = NULL;
    return size;
}

/* What the host has to say goes into buffers as they come, cut where they end. */
START_TEST(source_of_the_host)
{
    start(&(struct virtio_console_port){
        .in_fd = -1, .out_fd = -1, .sink = on_sink, .source = next_to_tell, .owner = &sunk});
    to_tell = "hello";
    post_rx(0, 3);
    ck_assert_int_eq(ring_take(&d, &rx, NULL), 3);
    post_rx(1, 100);
    ck_assert_int_eq(ring_take(&d, &rx, NULL), 2);
    ck_assert_mem_eq(mem_at(&d.mem, RX_BUFFER(1), 2), "lo", 2);
    post_rx(2, 100);
    ck_assert_int_eq(ring_take(&d, &rx, NULL), -1);
    to_tell = "answer"; /* the sink got a question */
    send_tx(10);
    ck_assert_int_eq(ring_take(&d, &rx, NULL), 6);
    post_rx(3, 100);
    to_tell = "news";
    virtio_console_wake(d.dev, 1);
    ck_assert_int_eq(ring_take(&d, &rx, NULL), 4);
    driver_fini(&d);
}
END_TEST

START_TEST(input_from_a_pipe)
{
    int fds[2], left;

    ck_assert_int_eq(pipe(fds), 0);
    start(&(struct virtio_console_port){.in_fd = fds[0], .out_fd = -1});
    driver_start_loop(&d);
    open_port(NULL);
    ck_assert_int_eq(write(fds[1], "hello", 5), 5);
    post_rx(0, 3);
    ck_assert_int_eq(ring_take(&d, &rx, NULL), 3);
    ck_assert_int_eq(ioctl(fds[0], FIONREAD, &left), 0); /* the rest is still the next reader's */
    ck_assert_int_eq(left, 2);
    post_rx(1, 100);
    ck_assert_int_eq(ring_take(&d, &rx, NULL), 2);
    ck_assert_mem_eq(mem_at(&d.mem, RX_BUFFER(0), 3), "hel", 3);
    ck_assert_mem_eq(mem_at(&d.mem, RX_BUFFER(1), 2), "lo", 2);

    post_rx(2, 100); /* waits */
    ck_assert_int_eq(ring_take(&d, &rx, NULL), -1);
    ck_assert_int_eq(write(fds[1], "later", 5), 5);
    ck_assert_int_eq(ring_wait(&d, &rx, NULL), 5);

    /* Without a buffer nothing is taken out of the pipe. */
    ck_assert_int_eq(write(fds[1], "stay", 4), 4);
    usleep(20000);
    ck_assert_int_eq(drain(fds[0], 4), 4);

    /* The end comes after the data, however late the guest is. */
    ck_assert_int_eq(write(fds[1], "end", 3), 3);
    close(fds[1]);
    post_rx(3, 100);
    ck_assert_int_eq(ring_wait(&d, &rx, NULL), 3);
    post_rx(4, 100);
    usleep(20000);
    ck_assert_int_eq(ring_take(&d, &rx, NULL), -1);
    expect_control(1, PORT_OPEN, 0);
    driver_stop_loop(&d);
    driver_fini(&d);
    close(fds[0]);
}
END_TEST

START_TEST(input_from_a_file)
{
    char text[3000];
    int fd = memfd_create("in", 0);
    int64_t sum = 0;

    memset(text, 't', sizeof(text));
    ck_assert_int_eq(write(fd, text, sizeof(text)), sizeof(text));
    lseek(fd, 0, SEEK_SET);
    start(&(struct virtio_console_port){.in_fd = fd, .out_fd = -1});
    /* Before the guest has opened the port, and without control buffers: nothing is lost. */
    for (unsigned i = 0; i < 4; i++)
        post_rx(i, 1000);
    for (unsigned i = 0; i < 3; i++)
        sum += ring_take(&d, &rx, NULL);
    ck_assert_int_eq(sum, 3000);
    ck_assert_int_eq(ring_take(&d, &rx, NULL), -1);
    open_port(NULL);
    expect_control(1, PORT_OPEN, 0);
    driver_fini(&d);
    close(fd);
}
END_TEST

START_TEST(input_from_dev_null)
{
    int fd = open("/dev/null", O_RDWR);

    start(&(struct virtio_console_port){.in_fd = fd, .out_fd = fd});
    open_port(NULL);
    post_rx(0, 100);
    ck_assert_int_eq(ring_take(&d, &rx, NULL), -1);
    expect_control(1, PORT_OPEN, 0);
    send_tx(100000);
    ck_assert_int_eq(ring_take(&d, &tx, NULL), 0);
    driver_fini(&d);
    close(fd);
}
END_TEST

START_TEST(endless_input)
{
    int fd = open("/dev/zero", O_RDONLY);

    start(&(struct virtio_console_port){.in_fd = fd, .out_fd = -1});
    for (unsigned i = 0; i < 200; i++) {
        post_rx(i, 4096);
        ck_assert_int_eq(ring_take(&d, &rx, NULL), 4096);
    }
    driver_fini(&d);
    close(fd);
}
END_TEST

START_TEST(escape_byte)
{
    char text[] = "a\1b\1\1c\1x\1";
    int fds[2];

    ck_assert_int_eq(pipe(fds), 0);
    start(&(struct virtio_console_port){.in_fd = fds[0], .out_fd = -1, .escape = 1, .on_escape = on_escape});
    ck_assert_int_eq(write(fds[1], text, 9), 9);
    driver_start_loop(&d);
    /* It works without a buffer of the guest. */
    for (unsigned i = 0; i < 5000 && __atomic_load_n(&escape_count, __ATOMIC_ACQUIRE) < 2; i++)
        usleep(1000);
    ck_assert_mem_eq(escapes, "bx", 2);
    post_rx(0, 100);
    ck_assert_int_eq(ring_wait(&d, &rx, NULL), 3);
    ck_assert_mem_eq(mem_at(&d.mem, RX_BUFFER(0), 3), "a\1c", 3);
    post_rx(1, 100);
    ck_assert_int_eq(write(fds[1], "\1d", 2), 2); /* the second of two, and an ordinary one */
    ck_assert_int_eq(ring_wait(&d, &rx, NULL), 2);
    ck_assert_mem_eq(mem_at(&d.mem, RX_BUFFER(1), 2), "\1d", 2);
    driver_stop_loop(&d);
    driver_fini(&d);
    close(fds[0]);
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
    tcase_add_test(tc, sink_gets_all_bytes_in_order);
    tcase_add_test(tc, a_sink_that_is_over);
    tcase_add_test(tc, much_output_in_one_chain);
    tcase_add_test(tc, a_ring_that_never_becomes_empty);
    tcase_add_loop_test(tc, a_ring_that_is_kept_full, 0, 2);
    tcase_add_test(tc, output_to_a_file);
    tcase_add_test(tc, output_to_a_full_disk);
    tcase_add_test(tc, source_of_the_host);
    tcase_add_loop_test(tc, output_to_a_slow_reader, 0, 2);
    tcase_add_test(tc, reader_is_gone);
    tcase_add_test(tc, a_driver_that_listens_late);
    tcase_add_test(tc, reader_goes_while_the_guest_waits);
    tcase_add_test(tc, input_from_a_pipe);
    tcase_add_test(tc, input_from_a_file);
    tcase_add_test(tc, input_from_dev_null);
    tcase_add_test(tc, endless_input);
    tcase_add_test(tc, escape_byte);
    tcase_add_test(tc, terminal);
    tcase_add_test(tc, answers_that_nobody_takes);
    tcase_add_test(tc, reset_while_output_waits);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
