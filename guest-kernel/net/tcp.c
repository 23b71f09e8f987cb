/* SPDX-License-Identifier: Apache-2.0 */
/* tcp.c - TCP's sockets: how they are made, polled and asked (tcp(7)). */
#include "net/tcp.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/socket.h"
#include "boot/abi_net.h"
#include "mm/usercopy.h"

static uint32_t tcp_poll(struct socket *socket)
{
    struct tcp_socket *tcp = tcp_of(socket);
    uint32_t events = 0;

    if (tcp->state == TCP_LISTEN)
        return list_is_empty(&tcp->accepted) ? 0 : POLLIN | POLLRDNORM;
    if (tcp->is_broken) /* as one that is closed */
        return POLLHUP | POLLIN | POLLRDNORM | POLLRDHUP | POLLOUT | POLLWRNORM;
    if (tcp->state == TCP_CLOSE || (socket->read_shut && socket->write_shut))
        events |= POLLHUP;
    if (socket->read_shut)
        events |= POLLIN | POLLRDNORM | POLLRDHUP;
    if (tcp->state == TCP_SYN_SENT)
        return events;
    if (stream_size(&tcp->in) >= socket->receive_least + (tcp_is_at_mark(tcp) && !socket->out_of_band_inline))
        events |= POLLIN | POLLRDNORM;
    if (socket->write_shut || tcp_is_writable(tcp))
        events |= POLLOUT | POLLWRNORM;
    else
        tcp->room_awaited = true;
    if (tcp->urgent == TCP_URGENT_UNREAD)
        events |= POLLPRI;
    return events;
}

static int number_put(uint64_t arg, uint64_t number)
{
    int32_t value = (int32_t)number;

    return copy_to_user(arg, &value, sizeof(value));
}

/* Bytes that don't fit into the other end's buffer are under way, as far as the program can tell. */
static uint64_t unacknowledged(struct tcp_socket *tcp)
{
    const struct lvmm_net_info *told = tcp_outside_ask(tcp);
    uint64_t queued, most;

    if (told != NULL)
        return told->unsent;
    if (tcp->peer == NULL || tcp->state == TCP_SYN_SENT)
        return 0;
    queued = stream_size(&tcp->peer->in);
    most = tcp->peer->inet.socket.receive_size;
    return queued > most ? queued - most : 0;
}

static int64_t tcp_ioctl(struct socket *socket, unsigned request, uint64_t arg)
{
    struct tcp_socket *tcp = tcp_of(socket);

    switch (request) {
    case FIONREAD:
        return tcp->state == TCP_LISTEN ? -EINVAL : number_put(arg, tcp_readable(tcp));
    case TIOCOUTQ:
        return tcp->state == TCP_LISTEN ? -EINVAL : number_put(arg, unacknowledged(tcp));
    case SIOCOUTQNSD:
        return tcp->state == TCP_LISTEN ? -EINVAL : number_put(arg, 0);
    case SIOCATMARK:
        return number_put(arg, tcp_is_at_mark(tcp));
    default:
        return -ENOTTY;
    }
}

static int tcp_name(struct socket *socket, bool peer, struct socket_address *out)
{
    const struct tcp_socket *tcp = tcp_of(socket);

    if (peer && (tcp->state == TCP_CLOSE || tcp->state == TCP_SYN_SENT || tcp->state == TCP_LISTEN))
        return -ENOTCONN;
    return inet_name(socket, peer, out);
}

static const struct socket_ops tcp_ops = {
    .bind = tcp_bind,
    .connect = tcp_connect,
    .listen = tcp_listen,
    .accept = tcp_accept,
    .name = tcp_name,
    .send = tcp_send,
    .receive = tcp_receive,
    .shutdown = tcp_shutdown,
    .set_option = tcp_set_option,
    .get_option = tcp_get_option,
    .tuned = tcp_tuned,
    .receive_least_most = TCP_RECEIVE_MOST / 2,
    .ioctl = tcp_ioctl,
    .poll = tcp_poll,
    .closing = tcp_closing,
    .release = tcp_release,
};

int tcp_create(uint16_t family, struct tcp_socket **out)
{
    return tcp_alloc(&tcp_ops, family, out);
}
