/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_outside.c - see tcp_outside.h. */
#include "net/tcp_outside.h"

#include "abi/errno.h"
#include "abi/socket.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "net/outside.h"
#include "net/outside_options.h"

#define SHORT_ROOM 4096u    /* for the peer, where streams take too much memory */
#define WRITABLE_ROOM 2048u /* from so much on there is POLLOUT: less than half of the first credit */

uint32_t tcp_outside_kind(const struct tcp_socket *tcp)
{
    return tcp->inet.socket.family | SOCK_STREAM << 8 | IPPROTO_TCP << 16;
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

void tcp_tuned(struct socket *socket)
{
    struct tcp_socket *tcp = tcp_of(socket);

    if (tcp->outside == NULL)
        return;
    outside_options_send(tcp->outside, &tcp->inet, &tcp->settings, true);
    outside_kick();
}
