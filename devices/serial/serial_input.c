/* SPDX-License-Identifier: Apache-2.0 */
/* serial_input.c - see serial_input.h. */
#include "devices/serial/serial_input.h"

#include <errno.h>

static unsigned room(const struct serial_input *in)
{
    return in->count < in->capacity ? in->capacity - in->count : 0;
}

void serial_input_put(struct serial_input *in, uint8_t byte)
{
    if (room(in) == 0) {
        in->overrun = true;
        return;
    }
    in->fifo[(in->at + in->count++) % SERIAL_FIFO_BYTES] = byte;
}

uint8_t serial_input_get(struct serial_input *in)
{
    uint8_t byte = in->fifo[in->at];

    if (in->count == 0)
        return 0;
    in->at = (in->at + 1) % SERIAL_FIFO_BYTES;
    in->count--;
    return byte;
}

/* Fills the FIFO from the host. True: to be continued by the loop. */
static bool receive(struct serial_input *in)
{
    uint8_t bytes[SERIAL_FIFO_BYTES];
    int waited = 0;

    while (in->open && in->wanted && !in->paused && room(in) > 0) {
        ssize_t n = hoststream_read(&in->stream, bytes, room(in));

        if (n > 0) {
            for (ssize_t i = 0; i < n; i++)
                serial_input_put(in, bytes[i]);
            continue;
        }
        if (n == -ENOTTY) /* another job's terminal: tried again when the guest next looks */
            return false;
        if (n == -EAGAIN) {
            waited = hoststream_wait(&in->stream);
            if (waited == 0)
                return true;
            if (waited == -EPERM)
                continue;
        }
        in->open = false; /* the end; a real line would just be silent */
    }
    return false;
}

void serial_input_want(struct serial_input *in)
{
    in->wanted = true;
    /* While the loop watches, it is the loop that reads: a guest that polls doesn't cost a system call each time. */
    if (!in->stream.watched)
        receive(in);
}

void serial_input_ready(struct serial_input *in)
{
    if (!receive(in))
        hoststream_ignore(&in->stream);
}

void serial_input_reset(struct serial_input *in)
{
    in->count = 0;
    in->capacity = 1;
    in->overrun = in->paused = false;
}

void serial_input_init(struct serial_input *in, struct loop *loop, int fd, void (*ready)(void *, uint32_t), void *owner)
{
    hoststream_init_input(&in->stream, loop, fd, ready, owner);
    in->open = fd >= 0;
    in->wanted = false;
    in->at = 0;
    serial_input_reset(in);
}

void serial_input_fini(struct serial_input *in)
{
    hoststream_fini(&in->stream);
}
