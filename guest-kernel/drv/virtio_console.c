/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio_console.c - the console device: which ports there are, and the control messages.
 *
 * A queue costs register accesses, so only those that will be used are set up; all before DRIVER_OK, as the
 * specification wants it. The messages that open the ports go out with one notification.
 */
#include "drv/virtio_console.h"

#include "abi/errno.h"
#include "core/log.h"
#include "drv/internal.h"
#include "drv/record.h"
#include "lib/string.h"

#define CONSOLE_F_SIZE (1ull << 0) /* section 5.3.3 */
#define CONSOLE_F_MULTIPORT (1ull << 1)
#define CONFIG_SIZE 0 /* section 5.3.4: le16 columns, le16 rows */

#define ERRNO_MAX 4095u

enum console_event { /* section 5.3.6.2 */
                     CONSOLE_DEVICE_READY = 0,
                     CONSOLE_PORT_READY = 3,
                     CONSOLE_RESIZE = 5,
                     CONSOLE_PORT_OPEN = 6,
};

struct control_header {
    uint32_t id;
    uint16_t event, value;
};

struct control_message {
    struct control_header header;
    uint16_t columns, rows; /* CONSOLE_RESIZE only */
    uint8_t rest[116];      /* room for a port's name: QEMU tells its length even where it doesn't fit */
};
#define RESIZE_BYTES 12u

/* Section 5.3.2: two queues for port 0, two for control, then two for each further port. */
enum { CONTROL_RX = 2, CONTROL_TX = 3 };

#define MESSAGES_IN 8u
#define MESSAGES_OUT (1 + 2 * LVMM_PORT_COUNT)
#define CONTROL_TX_SIZE 16u
#define RECORDS_IN 1u /* console_bell is one's first word */
#define RECORD_BYTES_IN 64u
#define DATA_SIZE 16u /* entries of a stream's queues: pages at a time */
#define SMALL_SIZE 4u /* of the terminal's and the control port's */
_Static_assert(MESSAGES_OUT <= CONTROL_TX_SIZE, "all messages of the start go out at once");

static struct {
    struct virtio_device *dev;
    struct console_port port[LVMM_PORT_COUNT];
    struct virtqueue *control_rx, *control_tx;
    const struct console_terminal *terminal; /* NULL: there is none */
    bool listening;
    struct control_message in[MESSAGES_IN];
    struct control_header out[MESSAGES_OUT];
    uint8_t record[sizeof(struct lvmm_record) + LVMM_RECORD_MAX] __attribute__((aligned(8)));
    struct record_reader reader;
    uint32_t bell_idle; /* the bell's value in a buffer that is posted */
    bool reached;       /* records interrupt */
    void (*on_trace)(uint32_t wanted);
} console;

/* Where the host's records come. */
volatile uint32_t console_bell[RECORD_BYTES_IN / sizeof(uint32_t)];

struct console_port *console_port(enum lvmm_port number)
{
    struct console_port *port = &console.port[number];

    return port->rx != NULL || port->tx != NULL ? port : NULL;
}

bool console_is_broken(void)
{
    return console.dev->broken;
}

/* ---- set-up ---- */

static int port_create(enum lvmm_port number, uint16_t rx_size, uint16_t tx_size)
{
    uint16_t rx = (uint16_t)(number == 0 ? 0 : 2 * number + 2);
    struct console_port *port = &console.port[number];
    int error = 0;

    if (rx_size != 0)
        error = virtqueue_create(console.dev, rx, rx_size, &port->rx);
    if (error == 0 && tx_size != 0)
        error = virtqueue_create(console.dev, rx + 1, tx_size, &port->tx);
    return error;
}

