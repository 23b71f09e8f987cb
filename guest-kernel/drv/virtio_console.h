/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio_console.h - the machine's console device (virtio 1.2, section 5.3) and its ports (boot/abi.h).
 *
 * Ports carry bytes; what they mean is stream.c's and tty.c's. There is one device, and each port has one user. The
 * control port is this file's own: it carries our records to the host, and the host's to us.
 */
#ifndef GK_DRV_VIRTIO_CONSOLE_H
#define GK_DRV_VIRTIO_CONSOLE_H

#include "boot/abi.h"
#include "core/wait.h"
#include "drv/virtio.h"

struct console_port {
    struct virtqueue *rx, *tx; /* NULL: not used in that direction */
    bool closed;               /* the host's end is gone */
    uint32_t error;            /* the host couldn't write what we had sent: its errno. Who reports it clears it */
    /* Threads that wait for: something used of rx or told of it; all sent. Both also hear when it is closed. */
    struct wait_queue received, sent;
    bool promised; /* a write has returned before the host had its bytes: console_settle waits for them */
    /* Of input. */
    bool polled;            /* the host was asked whether there is any, and tells when there is */
    uint32_t events, bytes; /* what it said last: poll(2)'s bits, and how much there is. Who reads clears events */
};

/* What a terminal (LVMM_PORT_TTY) wants to hear, from the interrupt handler. */
struct console_terminal {
    void (*interrupt)(void); /* input may have come, output may be done */
    void (*resized)(uint16_t rows, uint16_t columns);
    void (*hung_up)(void);
};

/* Starts the device with the ports that streams need of which `tty_mask` (LVMM_PROP_TTY) says which are terminals.
 * terminal: called if there is one. 0 or -errno. */
int virtio_console_create(struct virtio_device *dev, uint32_t tty_mask, const struct console_terminal *terminal);

/* NULL: there is no such port, or it is not used. */
struct console_port *console_port(enum lvmm_port number);
bool console_is_broken(void);
/* The terminal's size as the device has it; false: it doesn't know. */
bool console_size(uint16_t *rows, uint16_t *columns);

/*
 * Is a system call to be looked at (sys/trace.c)? The first word of the buffer in which the host's next record comes:
 * the device makes it the record's type, so a record is seen without an interrupt, and who asks pays for one word. The
 * buffer is posted with 0 there, or another value while all calls are traced. Nothing else may write it: it is the
 * device's.
 */
extern volatile uint32_t console_bell[];
static inline bool console_bell_rings(void)
{
    return console_bell[0] != 0;
}
/* Whether it always rings: from the next buffer on, so before virtio_console_create or in a handler of records. */
void console_bell_hold(bool on);

/* Who hears of LVMM_RECORD_TRACE, from console_poll and from interrupts: `wanted` as it has it. It must not send. */
void console_on_trace(void (*handler)(uint32_t wanted));
/* Has records of the host interrupt whatever runs, from now on; what came before has been taken. */
void console_reach(void);

/* Has the device tell us when a port is closed or the terminal's size changes. 0 or -errno. */
int console_listen(void);
/* Takes what it told us since, and wakes who waits for it. */
void console_poll(void);
/* Interrupts for that, and for `queue`, for who polls and is in one of the port's queues. 0 or -errno. */
int console_interrupts(struct virtqueue *queue);

/* Waits until the device has consumed all that was sent on the port, or the port is closed, or the device broken.
 * Others run meanwhile. 0; -ERESTARTSYS: a signal came first, and the device still has it; -EIO. */
int console_wait_sent(struct console_port *port, bool interruptible);
/* After such a signal: the bytes count as written, unless it is about to end the program, which then doesn't hear. */
void console_promise(struct console_port *port);
/* Waits until the host has what the program was told is written to its terminal or streams. Nobody runs meanwhile. */
void console_settle(void);
/* Has it consumed all, or is the port closed, or the device broken? Without waiting. */
bool console_is_sent(struct console_port *port);
/* What the host's next bytes for the port may be: at most these, a buffer for which was posted. Where the device reads
 * for posted buffers by itself, it needs no telling. */
void console_want(enum lvmm_port number, uint32_t bytes);
uint32_t console_want_max(void);
/* Asks the host whether there is input on the port, without taking any, and waits for the answer: port->events and
 * bytes. 0 or -EIO. If it says that there is none, another answer comes when there is. */
int console_ask(enum lvmm_port number);

/* Waits for a used buffer in the port's receive queue, or until the port is closed or the device broken, or the device
 * has no buffer of ours: another thread has taken what came. */
int console_wait_received(struct console_port *port);

/* Sends a record on the control port (boot/abi.h) and waits until the host has it. Without a control port it is
 * dropped. Nobody else runs meanwhile, so that who makes a record of several parts isn't disturbed. */
void console_control_send(uint32_t type, const void *payload, size_t size);

#endif
