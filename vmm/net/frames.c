/* SPDX-License-Identifier: Apache-2.0 */
/* frames.c - frames from the guest: each is checked before a part of it is believed. */
#include <errno.h>
#include <string.h>

#include "vmm/net/helper.h"
#include "vmm/net/sockets.h"

struct frame {
    struct lvmm_net_frame head;
    const uint8_t *payload;
};

/* ---- what makes a socket ---- */

static bool kind_is_known(int family, int type, int protocol)
{
    if (family != AF_INET && family != AF_INET6)
        return false;
    if (type == SOCK_STREAM)
        return protocol == IPPROTO_TCP;
    return type == SOCK_DGRAM &&
           (protocol == IPPROTO_UDP || protocol == (family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6));
}

static void open_socket(struct net_helper *helper, const struct frame *frame)
{
    uint32_t value = frame->head.value;
    int family = value & 0xff, type = value >> 8 & 0xff, protocol = (int)(value >> 16);
    struct net_socket *socket;
    int error;

    socket = net_socket_make(helper, frame->head.socket, type == SOCK_STREAM ? &net_kind_stream : &net_kind_datagram,
                             family, protocol);
    if (socket == NULL)
        return; /* the guest waits in vain, as would this host's programs */
    socket->guest_credit = frame->head.credit;
    if (!kind_is_known(family, type, protocol))
        error = EPROTONOSUPPORT;
    else
        error = -(socket->is_stream ? net_stream_open(socket) : net_datagram_open(socket));
    if (error != 0)
        net_socket_fail(socket, error);
}

/* ---- frames of a socket ---- */

static void set_options(struct net_socket *socket, const struct frame *frame)
{
    struct lvmm_net_option option;

    for (uint32_t at = 0; at + sizeof(option) <= frame->head.size; at += sizeof(option)) {
        memcpy(&option, frame->payload + at, sizeof(option));
        net_option_set(socket, &option);
    }
}

static bool take_name(const struct frame *frame, size_t offset, struct net_endpoint *out)
{
    struct lvmm_net_name name;

    memcpy(&name, frame->payload + offset, sizeof(name));
    return net_name_take(&name, out);
}

static bool connect_socket(struct net_socket *socket, const struct frame *frame)
{
    struct net_endpoint local, peer;

    if (!take_name(frame, offsetof(struct lvmm_net_names, local), &local) ||
        !take_name(frame, offsetof(struct lvmm_net_names, peer), &peer))
        return false;
    if (socket->is_stream && socket->state != NET_OPENED)
        return false;
    socket->local = local;
    if (socket->is_stream)
        net_stream_connect(socket, &peer);
    else
        net_datagram_connect(socket, &peer);
    return true;
}

static bool listen_socket(struct net_socket *socket, const struct frame *frame)
{
    struct net_endpoint local;

    if (!socket->is_stream || (socket->state != NET_OPENED && socket->state != NET_LISTENING) ||
        !take_name(frame, 0, &local))
        return false;
    if (socket->state == NET_LISTENING && local.port != socket->local.port)
        return false;
    socket->local = local;
    socket->only_v6 = frame->head.flags & LVMM_NET_ONLY6;
    net_listen(socket, frame->head.value);
    return true;
}

static bool accept_socket(struct net_socket *socket, const struct frame *frame)
{
    const struct net_helper *helper = socket->helper;
    uint32_t id = frame->head.value;

    if (socket->state != NET_LISTENING || id == 0 || id > helper->config.sockets || helper->socket[id] != NULL ||
        socket->reserved_count >= LVMM_NET_ACCEPTS)
        return false;
    net_accept(socket, id, frame->head.credit);
    return true;
}

/* The guest has sent within its credit. */
static bool count(struct net_socket *socket, size_t size)
{
    if (size > socket->credit - socket->received)
        return false;
    socket->received += size;
    return true;
}

