/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_outside.c - see tcp_outside.h. */
#include "net/tcp_outside.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/socket.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "net/outside.h"
#include "net/tcp_transport.h"

#define SHORT_ROOM 4096u    /* for the peer, where streams take too much memory */
#define WRITABLE_ROOM 2048u /* from so much on there is POLLOUT: less than half of the first credit */

static uint32_t kind_of(const struct tcp_socket *tcp)
{
    return tcp->inet.socket.family | SOCK_STREAM << 8 | IPPROTO_TCP << 16;
}

static struct lvmm_net_name name_of(const struct inet_address *address)
{
    struct lvmm_net_name name = {.port = address->port};

    memcpy(name.address, address->bytes, sizeof(name.address));
    return name;
}

static struct inet_address address_of(const struct lvmm_net_name *name)
{
    struct inet_address address = {.port = name->port};

    memcpy(address.bytes, name->address, sizeof(name->address));
    return address;
}

/* ---- room ---- */

uint64_t tcp_outside_room(const struct tcp_socket *tcp)
{
    return tcp->outside->may_send - tcp->outside->sent;
}

bool tcp_outside_is_writable(const struct tcp_socket *tcp)
{
    return tcp_outside_room(tcp) >= WRITABLE_ROOM;
}

void tcp_outside_took(struct tcp_socket *tcp)
{
    uint64_t most = tcp->inet.socket.receive_size;

    if (stream_memory_is_short())
        most = SHORT_ROOM;
    outside_make_room(tcp->outside, tcp->in.read + most, most / 2);
}

/* ---- what is sent ---- */

int tcp_outside_put(struct tcp_socket *tcp, const void *bytes, size_t size, bool urgent)
{
    struct outside_frame *frame;

    if (size == 0)
        return 0;
    frame = outside_frame_make(LVMM_NET_DATA, (uint32_t)size);
    if (frame == NULL)
        return -ENOMEM;
    memcpy(outside_frame_bytes(frame), bytes, size);
    frame->head.flags = urgent ? LVMM_NET_URGENT_BYTE : 0;
    outside_send(tcp->outside, frame);
    return 0;
}

struct piece_frame {
    struct outside_frame frame;
    struct stream_piece *piece;
};

static void piece_was_sent(struct outside_frame *frame)
{
    struct piece_frame *own = container_of(frame, struct piece_frame, frame);

    stream_piece_free(own->piece);
    kfree(own);
}

int tcp_outside_add(struct tcp_socket *tcp, struct stream_piece *piece, uint64_t size, bool urgent)
{
    struct piece_frame *own = kmalloc(sizeof(*own));

    if (own == NULL) {
        stream_piece_free(piece);
        return -ENOMEM;
    }
    own->piece = piece;
    own->frame.payload = stream_piece_bytes(piece);
    own->frame.sent = piece_was_sent;
    own->frame.head = (struct lvmm_net_frame){
        .type = LVMM_NET_DATA, .flags = urgent ? LVMM_NET_URGENT_BYTE : 0, .size = (uint32_t)size};
    outside_send(tcp->outside, &own->frame);
    return 0;
}

void tcp_outside_close(struct tcp_socket *tcp, uint8_t flags)
{
    outside_close(tcp->outside, flags, 0);
    tcp->outside = NULL;
}

/* ---- what comes ---- */

static void came_connected(struct tcp_socket *tcp)
{
    if (tcp->state != TCP_SYN_SENT)
        return;
    tcp->state = TCP_ESTABLISHED;
    socket_changed(tcp_socket_of(tcp), POLLOUT | POLLWRNORM);
}

