/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_child.c - the sockets of connections that have come to who listens. */
#include "abi/poll.h"
#include "core/clock.h"
#include "mm/page.h"
#include "net/inet_counts.h"
#include "net/tcp.h"

#define PENDING_PART 8u /* one for so many pages of memory */
#define SECOND 1000000000ull

/* All together may take some hundredths of memory: whoever makes them may have closed them, so nothing else bounds
 * them. */
bool tcp_has_room(const struct tcp_socket *listener)
{
    return listener->accepted_count <= listener->backlog && tcp_pending_count() < page_total_count() / PENDING_PART;
}

static void inherit(struct tcp_socket *child, const struct tcp_socket *listener)
{
    struct socket *to = &child->inet.socket;
    const struct socket *from = &listener->inet.socket;

    child->inet.options = listener->inet.options;
    child->settings = listener->settings;
    child->settings.defer_accept = 0;
    to->receive_timeout_ns = from->receive_timeout_ns;
    to->send_timeout_ns = from->send_timeout_ns;
    to->receive_size = from->receive_size;
    to->send_size = from->send_size;
    to->receive_least = from->receive_least;
    to->priority = from->priority;
    to->mark = from->mark;
    to->linger = from->linger;
    to->tuning = from->tuning;
    to->tuning.cookie = 0;
    to->reuse_address = from->reuse_address;
    to->reuse_port = from->reuse_port;
    to->keep_alive = from->keep_alive;
    to->broadcast = from->broadcast;
    to->out_of_band_inline = from->out_of_band_inline;
    to->timestamp = from->timestamp;
    to->timestamp_ns = from->timestamp_ns;
    to->dont_route = from->dont_route;
    to->debug = from->debug;
    to->maker = from->maker;
}

int tcp_child_create(struct tcp_socket *listener, const struct inet_address *local, const struct inet_address *peer,
                     struct tcp_socket **out)
{
    struct tcp_socket *child;
    int error = tcp_alloc(listener->inet.socket.ops, listener->inet.socket.family, &child);

    if (error != 0)
        return error;
    inherit(child, listener);
    child->inet.use.user = listener->inet.use.user;
    child->inet.use.local = *local;
    child->inet.use.peer = *peer;
    child->inet.use.peer.flow = 0;
    child->inet.address_is_bound = listener->inet.address_is_bound;
    inet_port_share(&child->inet.use, &listener->inet.use);
    inet_tuple_add(&tcp_table, &child->inet.use);
    child->state = TCP_ESTABLISHED;
    child->phase = TCP_CONNECTED;
    child->listener = listener;
    list_insert(&listener->accepted, &child->link);
    listener->accepted_count++;
    tcp_pending_add(1);
    inet_counts.passive_opens++;
    *out = child;
    return 0;
}

/* ---- TCP_DEFER_ACCEPT ---- */

static void waited_long(struct timer *timer)
{
    tcp_child_due(container_of(timer, struct tcp_socket, timer));
}

void tcp_child_defer(struct tcp_socket *child)
{
    struct tcp_socket *listener = child->listener;

    list_remove(&child->link);
    list_insert(&listener->deferred, &child->link);
    listener->accepted_count--;
    child->is_deferred = true;
    child->timer.expired = waited_long;
    timer_set(&child->timer, clock_monotonic_ns() + (uint64_t)listener->settings.defer_accept * SECOND);
}

void tcp_child_due(struct tcp_socket *child)
{
    struct tcp_socket *listener = child->listener;

    if (!child->is_deferred)
        return;
    child->is_deferred = false;
    timer_cancel(&child->timer);
    list_remove(&child->link);
    list_insert(&listener->accepted, &child->link);
    listener->accepted_count++;
    socket_changed(&listener->inet.socket, POLLIN | POLLRDNORM);
}

void tcp_child_drop(struct tcp_socket *child)
{
    list_remove(&child->link);
    tcp_pending_add(-1);
    tcp_free(child);
}
