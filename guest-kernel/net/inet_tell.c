/* SPDX-License-Identifier: Apache-2.0 */
/* inet_tell.c - see inet_tell.h. */
#include "net/inet_tell.h"

#include "abi/socket.h"
#include "core/clock.h"
#include "net/datagram.h"
#include "net/tcp.h"
#include "vfs/vfs.h"

static void tell_socket(const struct socket *socket, struct inet_told *out)
{
    const struct file *file = socket->file;

    out->v6 = socket->family == AF_INET6;
    out->inode = file != NULL && file->inode != NULL ? file->inode->number : 0;
    out->user = file != NULL && file->inode != NULL ? file->inode->uid : 0;
}

static void tell_time_wait(struct inet_use *use, struct inet_told *out)
{
    uint64_t now_ns = clock_monotonic_ns(), end_ns = tcp_time_wait_of(use)->deadline_ns;

    out->state = TCP_TIME_WAIT;
    out->v6 = !inet_is_v4(&use->local);
    out->timer = 3;
    out->expires_ms = end_ns > now_ns ? (uint32_t)((end_ns - now_ns) / 1000000) : 0;
}

static bool tell_tcp(struct inet_use *use, struct inet_told *out)
{
    struct tcp_socket *tcp = (struct tcp_socket *)(void *)use->socket;

    if (tcp->state == TCP_CLOSE)
        return false;
    out->state = tcp->state;
    tell_socket(&tcp->inet.socket, out);
    if (tcp->state == TCP_LISTEN) {
        out->unread = tcp->accepted_count;
        out->unsent = tcp->backlog;
    } else {
        out->unread = (uint32_t)stream_size(&tcp->in);
    }
    return true;
}

bool inet_tell(const struct inet_table *table, struct inet_use *use, struct inet_told *out)
{
    const struct datagram_socket *datagram;

    *out = (struct inet_told){0};
    if (use->socket == NULL) {
        tell_time_wait(use, out);
        return true;
    }
    if (table == &tcp_table)
        return tell_tcp(use, out);
    datagram = (const struct datagram_socket *)(const void *)use->socket;
    tell_socket(&datagram->inet.socket, out);
    out->state = datagram->is_connected ? TCP_ESTABLISHED : TCP_CLOSE;
    out->unread = (uint32_t)datagram->received.used;
    out->dropped = datagram->dropped;
    return true;
}
