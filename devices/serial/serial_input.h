/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serial_input.h - the receiving half of a UART: a FIFO that is filled from the host.
 *
 * The host is read when the guest first asks for input, and only while the FIFO has room, so that a guest without
 * interest takes no input from anybody. A terminal whose escape key is ours is the exception: it is always read, and
 * what the FIFO has no room for is held, up to a limit. The device's lock guards it.
 */
#ifndef LVMM_DEVICES_SERIAL_INPUT_H
#define LVMM_DEVICES_SERIAL_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/hoststream.h"
#include "vmm/escape.h"

#define SERIAL_FIFO_BYTES 16u
#define SERIAL_HELD_BYTES 1024u

struct serial_input {
    struct hoststream stream;
    bool open;
    bool wanted; /* the guest looks for input */
    bool paused; /* loopback: the line is cut */
    bool overrun;
    unsigned capacity; /* SERIAL_FIFO_BYTES, or 1 with the FIFO off */
    uint8_t fifo[SERIAL_FIFO_BYTES];
    unsigned at, count;
    struct escape escape; /* byte 0: no terminal of ours */
    void (*on_escape)(void *owner, uint8_t next);
    void (*on_pause)(void *owner);
    void *owner;
    bool away;                       /* another job has the terminal: it isn't read until serial_input_resume */
    uint8_t held[SERIAL_HELD_BYTES]; /* of a terminal: [held_at, held_end) isn't in the FIFO yet */
    unsigned held_at, held_end;
};

/* `ready` is called as hoststream.h says; it calls serial_input_ready. fd -1: no input. */
void serial_input_init(struct serial_input *in, struct loop *loop, int fd, void (*ready)(void *, uint32_t),
                       void *owner);
/* After init: it is a terminal, read from now on unless `away`; of the key `escape` the next one goes to on_escape.
 * on_pause: it is another job's now; NULL: nobody asks. */
void serial_input_set_escape(struct serial_input *in, uint8_t escape, bool away,
                             void (*on_escape)(void *owner, uint8_t next), void (*on_pause)(void *owner), void *owner);
/* The terminal is ours (again). */
void serial_input_resume(struct serial_input *in);
/* Stops watching. The descriptor stays the caller's. */
void serial_input_fini(struct serial_input *in);
void serial_input_reset(struct serial_input *in); /* an empty FIFO of one byte */

/* Adds a byte that has come, from the host or in loopback. In a full FIFO it is lost, and `overrun` is set. */
void serial_input_put(struct serial_input *in, uint8_t byte);
uint8_t serial_input_get(struct serial_input *in); /* 0 if there is none */
/* The guest looks for input: it is read now, or by the loop later. */
void serial_input_want(struct serial_input *in);
/* The stream's handler calls it, on the loop's thread: fills the FIFO, and stops watching when it is full. */
void serial_input_ready(struct serial_input *in);

#endif