void net_helper_flush(struct net_helper *helper)
{
    struct net_gather *all = &helper->gather;
    struct net_socket *socket = all->socket;

    all->socket = NULL;
    if (socket == NULL || socket->state != NET_CONNECTED)
        return;
    net_stream_data(socket, all->part, all->count, all->more);
    net_socket_stir(socket);
}

/* An urgent byte goes alone, and nothing that may wait for more goes with what may not. */
static void gather(struct net_socket *socket, const struct frame *frame)
{
    struct net_gather *all = &socket->helper->gather;
    bool more = frame->head.flags & LVMM_NET_MORE;

    if (frame->head.flags & LVMM_NET_URGENT_BYTE) {
        net_helper_flush(socket->helper);
        if (socket->state == NET_CONNECTED) /* still */
            net_stream_urgent(socket, frame->payload, frame->head.size);
        return;
    }
    if (all->socket != socket || all->count == NET_GATHER || (more && !all->more))
        net_helper_flush(socket->helper);
    if (all->socket == NULL)
        *all = (struct net_gather){.socket = socket};
    all->more = more;
    all->part[all->count++] = (struct iovec){(void *)(uintptr_t)frame->payload, frame->head.size};
}

static bool send_data(struct net_socket *socket, const struct frame *frame)
{
    if (!socket->is_stream || socket->state != NET_CONNECTED || socket->ends || frame->head.size == 0 ||
        !count(socket, frame->head.size))
        return false;
    gather(socket, frame);
    return true;
}

static bool send_datagram(struct net_socket *socket, const struct frame *frame)
{
    struct lvmm_net_datagram head;
    struct net_way way;

    memcpy(&head, frame->payload, sizeof(head));
    if (socket->is_stream || !net_name_take(&head.peer, &way.to) || !count(socket, frame->head.size))
        return false;
    if ((head.given & ~(LVMM_NET_GIVEN_TTL | LVMM_NET_GIVEN_TOS)) != 0)
        return false;
    way.given = head.given;
    way.ttl = head.ttl;
    way.tos = head.tos;
    net_datagram_send(socket, &way, frame->payload + sizeof(head), frame->head.size - sizeof(head));
    return true;
}

static bool bind_socket(struct net_socket *socket, const struct frame *frame)
{
    struct net_endpoint local;

    if (socket->is_stream || !take_name(frame, 0, &local))
        return false;
    socket->only_v6 = frame->head.flags & LVMM_NET_ONLY6;
    net_datagram_bind(socket, &local);
    return true;
}

static bool shut_down(struct net_socket *socket, const struct frame *frame)
{
    if (!socket->is_stream || socket->state != NET_CONNECTED || frame->head.value != SHUT_WR)
        return false;
    net_stream_shutdown(socket);
    return true;
}

static bool ask_info(struct net_socket *socket, const struct frame *frame)
{
    (void)frame;
    if (!socket->is_stream)
        return false;
    socket->news |= NEWS_INFO;
    return true;
}

static bool set_socket(struct net_socket *socket, const struct frame *frame)
{
    set_options(socket, frame);
    return frame->head.size % sizeof(struct lvmm_net_option) == 0;
}

static bool take_credit(struct net_socket *socket, const struct frame *frame)
{
    (void)socket, (void)frame; /* it is in every frame */
    return true;
}

