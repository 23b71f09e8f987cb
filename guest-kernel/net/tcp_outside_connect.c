/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_outside_connect.c - connections to the outside, and what comes by them and by those from there. */
#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/socket.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "net/outside.h"
#include "net/outside_name.h"
#include "net/outside_options.h"
#include "net/tcp_outside.h"
#include "net/tcp_transport.h"
#include "vfs/owner.h"

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

    if (head->size == 0)
        return;
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

/* Behind what the program hasn't read yet there is an urgent byte. */
static void came_urgent(struct tcp_socket *tcp)
{
    if (tcp->urgent_told)
        return;
    tcp->urgent_told = true;
    if (tcp_socket_of(tcp)->file != NULL)
        owner_signal_urgent(tcp_socket_of(tcp)->file);
}

static void came_info(struct tcp_socket *tcp, const struct lvmm_net_frame *head, const uint8_t *payload)
{
    if (tcp->info == NULL || head->size < sizeof(*tcp->info))
        return;
    memcpy(tcp->info, payload, sizeof(*tcp->info));
    tcp->info_count++;
    socket_changed(tcp_socket_of(tcp), 0);
}

/* Who waits for room to send needn't any longer. */
static void came_broken(struct tcp_socket *tcp, const struct lvmm_net_frame *head)
{
    if (tcp->is_broken || tcp->state == TCP_SYN_SENT || head->error == 0)
        return;
    tcp->is_broken = true;
    tcp_socket_of(tcp)->error = -(int)head->error;
    socket_changed(tcp_socket_of(tcp), POLLIN | POLLRDNORM | POLLRDHUP | POLLOUT | POLLWRNORM | POLLERR | POLLHUP);
}

/* Somebody may have been told of it already. */
static void came_error(struct tcp_socket *tcp, const struct lvmm_net_frame *head)
{
    bool was_told = tcp->is_broken && tcp_socket_of(tcp)->error == 0;

    tcp_outside_close(tcp, 0);
    tcp_fail(tcp, was_told ? 0 : -(int)head->error);
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
    case LVMM_NET_URGENT:
        came_urgent(tcp);
        break;
    case LVMM_NET_INFO:
        came_info(tcp, head, payload);
        break;
    case LVMM_NET_END:
        if (!tcp->end_received)
            tcp_take_end(tcp);
        break;
    case LVMM_NET_BROKEN:
        came_broken(tcp, head);
        break;
    case LVMM_NET_ERROR:
        came_error(tcp, head);
        return;
    default:
        break;
    }
    if (tcp->outside == outside && tcp->state != TCP_SYN_SENT)
        tcp_outside_room_made(tcp);
}

const struct outside_ops tcp_outside_ops = {.came = came};

/* ---- connections to the outside ---- */

int tcp_outside_connect(struct tcp_socket *tcp)
{
    const struct inet_use *use = &tcp->inet.use;
    const struct lvmm_net_names names = {.local = outside_name(&use->local), .peer = outside_name(&use->peer)};
    struct outside_frame *frame = outside_frame_make(LVMM_NET_CONNECT, sizeof(names));
    int error = -ENOMEM;

    if (frame != NULL)
        error =
            outside_open(tcp_outside_kind(tcp), LVMM_NET_STREAM_CREDIT, tcp->inet.socket.receive_size, &tcp->outside);
    if (error != 0) {
        kfree(frame);
        return error;
    }
    tcp->outside->ops = &tcp_outside_ops;
    tcp->outside->owner = tcp;
    outside_options_send(tcp->outside, &tcp->inet, &tcp->settings, false);
    memcpy(outside_frame_bytes(frame), &names, sizeof(names));
    outside_send(tcp->outside, frame);
    outside_kick();
    return 0;
}
