/* SPDX-License-Identifier: Apache-2.0 */
/*
 * console.h - what the parts of the virtio console share: console.c (the device, its control queues), below it
 * console_port.c (a port, and what the guest sends there), then console_input.c (what the host sends there), and at the
 * bottom console_state.c (whether a port is open).
 *
 * All of it is guarded by the lock of struct virtio_device.
 */
#ifndef LVMM_DEVICES_VIRTIO_CONSOLE_H
#define LVMM_DEVICES_VIRTIO_CONSOLE_H

#include "devices/device.h"
#include "devices/hoststream.h"
#include "devices/virtio/mmio.h"
#include "vmm/escape.h"

#define CONSOLE_PORTS_MAX 8u
#define CONSOLE_PORT_NAME_MAX 32u
#define CONSOLE_HELD_BYTES 16384u
/* Calls of the host's system, or chains, that one notification or event handles before others have their turn. */
#define CONSOLE_BUDGET 64u

struct console;

/* Control messages that a port owes the guest, in the order in which they go out. A set, not a list: however often the
 * guest asks and however late it posts buffers, none is lost and there is nothing to grow. (But see console.c on
 * drivers that don't listen.) */
enum console_message {
    CONSOLE_SAY_ADD = 1,
    CONSOLE_SAY_CONSOLE = 2,
    CONSOLE_SAY_NAME = 4,
    CONSOLE_SAY_OPEN = 8,
    CONSOLE_SAY_CLOSED = 16,
};

struct console_port {
    struct console *console;
    uint32_t id;
    struct virtio_console_port host; /* a copy; its name is `name` */
    char name[CONSOLE_PORT_NAME_MAX];
    struct virtqueue *rx, *tx;
    unsigned owed;  /* enum console_message */
    bool announced; /* the guest was told that it is open */

    /* Host to guest. */
    struct hoststream in;
    bool in_open;
    bool in_paused;
    struct escape escape;
    uint8_t *held; /* a terminal's or a source's: read from the host and not yet given to the guest */
    size_t held_at, held_size;
    bool rx_taken; /* another's: `rx_chain` waits for input */
    struct queue_chain *rx_chain;
    struct loop_task rx_rest; /* goes on with what one call has left */

    /* Guest to host. */
    struct hoststream out;
    bool out_open;
    bool sink_over; /* the sink wants no more */
    bool tx_busy;   /* `chain` is being written: its rest is tx_iov */
    struct queue_chain *chain;
    struct iovec *tx_iov;
    unsigned tx_count;
    struct loop_task rest; /* goes on with what one call has left */
};

struct console_config { /* 5.3.4 */
    uint16_t cols, rows;
    uint32_t max_nr_ports, emerg_wr;
} __attribute__((packed));

struct console {
    struct virtio_device virtio; /* first */
    struct console_config config;
    unsigned count;
    /* Tells the guest what ports owe, as far as it has posted control buffers. */
    void (*send_owed)(struct console *console);
    struct loop_task rest; /* of the guest's control messages */
    bool listens;          /* the driver has had a buffer for control messages since the last reset */
    struct console_port port[CONSOLE_PORTS_MAX];
    struct virtqueue queue[2 * (CONSOLE_PORTS_MAX + 1)];
    struct queue_chain chain[2 * CONSOLE_PORTS_MAX]; /* the ports'. Last: large, and not cleared at the start */
};

/* All of these with the device's lock, but for init and fini, which run before and after all others. */

/* console_port.c. `host` is copied, its name with it; what its descriptors and callbacks refer to must outlive the
 * port. rx, tx and the chains are the device's to set before. */
void console_port_init(struct console_port *port, struct console *console, uint32_t id,
                       const struct virtio_console_port *host);
void console_port_fini(struct console_port *port);
void console_port_receive(struct console_port *port);  /* rx has buffers: reads the host's side into them */
void console_port_transmit(struct console_port *port); /* tx has bytes: writes them to the host's side */

/* console_input.c: the same for what comes from the host alone. */
void console_input_init(struct console_port *port);
void console_input_fini(struct console_port *port);
void console_input_receive(struct console_port *port);

/* console_state.c */
/* The driver has set the port up (PORT_READY): it is to be told what the port is and whether it is open. */
void console_port_ready(struct console_port *port);
/* Is the host's side gone, of one direction or both? Input that is held still counts as open. */
bool console_port_is_closed(const struct console_port *port);
/* Tells the guest once, if the port is closed now and was_closed says that it wasn't before. */
void console_port_closed(struct console_port *port, bool was_closed);

#endif