static int streams_create(uint32_t tty_mask)
{
    int error = port_create(LVMM_PORT_CONTROL, RECORDS_IN, SMALL_SIZE);

    if (error == 0 && !(tty_mask & 1))
        error = port_create(LVMM_PORT_STDIN, DATA_SIZE, 0);
    if (error == 0 && !(tty_mask & 2))
        error = port_create(LVMM_PORT_STDOUT, 0, DATA_SIZE);
    if (error == 0 && !(tty_mask & 4))
        error = port_create(LVMM_PORT_STDERR, 0, DATA_SIZE);
    if (error == 0)
        error = virtqueue_create(console.dev, CONTROL_RX, MESSAGES_IN, &console.control_rx);
    if (error == 0)
        error = virtqueue_create(console.dev, CONTROL_TX, CONTROL_TX_SIZE, &console.control_tx);
    return error;
}

static int queues_create(uint32_t tty_mask)
{
    int error = 0;

    if (console.terminal != NULL)
        error = port_create(LVMM_PORT_TTY, SMALL_SIZE, SMALL_SIZE);
    if (error == 0 && (console.dev->features & CONSOLE_F_MULTIPORT))
        error = streams_create(tty_mask);
    return error;
}

/* Not inline: each of its places is gone through once. */
static __attribute__((noinline)) int message_queue(struct control_header *message, unsigned id,
                                                   enum console_event event)
{
    struct virtq_chain chain;

    message->id = id;
    message->event = (uint16_t)event;
    message->value = 1;
    virtq_chain_begin(&chain, console.control_tx, NULL);
    virtq_chain_add(&chain, virt_to_phys(message), sizeof(*message), false);
    return virtq_chain_submit(&chain, message);
}

/* Says that we are there and which ports we use: a device drops the data of a port that the guest hasn't opened. */
static int ports_open(void)
{
    struct control_header *message = console.out;
    unsigned id;
    int error = message_queue(message++, 0, CONSOLE_DEVICE_READY);

    for (id = 0; id < LVMM_PORT_COUNT && error == 0; id++) {
        if (console_port(id) == NULL)
            continue;
        error = message_queue(message++, id, CONSOLE_PORT_READY);
        if (error == 0)
            error = message_queue(message++, id, CONSOLE_PORT_OPEN);
    }
    virtqueue_kick(console.control_tx);
    return error;
}

static void console_interrupt(struct virtio_device *dev, bool config_changed);
static struct virtqueue *records(void);
static void record_post(void);

int virtio_console_create(struct virtio_device *dev, uint32_t tty_mask, const struct console_terminal *terminal)
{
    int error;

    if (console.dev != NULL)
        return -EBUSY;
    error = virtio_negotiate(dev, CONSOLE_F_SIZE | CONSOLE_F_MULTIPORT);
    if (error != 0)
        return error;
    console.dev = dev;
    console.terminal = tty_mask & 7 ? terminal : NULL;
    dev->on_interrupt = console_interrupt;
    error = queues_create(tty_mask);
    if (error == 0)
        error = virtio_configure(dev);
    if (error != 0) {
        virtio_give_up(dev);
        memset(console.port, 0, sizeof(console.port));
        return error;
    }
    if (console.control_tx == NULL) {
        virtio_start(dev);
        return 0;
    }
    record_post();
    virtio_start(dev);
    error = ports_open();
    if (dev->is_ours) /* it looks for the buffer when it has something, QEMU doesn't */
        virtqueue_publish(records());
    else
        virtqueue_kick(records());
    return error;
}

bool console_size(uint16_t *rows, uint16_t *columns)
{
    uint32_t size;

    if (console.dev == NULL || !(console.dev->features & CONSOLE_F_SIZE))
        return false;
    virtio_config(console.dev, CONFIG_SIZE, &size);
    console.dev->transport->flush(console.dev);
    *columns = (uint16_t)size;
    *rows = (uint16_t)(size >> 16);
    return true;
}

/* ---- messages from the device ---- */

static int message_post(struct control_message *message)
{
    struct virtq_chain chain;

    virtq_chain_begin(&chain, console.control_rx, NULL);
    virtq_chain_add(&chain, virt_to_phys(message), sizeof(*message), true);
    return virtq_chain_submit(&chain, message);
}