/* One that reads no more and sends no more answers data with RST, as does one that has no memory for it. */
static void came_data(struct tcp_socket *tcp, const struct lvmm_net_frame *head, const uint8_t *payload)
{
    bool is_deaf = tcp->state == TCP_FIN_WAIT2 && tcp_socket_of(tcp)->read_shut;
    struct outside *outside = tcp->outside;

    if (is_deaf || stream_append(&tcp->in, payload, head->size) != 0) {
        tcp_outside_close(tcp, LVMM_NET_RESET);
        tcp_fail(tcp, is_deaf ? -ECONNRESET : -ENOBUFS);
        return;
    }
    if (head->flags & LVMM_NET_URGENT_BYTE)
        tcp_transport_note_urgent(tcp);
    if (tcp->outside == outside && stream_size(&tcp->in) >= tcp_socket_of(tcp)->receive_least)
        socket_changed(tcp_socket_of(tcp), POLLIN | POLLRDNORM);
}

static void came_room(struct tcp_socket *tcp)
{
    if (!tcp->room_awaited || !tcp_outside_is_writable(tcp))
        return;
    tcp->room_awaited = false;
    socket_changed(tcp_socket_of(tcp), POLLOUT | POLLWRNORM);
}

static void came(struct outside *outside, const struct lvmm_net_frame *head, const uint8_t *payload)
{
    struct tcp_socket *tcp = outside->owner;

    switch (head->type) {
    case LVMM_NET_CONNECTED:
        came_connected(tcp);
        break;
    case LVMM_NET_DATA:
        came_data(tcp, head, payload);
        break;
    case LVMM_NET_END:
        if (!tcp->end_received)
            tcp_take_end(tcp);
        break;
    case LVMM_NET_ERROR:
        tcp_outside_close(tcp, 0);
        tcp_fail(tcp, -(int)head->error);
        return;
    default:
        break;
    }
    if (tcp->outside == outside && tcp->state != TCP_SYN_SENT)
        came_room(tcp);
}

static const struct outside_ops connection_ops = {.came = came};

/* ---- connections to the outside ---- */

int tcp_outside_connect(struct tcp_socket *tcp)
{
    const struct inet_use *use = &tcp->inet.use;
    const struct lvmm_net_names names = {.local = name_of(&use->local), .peer = name_of(&use->peer)};
    struct outside_frame *frame = outside_frame_make(LVMM_NET_CONNECT, sizeof(names));
    int error = -ENOMEM;

    if (frame != NULL)
        error = outside_open(kind_of(tcp), LVMM_NET_STREAM_CREDIT, tcp->inet.socket.receive_size, &tcp->outside);
    if (error != 0) {
        kfree(frame);
        return error;
    }
    tcp->outside->ops = &connection_ops;
    tcp->outside->owner = tcp;
    memcpy(outside_frame_bytes(frame), &names, sizeof(names));
    outside_send(tcp->outside, frame);
    outside_kick();
    return 0;
}

/* ---- connections from there ---- */

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
    const struct inet_address local = address_of(&names->local), peer = address_of(&names->peer);

    if (tcp_child_create(listener, &local, &peer, &child) != 0) {
        outside_close(outside, LVMM_NET_RESET, 0);
    } else {
        child->outside = outside;
        outside->ops = &connection_ops;
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
    const struct lvmm_net_name name = name_of(local);
    struct outside_frame *frame;

    if (!outside_is_published(IPPROTO_TCP, local->port))
        return;
    if (!inet_is_any(local) && (!inet_is_local(local) || inet_is_loopback(local)))
        return;
    frame = outside_frame_make(LVMM_NET_LISTEN, sizeof(name));
    if (frame == NULL)
        return;
    if (tcp->outside == NULL && outside_open(kind_of(tcp), 0, 0, &tcp->outside) != 0) {
        kfree(frame);
        return;
    }
    tcp->outside->ops = &listener_ops;
    tcp->outside->owner = tcp;
    memcpy(outside_frame_bytes(frame), &name, sizeof(name));
    frame->head.value = tcp->backlog;
    outside_send(tcp->outside, frame);
    tcp_outside_admit(tcp);
    outside_kick();
}
