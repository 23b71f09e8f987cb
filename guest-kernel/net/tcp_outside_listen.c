/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_outside_listen.c - sockets that listen at ports which are published: connections from the outside. */
#include "abi/poll.h"
#include "abi/socket.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "net/outside.h"
#include "net/outside_name.h"
#include "net/outside_options.h"
#include "net/tcp_outside.h"

static void came_to_listener(struct outside *outside, const struct lvmm_net_frame *head, const uint8_t *payload)
{
    struct tcp_socket *tcp = outside->owner;

    (void)payload;
    if (head->type == LVMM_NET_ERROR) /* it listens on for those from inside */
        tcp_outside_close(tcp, 0);
}

static void accepted(struct outside *listening, struct outside *outside, const struct lvmm_net_names *names)
{
    struct tcp_socket *listener = listening->owner, *child;
    struct inet_address local = outside_address(&names->local);
    const struct inet_address peer = outside_address(&names->peer);

    if (inet_is_any(&local)) /* as it listens: it came to eth0's */
        inet_set_source(&local, &peer);
    if (tcp_child_create(listener, &local, &peer, &child) != 0) {
        outside_close(outside, LVMM_NET_RESET, 0);
    } else {
        child->outside = outside;
        outside->ops = &tcp_outside_ops;
        outside->owner = child;
        socket_changed(tcp_socket_of(listener), POLLIN | POLLRDNORM);
    }
    tcp_outside_admit(listener);
}

static const struct outside_ops listener_ops = {.came = came_to_listener, .accepted = accepted};

void tcp_outside_admit(struct tcp_socket *listener)
{
    struct outside *outside = listener->outside;
    bool any = false;

    while (outside->kept_count < LVMM_NET_ACCEPTS &&
           listener->accepted_count + outside->kept_count <= listener->backlog && tcp_has_room(listener)) {
        if (outside_keep(outside, LVMM_NET_STREAM_CREDIT, listener->inet.socket.receive_size) != 0)
            break;
        any = true;
    }
    if (any)
        outside_kick();
}

void tcp_outside_listen(struct tcp_socket *tcp)
{
    const struct inet_address *local = &tcp->inet.use.local;
    const struct lvmm_net_name name = outside_name(local);
    struct outside_frame *frame;

    if (!outside_is_published(IPPROTO_TCP, local->port))
        return;
    if (!inet_is_any(local) && (!inet_is_local(local) || inet_is_loopback(local)))
        return;
    if (tcp->inet.options.device == LO_INDEX)
        return;
    frame = outside_frame_make(LVMM_NET_LISTEN, sizeof(name));
    if (frame == NULL)
        return;
    if (tcp->outside == NULL && outside_open(tcp_outside_kind(tcp), 0, 0, &tcp->outside) != 0) {
        kfree(frame);
        return;
    }
    tcp->outside->ops = &listener_ops;
    tcp->outside->owner = tcp;
    outside_options_send(tcp->outside, &tcp->inet, &tcp->settings, false);
    memcpy(outside_frame_bytes(frame), &name, sizeof(name));
    frame->head.flags = tcp->inet.options.v6_only ? LVMM_NET_ONLY6 : 0;
    frame->head.value = tcp->backlog;
    outside_frame_count(frame);
    outside_send(tcp->outside, frame);
    tcp_outside_admit(tcp);
    outside_kick();
}