static bool queue_is_drained(void *arg)
{
    struct virtqueue *queue = arg;

    while (virtqueue_take(queue, NULL) != NULL) {
    }
    return queue->outstanding == 0 || queue->dev->broken;
}

/* ---- the host's records ---- */

static struct virtqueue *records(void)
{
    return console.port[LVMM_PORT_CONTROL].rx;
}

static void record_handle(uint32_t type, const void *payload, size_t size)
{
    const struct lvmm_ready *ready = payload;
    const struct lvmm_port_error *error = payload;
    const struct lvmm_winsize *winsize = payload;
    const struct lvmm_trace *trace = payload;

    if (type == LVMM_RECORD_READY && size >= sizeof(*ready) && ready->port < LVMM_PORT_COUNT) {
        console.port[ready->port].polled = true;
        console.port[ready->port].events = ready->events;
        console.port[ready->port].bytes = ready->bytes;
        wait_wake_all(&console.port[ready->port].received, 0);
    } else if (type == LVMM_RECORD_ERROR && size >= sizeof(*error) && error->port < LVMM_PORT_COUNT) {
        console.port[error->port].error = error->error - 1 < ERRNO_MAX ? error->error : EIO;
    } else if (type == LVMM_RECORD_WINSIZE && size >= sizeof(*winsize) && console.terminal != NULL) {
        console.terminal->resized(winsize->rows, winsize->columns);
    } else if (type == LVMM_RECORD_TRACE && size >= sizeof(*trace) && console.on_trace != NULL) {
        console.on_trace(trace->wanted);
    }
}

/* Without a buffer nothing comes, and nothing rings. */
static void record_post(void)
{
    struct virtq_chain chain;

    console.reader.handle = record_handle;
    console_bell[0] = console.bell_idle;
    virtq_chain_begin(&chain, records(), NULL);
    virtq_chain_add(&chain, virt_to_phys((const void *)console_bell), RECORD_BYTES_IN, true);
    virtq_chain_submit(&chain, (void *)(uintptr_t)console_bell);
}

void console_bell_hold(bool on)
{
    console.bell_idle = on ? UINT32_MAX : 0;
    if (console.dev == NULL)
        console_bell[0] = console.bell_idle;
}

void console_on_trace(void (*handler)(uint32_t wanted))
{
    console.on_trace = handler;
}

/* Takes what is there; true: some buffers went back. */
static bool records_take(void)
{
    bool posted = false;
    uint32_t size;

    while (virtqueue_take(records(), &size) != NULL) {
        record_feed(&console.reader, (const volatile uint8_t *)console_bell, size);
        record_post();
        posted = true;
    }
    return posted;
}

/* ---- messages ---- */

/* Buffers for messages are posted only when our own have been consumed. So the answers to those (each port's existence,
 * its name, that it is open) are dropped by the device and need not be read; what tells of a change comes later. */
int console_listen(void)
{
    unsigned i;
    int error;

    if (console.listening || console.control_rx == NULL)
        return 0;
    error = virtio_wait(console.control_tx, queue_is_drained, console.control_tx);
    for (i = 0; i < MESSAGES_IN && error == 0; i++)
        error = message_post(&console.in[i]);
    if (error != 0 && !(i != 0 && error == -ENOSPC)) /* a shorter queue than ours will do */
        return error;
    console.listening = true;
    if (console.terminal != NULL)
        virtqueue_set_interrupts(console.control_rx, true);
    if (console.terminal != NULL)
        virtqueue_set_interrupts(records(), true);
    virtqueue_kick(console.control_rx);
    return 0;
}

static void port_opened(struct console_port *port, bool open)
{
    bool hung_up = port == &console.port[LVMM_PORT_TTY] && !open && !port->closed;

    port->closed = !open;
    wait_wake_all(&port->received, 0);
    wait_wake_all(&port->sent, 0);
    if (hung_up && console.terminal != NULL)
        console.terminal->hung_up();
}

