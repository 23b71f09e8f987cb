/* SPDX-License-Identifier: Apache-2.0 */
/* flow.c - see flow.h. */
#include "vmm/tcg/flow.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static bool waits(const struct flow *flow)
{
    return flow->at < flow->end;
}

int flow_read_fd(const struct flow *flow)
{
    return waits(flow) ? -1 : flow->from;
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

void flow_read(struct flow *flow)
{
    ssize_t n = read(flow->from, flow->buffer, sizeof(flow->buffer));

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        end_from(flow);
        return;
    }
    size_t size = (size_t)n;
    if (flow->filter != NULL)
        size = flow->filter(flow->owner, flow->buffer, size);
    if (flow->sink != NULL) {
        flow->sink(flow->owner, flow->buffer, size);
        return;
    }
    flow->at = 0;
    flow->end = flow->to >= 0 ? size : 0;
}

/* A pipe that is ready takes PIPE_BUF bytes at once; ask again first, as another flow may have the same pipe. */
static ssize_t write_some(const struct flow *flow)
{
    struct pollfd ready = {.fd = flow->to, .events = POLLOUT};
    size_t size = flow->end - flow->at;

    if (flow->shut_to)
        return send(flow->to, flow->buffer + flow->at, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (poll(&ready, 1, 0) != 1) {
        errno = EAGAIN;
        return -1;
    }
    return write(flow->to, flow->buffer + flow->at, size < PIPE_BUF ? size : PIPE_BUF);
}

void flow_write(struct flow *flow)
{
    while (waits(flow)) {
        ssize_t n = write_some(flow);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0 || (n < 0 && errno == EAGAIN))
            return;
        if (n < 0) { /* EPIPE: nobody reads any more */
            flow->error = -errno;
            flow_stop(flow);
            return;
        }
        flow->at += (size_t)n;
    }
    if (flow->from < 0)
        end_from(flow);
}
