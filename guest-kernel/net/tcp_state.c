/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_state.c - a TCP socket's memory, and what follows from its state alone. */
#include "abi/errno.h"
#include "abi/socket.h"
#include "mm/kmalloc.h"
#include "net/inet_counts.h"
#include "net/tcp.h"
#include "net/tcp_outside.h"

#define SEND_SIZE_GROWN (256u << 10) /* of a socket whose program hasn't chosen another: Linux lets it grow, too */
#define SHORT_ROOM 4096u             /* what an empty stream takes where all of them together take too much */

int tcp_alloc(const struct socket_ops *ops, uint16_t family, struct tcp_socket **out)
{
    struct tcp_socket *tcp = kmalloc(sizeof(*tcp));

    if (tcp == NULL)
        return -ENOMEM;
    inet_init(&tcp->inet, ops, family, SOCK_STREAM, IPPROTO_TCP);
    tcp->inet.socket.receive_size = TCP_RECEIVE_SIZE;
    tcp->inet.socket.send_size = TCP_SEND_SIZE;
    tcp->state = TCP_CLOSE;
    tcp_settings_init(&tcp->settings);
    *out = tcp;
    return 0;
}

void tcp_free(struct tcp_socket *tcp)
{
    timer_cancel(&tcp->timer);
    inet_port_leave(&tcp->inet.use);
    stream_clear(&tcp->in);
    kfree(tcp->info);
    socket_end(&tcp->inet.socket);
    kfree(tcp);
}

void tcp_set_closed(struct tcp_socket *tcp)
{
    if (tcp->state == TCP_SYN_SENT)
        inet_counts.attempt_fails++;
    else if (tcp->state == TCP_ESTABLISHED || tcp->state == TCP_CLOSE_WAIT)
        inet_counts.established_resets++;
    tcp->state = TCP_CLOSE;
    tcp->peer = NULL;
    if (tcp->outside != NULL)
        tcp_outside_close(tcp, 0);
    timer_cancel(&tcp->timer);
    if (tcp->inet.port_is_bound)
        inet_tuple_remove(&tcp->inet.use);
    else
        inet_port_leave(&tcp->inet.use);
}

static unsigned pending; /* connections that wait to be accepted */

void tcp_pending_add(int more)
{
    pending += (unsigned)more;
}

unsigned tcp_pending_count(void)
{
    return pending;
}

/* ---- room ---- */

static uint64_t capacity(const struct tcp_socket *tcp)
{
    const struct socket *socket = &tcp->inet.socket;
    uint64_t own = socket->send_size == TCP_SEND_SIZE ? SEND_SIZE_GROWN : socket->send_size;

    return own + tcp->peer->inet.socket.receive_size;
}

uint64_t tcp_room(const struct tcp_socket *tcp)
{
    uint64_t most, used;

    if (tcp->outside != NULL)
        return tcp_outside_room(tcp);
    if (tcp->peer == NULL)
        return SHORT_ROOM; /* what is sent is an error, but doesn't wait */
    used = stream_size(&tcp->peer->in);
    most = stream_memory_is_short() ? SHORT_ROOM : capacity(tcp);
    return used < most ? most - used : 0;
}

bool tcp_is_writable(const struct tcp_socket *tcp)
{
    if (tcp->outside != NULL)
        return tcp_outside_is_writable(tcp);
    return tcp->peer == NULL || tcp_room(tcp) * 2 >= stream_size(&tcp->peer->in);
}