/* The message is in memory that the device may still write: each field is read once. */
static void message_handle(const volatile struct control_message *message, uint32_t size)
{
    struct control_header header = {0};

    if (size < sizeof(header))
        return;
    header.id = message->header.id;
    header.event = message->header.event;
    header.value = message->header.value;
    if (header.event == CONSOLE_PORT_OPEN && header.id < LVMM_PORT_COUNT)
        port_opened(&console.port[header.id], header.value);
    if (header.event == CONSOLE_RESIZE && size >= RESIZE_BYTES && console.terminal != NULL)
        console.terminal->resized(message->rows, message->columns);
}

/* Takes what is there; true: some buffers went back. */
static bool messages_take(void)
{
    struct control_message *message;
    bool posted = false;
    uint32_t size;

    while ((message = virtqueue_take(console.control_rx, &size)) != NULL) {
        message_handle(message, size);
        posted |= message_post(message) == 0;
    }
    return posted;
}

/* A device that had more to say than there were buffers goes on when it gets them back. */
void console_poll(void)
{
    while (console.listening && messages_take())
        virtqueue_kick(console.control_rx);
    while (console.control_rx != NULL && records_take())
        virtqueue_kick(records());
}

/* Those for whom the device has done something. */
static void waiters_wake(void)
{
    for (unsigned i = 0; i < LVMM_PORT_COUNT; i++) {
        struct console_port *port = &console.port[i];

        if (!wait_is_empty(&port->received) && (virtqueue_has_used(port->rx) || console.dev->broken))
            wait_wake_all(&port->received, 0);
        if (!wait_is_empty(&port->sent) && queue_is_drained(port->tx))
            wait_wake_all(&port->sent, 0);
    }
}

static void console_interrupt(struct virtio_device *dev, bool config_changed)
{
    uint16_t rows, columns;

    (void)dev;
    console_poll();
    if (console.terminal != NULL) {
        if (config_changed && console_size(&rows, &columns))
            console.terminal->resized(rows, columns);
        console.terminal->interrupt();
    }
    waiters_wake();
}

/* ---- waiting ---- */

/* With a terminal they are always on. */
static void listening_interrupts(bool on)
{
    virtqueue_set_interrupts(console.control_rx, on);
    virtqueue_set_interrupts(records(), on || console.reached);
}

void console_reach(void)
{
    if (console.reached || console.control_rx == NULL || virtio_interrupts(console.dev) != 0)
        return;
    console.reached = true;
    virtqueue_set_interrupts(records(), true);
    console_poll();
}

int console_interrupts(struct virtqueue *queue)
{
    int error = virtio_interrupts(console.dev);

    if (error != 0)
        return error;
    if (console.listening)
        listening_interrupts(true);
    virtqueue_set_interrupts(queue, true);
    return 0;
}

bool console_is_sent(struct console_port *port)
{
    console_poll();
    return queue_is_drained(port->tx) || port->closed;
}

static bool sent(void *arg)
{
    return console_is_sent(arg);
}

static bool received(void *arg)
{
    struct console_port *port = arg;

    console_poll();
    return virtqueue_has_used(port->rx) || port->closed;
}

/* Where it was taken by another meanwhile, who waits has to look again, and may have to ask for more. */
static bool received_or_taken(void *arg)
{
    const struct console_port *port = arg;

    return received(arg) || port->rx->outstanding == 0;
}

static bool somebody_waits(void)
{
    for (unsigned i = 0; i < LVMM_PORT_COUNT; i++)
        if (!wait_is_empty(&console.port[i].received) || !wait_is_empty(&console.port[i].sent))
            return true;
    return false;
}

/* As few interrupts as those who wait need. */
static void listening_settle(void)
{
    if (console.listening)
        listening_interrupts(console.terminal != NULL || somebody_waits());
}

