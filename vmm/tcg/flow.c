/* SPDX-License-Identifier: Apache-2.0 */
/* flow.c - see flow.h. */
#include "vmm/tcg/flow.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm/meter.h"

static bool waits(const struct flow *flow)
{
    return flow->at < flow->end;
}

int flow_read_fd(const struct flow *flow)
{
    if (flow->paused || (waits(flow) && !flow->reads_on) || (flow->on_demand && flow->wanted == 0))
        return -1;
    return flow->from;
}

int flow_write_fd(const struct flow *flow)
{
    return waits(flow) ? flow->to : -1;
}

bool flow_has_ended(const struct flow *flow)
{
    return flow->from < 0 && !waits(flow);
}

static void end_from(struct flow *flow)
{
    if (flow->from >= 0 && flow->close_from)
        close(flow->from);
    flow->from = -1;
    if (flow->shut_to && flow->to >= 0 && !waits(flow))
        shutdown(flow->to, SHUT_WR);
}

void flow_stop(struct flow *flow)
{
    flow->at = flow->end = 0;
    end_from(flow);
    flow->to = -1;
}

/* Puts the bytes behind those that wait; those without room are dropped. */
static void append(struct flow *flow, const uint8_t *bytes, size_t size)
{
    size_t room;

    memmove(flow->buffer, flow->buffer + flow->at, flow->end - flow->at);
    flow->end -= flow->at;
    flow->at = 0;
    room = sizeof(flow->buffer) - flow->end;
    flow->dropped = flow->dropped || size > room;
    size = size < room ? size : room;
    memcpy(flow->buffer + flow->end, bytes, size);
    flow->end += size;
}

/* read(2) for both; a descriptor that another process has drained since poll isn't waited for if it is a socket. */
static ssize_t read_some(const struct flow *flow, uint8_t *bytes, size_t size)
{
    ssize_t n = recv(flow->from, bytes, size, MSG_DONTWAIT);

    return n < 0 && errno == ENOTSOCK ? read(flow->from, bytes, size) : n;
}

void flow_read(struct flow *flow)
{
    uint8_t more[1024], *bytes = flow->buffer;
    size_t size = sizeof(flow->buffer);

    if (waits(flow)) {
        bytes = more;
        size = sizeof(more);
    }
    if (flow->on_demand && flow->wanted < size)
        size = flow->wanted;
    ssize_t n = read_some(flow, bytes, size);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    flow->wanted = 0;
    if (n <= 0) {
        end_from(flow);
        return;
    }
    size = (size_t)n;
    meter_add(flow->in_meter, size);
    if (flow->filter != NULL)
        size = flow->filter(flow->owner, bytes, size);
    if (flow->sink != NULL) {
        flow->sink(flow->owner, bytes, size);
    } else if (flow->to >= 0 && bytes == more) {
        append(flow, bytes, size);
    } else {
        flow->at = 0;
        flow->end = flow->to >= 0 ? size : 0;
    }
}

/* A pipe that is ready takes PIPE_BUF bytes at once; ask again first, as another flow may have the same pipe. */
static ssize_t write_some(const struct flow *flow, size_t size)
{
    struct pollfd ready = {.fd = flow->to, .events = POLLOUT};

    if (flow->shut_to)
        return send(flow->to, flow->buffer + flow->at, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (poll(&ready, 1, 0) != 1) {
        errno = EAGAIN;
        return -1;
    }
    ssize_t n = send(flow->to, flow->buffer + flow->at, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == ENOTSOCK)
        n = write(flow->to, flow->buffer + flow->at, size < PIPE_BUF ? size : PIPE_BUF);
    return n;
}

/* As much as the meter lets through; of what it doesn't, nothing is written and nothing is left. */
static ssize_t write_metered(const struct flow *flow)
{
    size_t size = flow->end - flow->at, taken = (size_t)meter_take(flow->out_meter, size);

    if (taken == 0)
        return (ssize_t)size;
    ssize_t n = write_some(flow, taken);
    meter_give_back(flow->out_meter, taken - (n > 0 ? (size_t)n : 0));
    return n;
}

static void write_failed(struct flow *flow, int error)
{
    flow->error = -error;
    if (error == EPIPE || flow->on_error == NULL) { /* EPIPE: nobody reads any more */
        flow_stop(flow);
        return;
    }
    flow->at = flow->end = 0;
    flow->on_error(flow->owner, flow, error);
}

void flow_write(struct flow *flow)
{
    while (waits(flow)) {
        ssize_t n = write_metered(flow);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0 || (n < 0 && errno == EAGAIN))
            return;
        if (n < 0) {
            write_failed(flow, errno);
            return;
        }
        flow->at += (size_t)n;
    }
    if (flow->from < 0)
        end_from(flow);
}