/* What a frame must have at least, and may have at most, and what is done with it. False: it breaks a rule. */
static const struct {
    bool (*take)(struct net_socket *socket, const struct frame *frame);
    uint32_t least, most;
    uint8_t flags;
} takers[] = {
    [LVMM_NET_SET] = {set_socket, sizeof(struct lvmm_net_option), LVMM_NET_PAYLOAD_MAX, 0},
    [LVMM_NET_BIND] = {bind_socket, sizeof(struct lvmm_net_name), sizeof(struct lvmm_net_name), LVMM_NET_ONLY6},
    [LVMM_NET_CONNECT] = {connect_socket, sizeof(struct lvmm_net_names), sizeof(struct lvmm_net_names), 0},
    [LVMM_NET_LISTEN] = {listen_socket, sizeof(struct lvmm_net_name), sizeof(struct lvmm_net_name), LVMM_NET_ONLY6},
    [LVMM_NET_ACCEPT] = {accept_socket, 0, 0, 0},
    [LVMM_NET_DATA] = {send_data, 1, LVMM_NET_PAYLOAD_MAX, LVMM_NET_URGENT_BYTE | LVMM_NET_MORE},
    [LVMM_NET_DATAGRAM] = {send_datagram, sizeof(struct lvmm_net_datagram), LVMM_NET_PAYLOAD_MAX, 0},
    [LVMM_NET_CREDIT] = {take_credit, 0, 0, 0},
    [LVMM_NET_SHUTDOWN] = {shut_down, 0, 0, 0},
    [LVMM_NET_INFO] = {ask_info, 0, 0, 0},
};

static bool take(struct net_socket *socket, const struct frame *frame)
{
    uint8_t type = frame->head.type;

    if (type >= sizeof(takers) / sizeof(takers[0]) || takers[type].take == NULL)
        return false;
    if (frame->head.size < takers[type].least || frame->head.size > takers[type].most ||
        (frame->head.flags & ~takers[type].flags) != 0)
        return false;
    return takers[type].take(socket, frame);
}

static void close_socket(struct net_socket *socket, const struct frame *frame)
{
    bool reset = frame->head.flags & LVMM_NET_RESET, linger = frame->head.flags & LVMM_NET_LINGER;

    if (socket->state == NET_CLOSING || socket->state == NET_RESERVED)
        return;
    socket->listener = NULL;
    if (socket->kind != &net_kind_stream)
        socket->kind->release(socket);
    if (socket->is_stream && socket->watch.fd >= 0) {
        net_stream_close(socket, reset, linger, frame->head.value);
    } else {
        socket->state = NET_CLOSING;
        socket->news = NEWS_CLOSED;
    }
    net_socket_stir(socket);
}

/* Of a socket that is there. ACCEPT's credit is another one's. */
static void take_known(struct net_socket *socket, const struct frame *frame)
{
    if (frame->head.type == LVMM_NET_CLOSE) {
        close_socket(socket, frame);
        return;
    }
    if (socket->state == NET_FAILED || socket->state == NET_CLOSING)
        return;
    if (socket->state == NET_RESERVED)
        return; /* not known to be there before ACCEPTED */
    if (frame->head.type != LVMM_NET_ACCEPT && frame->head.credit > socket->guest_credit)
        socket->guest_credit = frame->head.credit;
    if (frame->head.type == LVMM_NET_OPEN || !take(socket, frame))
        net_socket_fail(socket, EPROTO);
    net_socket_stir(socket);
}

/* Its payload is as long as it says. Other frames than DATA come after what was gathered before them. */
static void take_frame(struct net_helper *helper, const struct frame *frame)
{
    if (frame->head.type != LVMM_NET_DATA)
        net_helper_flush(helper);
    if (frame->head.size > LVMM_NET_PAYLOAD_MAX || frame->head.socket == 0 ||
        frame->head.socket > helper->config.sockets)
        return;
    struct net_socket *socket = helper->socket[frame->head.socket];
    if (socket != NULL)
        take_known(socket, frame);
    else if (frame->head.type == LVMM_NET_OPEN)
        open_socket(helper, frame);
}

void net_helper_data(struct net_helper *helper, const struct lvmm_net_frame *head, const uint8_t *payload)
{
    const struct frame frame = {*head, payload};

    take_frame(helper, &frame);
}

void net_helper_frame(struct net_helper *helper, const void *bytes, size_t size)
{
    struct frame frame;

    if (size < sizeof(frame.head))
        return;
    memcpy(&frame.head, bytes, sizeof(frame.head));
    frame.payload = (const uint8_t *)bytes + sizeof(frame.head);
    if (frame.head.size == size - sizeof(frame.head))
        take_frame(helper, &frame);
    net_helper_flush(helper);
}