/* Waits in place with the interrupts of `queue` and of the messages on. */
static int port_wait_in_place(struct console_port *port, struct virtqueue *queue, bool (*done)(void *arg))
{
    int error;

    if (done(port))
        return 0;
    if (console.listening)
        listening_interrupts(true);
    error = virtio_wait(queue, done, port);
    if (!wait_is_empty(&port->received) || !wait_is_empty(&port->sent))
        virtqueue_set_interrupts(queue, true);
    listening_settle();
    return error;
}

/* Waits in one of the port's queues. A wait may be inside another: before it sleeps a record is sent (sys/trace.c). */
static int port_wait(struct console_port *port, struct virtqueue *queue, struct wait_queue *waiters,
                     bool (*done)(void *arg), bool interruptible)
{
    int error = 0;

    if (done(port))
        return 0;
    while (error == 0) {
        error = console_interrupts(queue);
        if (error != 0 || done(port)) /* it may have come before the interrupts were on */
            break;
        error = wait_on(waiters, WAIT_FOREVER, interruptible ? WAIT_INTERRUPTIBLE : 0);
        if (done(port)) {
            error = 0;
            break;
        }
    }
    if (wait_is_empty(waiters))
        virtqueue_set_interrupts(queue, console.terminal != NULL && queue == console.port[LVMM_PORT_TTY].rx);
    listening_settle();
    return error;
}

int console_wait_sent(struct console_port *port, bool interruptible)
{
    return port_wait(port, port->tx, &port->sent, sent, interruptible);
}

void console_promise(struct console_port *port)
{
    port->promised = port->promised || !drv_is_ending();
}

void console_settle(void)
{
    for (unsigned i = 0; i < LVMM_PORT_COUNT; i++)
        if (console.port[i].promised)
            port_wait_in_place(&console.port[i], console.port[i].tx, sent);
}

int console_wait_received(struct console_port *port)
{
    return port_wait(port, port->rx, &port->received, received_or_taken, true);
}

/* ---- the control port ---- */

void console_control_send(uint32_t type, const void *payload, size_t size)
{
    struct console_port *port = console_port(LVMM_PORT_CONTROL);
    struct lvmm_record header = {.type = type};
    struct virtq_chain chain;

    if (port == NULL || port_wait_in_place(port, port->tx, sent) != 0 || console_is_broken())
        return;
    header.size = size < LVMM_RECORD_MAX ? (uint32_t)size : LVMM_RECORD_MAX;
    memcpy(console.record, &header, sizeof(header));
    memcpy(console.record + sizeof(header), payload, header.size);
    virtq_chain_begin(&chain, port->tx, NULL);
    virtq_chain_add(&chain, virt_to_phys(console.record), (uint32_t)sizeof(header) + header.size, false);
    if (virtq_chain_submit(&chain, console.record) != 0)
        return;
    virtqueue_kick(port->tx);
    port_wait_in_place(port, port->tx, sent);
}

uint32_t console_want_max(void)
{
    return console.dev->is_ours ? UINT32_MAX : LVMM_READ_MAX;
}

void console_want(enum lvmm_port number, uint32_t bytes)
{
    const struct lvmm_read read = {.port = number, .bytes = bytes};

    if (!console.dev->is_ours)
        console_control_send(LVMM_RECORD_READ, &read, sizeof(read));
}

static bool answered(void *arg)
{
    const struct console_port *port = arg;

    console_poll();
    return port->polled || console_is_broken();
}

int console_ask(enum lvmm_port number)
{
    const struct lvmm_poll poll = {.port = number};
    struct console_port *port = &console.port[number];
    int error;

    port->polled = false;
    console_control_send(LVMM_RECORD_POLL, &poll, sizeof(poll));
    error = port_wait_in_place(port, records(), answered);
    return error != 0 || console_is_broken() ? -EIO : 0;
}
