/* SPDX-License-Identifier: Apache-2.0 */
/* serial_input.c - see serial_input.h. */
#include "devices/serial/serial_input.h"

#include <errno.h>
#include <string.h>

/* Reads of a terminal before others have their turn. */
#define BUDGET 64u

static bool is_terminal(const struct serial_input *in)
{
    return in->escape.byte != 0;
}

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

/* From what is held into the FIFO, once the guest looks for it: a driver that starts clears the FIFO. */
static void deliver(struct serial_input *in)
{
    while (in->held_at < in->held_end && in->wanted && !in->paused && room(in) > 0)
        serial_input_put(in, in->held[in->held_at++]);
    if (in->held_at == in->held_end)
        in->held_at = in->held_end = 0;
}

uint8_t serial_input_get(struct serial_input *in)
{
    uint8_t byte = in->fifo[in->at];

    if (in->count == 0)
        return 0;
    in->at = (in->at + 1) % SERIAL_FIFO_BYTES;
    in->count--;
    deliver(in);
    return byte;
}

/* Keys that there is no room for are lost, as those are that a real line has no time for. */
static void hold(struct serial_input *in, const uint8_t *bytes, size_t size)
{
    memmove(in->held, in->held + in->held_at, in->held_end - in->held_at);
    in->held_end -= in->held_at;
    in->held_at = 0;
    size = size < SERIAL_HELD_BYTES - in->held_end ? size : SERIAL_HELD_BYTES - in->held_end;
    memcpy(in->held + in->held_end, bytes, size);
    in->held_end += (unsigned)size;
}

static void take(struct serial_input *in, uint8_t *bytes, size_t size)
{
    if (is_terminal(in)) {
        hold(in, bytes, escape_filter(&in->escape, bytes, size, in->on_escape, in->owner));
        deliver(in);
        return;
    }
    for (size_t i = 0; i < size; i++)
        serial_input_put(in, bytes[i]);
}

static bool may_read(const struct serial_input *in)
{
    if (!in->open)
        return false;
    return is_terminal(in) ? !in->away : in->wanted && !in->paused && room(in) > 0;
}

/* Fills the FIFO from the host. True: to be continued by the loop. */
static bool receive(struct serial_input *in)
{
    uint8_t bytes[SERIAL_FIFO_BYTES];
    unsigned reads = 0;
    int waited = 0;

    deliver(in);
    while (may_read(in)) {
        ssize_t n = -EAGAIN;

        if (!is_terminal(in) || reads++ < BUDGET)
            n = hoststream_read(&in->stream, bytes, is_terminal(in) ? sizeof(bytes) : room(in));
        if (n > 0) {
            take(in, bytes, (size_t)n);
            continue;
        }
        if (n == -ENOTTY) { /* another job's terminal: tried again when the guest next looks, or at resume */
            in->away = is_terminal(in);
            if (in->away && in->on_pause != NULL)
                in->on_pause(in->owner);
            return false;
        }
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
    else
        deliver(in);
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
    hoststream_open_again(&in->stream);
    in->open = fd >= 0;
    in->wanted = in->away = false;
    in->at = in->held_at = in->held_end = 0;
    in->escape = (struct escape){0};
    serial_input_reset(in);
}

void serial_input_set_escape(struct serial_input *in, uint8_t escape, bool away,
                             void (*on_escape)(void *owner, uint8_t next), void (*on_pause)(void *owner), void *owner)
{
    in->escape.byte = escape;
    in->on_escape = on_escape;
    in->on_pause = on_pause;
    in->owner = owner;
    in->away = away;
    if (in->open && is_terminal(in) && !away)
        hoststream_wait(&in->stream);
}

void serial_input_resume(struct serial_input *in)
{
    in->away = false;
    if (!in->stream.watched)
        receive(in);
}

void serial_input_fini(struct serial_input *in)
{
    hoststream_fini(&in->stream);
}
