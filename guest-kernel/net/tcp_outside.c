/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_outside.c - see tcp_outside.h. */
#include "net/tcp_outside.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/socket.h"
#include "core/clock.h"
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
    uint64_t room = tcp->outside->may_send - tcp->outside->sent;

    return room > tcp->copying ? room - tcp->copying : 0;
}

bool tcp_outside_is_writable(const struct tcp_socket *tcp)
{
    return tcp_outside_room(tcp) >= WRITABLE_ROOM;
}

void tcp_outside_room_made(struct tcp_socket *tcp)
{
    if (tcp->outside == NULL || !tcp->room_awaited || !tcp_outside_is_writable(tcp))
        return;
    tcp->room_awaited = false;
    socket_changed(tcp_socket_of(tcp), POLLOUT | POLLWRNORM);
}

void tcp_outside_took(struct tcp_socket *tcp)
{
    uint64_t most = tcp->inet.socket.receive_size;

    /* Who reads much at Linux's default size has more, as there: the peer needn't wait for each word of room. */
    if (stream_memory_is_short())
        most = SHORT_ROOM;
    else if (most == TCP_RECEIVE_SIZE && tcp->in.read >= most && outside_grow(tcp->outside))
        most = OUTSIDE_ROOM_GROWN;
    outside_make_room(tcp->outside, tcp->in.read + most, most / 2);
}

/* ---- what the host knows ---- */

#define ASK_NS 1000000000ull /* who doesn't answer has ended, or is stopped */

const struct lvmm_net_info *tcp_outside_ask(struct tcp_socket *tcp)
{
    struct outside *outside = tcp->outside;
    struct outside_frame *frame;
    uint64_t deadline_ns = clock_monotonic_ns() + ASK_NS;
    unsigned count = tcp->info_count;
    int error = 0;

    if (outside == NULL || tcp->state == TCP_SYN_SENT || tcp->state == TCP_LISTEN)
        return NULL;
    if (tcp->info == NULL)
        tcp->info = kmalloc(sizeof(*tcp->info));
    frame = tcp->info == NULL ? NULL : outside_frame_make(LVMM_NET_INFO, 0);
    if (frame == NULL)
        return NULL;
    outside_send(outside, frame);
    outside_kick();
    while (error == 0 && tcp->outside == outside && tcp->info_count == count)
        error = socket_wait(tcp_socket_of(tcp), 0, deadline_ns);
    return tcp->outside == outside && tcp->info_count != count ? tcp->info : NULL;
}

/* ---- what is sent ---- */

static uint8_t frame_flags(int flags)
{
    return (flags & MSG_OOB ? LVMM_NET_URGENT_BYTE : 0) | (flags & MSG_MORE ? LVMM_NET_MORE : 0);
}

int tcp_outside_put(struct tcp_socket *tcp, const void *bytes, size_t size, int flags)
{
    struct outside_frame *frame;

    if (size == 0)
        return 0;
    frame = outside_frame_make(LVMM_NET_DATA, (uint32_t)size);
    if (frame == NULL)
        return -ENOMEM;
    memcpy(outside_frame_bytes(frame), bytes, size);
    frame->head.flags = frame_flags(flags);
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

int tcp_outside_add(struct tcp_socket *tcp, struct stream_piece *piece, uint64_t size, int flags)
{
    struct piece_frame *own = kmalloc(sizeof(*own));

    if (own == NULL) {
        stream_piece_free(piece);
        return -ENOMEM;
    }
    own->piece = piece;
    own->frame.payload = stream_piece_bytes(piece);
    own->frame.sent = piece_was_sent;
    own->frame.head =
        (struct lvmm_net_frame){.type = LVMM_NET_DATA, .flags = frame_flags(flags), .size = (uint32_t)size};
    outside_send(tcp->outside, &own->frame);
    return 0;
}

void tcp_outside_close(struct tcp_socket *tcp, uint8_t flags)
{
    outside_close(tcp->outside, flags, 0);
    tcp->outside = NULL;
    tcp->is_broken = false;
}

void tcp_tuned(struct socket *socket)
{
    struct tcp_socket *tcp = tcp_of(socket);

    if (tcp->outside != NULL)
        outside_pace();
    if (tcp->outside == NULL) /* any more, perhaps */
        return;
    outside_options_send(tcp->outside, &tcp->inet, &tcp->settings, true);
    outside_kick();
}
