/* SPDX-License-Identifier: Apache-2.0 */
/* stream.c - TCP connections, each by one of the host's. */
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vmm/net/resolver_stream.h"
#include "vmm/net/sockets.h"

#define LINGER_TICK_MS 10u
#define READ_MOST (256u << 10) /* by one call: before others have their turn */
#define PLACES 16u
#define COPY_MOST LVMM_NET_PAYLOAD_MAX
#define ORPHAN_MS 120000u /* that a peer may take nothing of what nobody waits for: about as long as Linux's own */

/* Urgent bytes stay where they are in the stream. */
static void set_inline(int fd)
{
    const int one = 1;

    setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &one, sizeof(one));
}

int net_stream_take(struct net_socket *socket, int fd)
{
    set_inline(fd);
    return net_socket_take(socket, fd);
}

int net_stream_open(struct net_socket *stream)
{
    const int zero = 0;
    int fd = socket(stream->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (stream->family == AF_INET6) /* mapped addresses are for it, whatever net.ipv6.bindv6only is here */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
    return net_stream_take(stream, fd);
}

/* ---- connect ---- */

static void connected(struct net_socket *socket)
{
    socket->state = NET_CONNECTED;
    socket->readable = socket->writable = true;
    socket->news |= NEWS_CONNECTED;
}

/* The resolver is at the other end of a pair; so it is a connection like the others. */
static void connect_dns(struct net_socket *socket)
{
    int ends[2];

    if (socket->helper->resolver == NULL) {
        net_socket_fail(socket, ECONNREFUSED);
        return;
    }
    net_watches_close(&socket->watch);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0) {
        net_socket_fail(socket, errno);
        return;
    }
    net_resolver_serve(socket->helper->resolver, ends[1]);
    int error = net_socket_take(socket, ends[0]);
    if (error < 0) {
        net_socket_fail(socket, -error);
        return;
    }
    connected(socket);
}

void net_stream_connect(struct net_socket *socket, const struct net_endpoint *to)
{
    struct net_endpoint where = *to;
    struct sockaddr_storage name;
    socklen_t size;

    socket->peer = *to;
    if (net_is_dns(socket->helper, to)) {
        connect_dns(socket);
        return;
    }
    net_from_guest(socket->helper, &where);
    if (!net_may_reach(socket->helper, IPPROTO_TCP, &where)) {
        net_socket_fail(socket, EACCES);
        return;
    }
    size = net_endpoint_sockaddr(&where, socket->family, &name);
    if (size == 0)
        net_socket_fail(socket, EAFNOSUPPORT);
    else if (connect(socket->watch.fd, (struct sockaddr *)&name, size) == 0)
        connected(socket);
    else if (errno == EINPROGRESS)
        socket->state = NET_CONNECTING;
    else
        net_socket_fail(socket, errno);
}

static int pending_error(const struct net_socket *socket)
{
    int error = 0;
    socklen_t size = sizeof(error);

    return getsockopt(socket->watch.fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? errno : error;
}

static void connect_ends(struct net_socket *socket)
{
    int error = pending_error(socket);

    if (error != 0)
        net_socket_fail(socket, error);
    else
        connected(socket);
}

/* ---- to the host ---- */

/* The connection doesn't take any more. What the other side has sent is still read, its error comes behind that. */
static void send_fails(struct net_socket *socket, int error)
{
    net_chunks_clear(socket);
    socket->send_error = (uint16_t)error;
    socket->readable = socket->end_is_near = true;
    socket->news |= NEWS_BROKEN;
}

/* One call: how many bytes it takes, 0: none now, or -1: it has failed. Parts that are sent are cut off. */
static ssize_t send_once(struct net_socket *socket, struct iovec *part, unsigned count, int flags)
{
    const struct msghdr message = {.msg_iov = part, .msg_iovlen = count};
    ssize_t n = sendmsg(socket->watch.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT | flags);

    if (n >= 0) {
        for (size_t i = 0, left = (size_t)n; left > 0; i++) {
            size_t cut = left < part[i].iov_len ? left : part[i].iov_len;

            part[i].iov_base = (uint8_t *)part[i].iov_base + cut;
            part[i].iov_len -= cut;
            left -= cut;
        }
        return n;
    }
    if (errno == EAGAIN || errno == ENOBUFS)
        socket->writable = false;
    if (!socket->writable || errno == EINTR)
        return 0;
    send_fails(socket, errno);
    return -1;
}

/* How many bytes it takes now, or -1: it has failed. An urgent byte goes alone: what is before it is not urgent. */
static ssize_t send_some(struct net_socket *socket, const uint8_t *bytes, size_t size, bool urgent)
{
    size_t done = 0;

    while (done < size && socket->writable) {
        bool is_last = urgent && size - done == 1;
        struct iovec part = {(void *)(uintptr_t)(bytes + done), urgent && !is_last ? size - done - 1 : size - done};
        ssize_t n = send_once(socket, &part, 1, is_last ? MSG_OOB : 0);

        if (n < 0)
            return n;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

static void finish_close(struct net_socket *socket)
{
    net_watches_close(&socket->watch);
    socket->news = NEWS_CLOSED;
    net_socket_stir(socket);
}

/* Once all is sent: the end, if that was asked for, and then its own. */
static void sent_all(struct net_socket *socket)
{
    if (socket->ends && socket->send_error == 0)
        shutdown(socket->watch.fd, SHUT_WR);
    if (socket->state != NET_CLOSING)
        return;
    if (socket->lingers && socket->send_error == 0) {
        shutdown(socket->watch.fd, SHUT_WR);
        net_timer_set(&socket->helper->watches, &socket->timer, LINGER_TICK_MS);
    } else {
        finish_close(socket);
    }
}

/* What is left of it, up to its urgent byte. As send_some. */
static ssize_t send_chunk(struct net_socket *socket, const struct net_chunk *chunk)
{
    return send_some(socket, chunk->bytes + chunk->done, chunk->urgent - chunk->done, true);
}

/* The first chunks that have no urgent byte to come, by one call. As send_once. */
static ssize_t send_chunks_together(struct net_socket *socket)
{
    struct iovec part[NET_GATHER];
    unsigned count = 0;

    for (const struct net_chunk *chunk = socket->out;
         chunk != NULL && count < NET_GATHER && chunk->urgent <= chunk->done; chunk = chunk->next)
        part[count++] = (struct iovec){(void *)(uintptr_t)(chunk->bytes + chunk->done), chunk->size - chunk->done};
    return send_once(socket, part, count, 0);
}

static void chunks_take(struct net_socket *socket, size_t sent)
{
    while (sent > 0) {
        struct net_chunk *chunk = socket->out;
        size_t left = chunk->size - chunk->done, part = sent < left ? sent : left;

        chunk->done += (uint32_t)part;
        socket->out_bytes -= part;
        sent -= part;
        if (chunk->done == chunk->size)
            net_chunk_drop(socket);
    }
}

static void send_chunks(struct net_socket *socket)
{
    size_t done = 0;

    if (socket->out == NULL)
        return;
    while (socket->out != NULL && socket->writable) {
        struct net_chunk *chunk = socket->out;
        bool urgent = chunk->urgent > chunk->done;
        ssize_t n = urgent ? send_chunk(socket, chunk) : send_chunks_together(socket);

        if (n < 0)
            break;
        done += (size_t)n;
        chunks_take(socket, (size_t)n);
    }
    net_credit_give(socket, done);
    if (socket->out == NULL)
        sent_all(socket);
}

/* For later. False: the connection has ended by that. */
static bool keep(struct net_socket *socket, const void *bytes, size_t size, bool urgent)
{
    if (net_chunk_add(socket, bytes, size, urgent, NULL))
        return true;
    net_socket_fail(socket, ENOMEM);
    return false;
}

/* What is kept for later goes without MSG_MORE: nobody would wait for a segment to be full then. */
void net_stream_data(struct net_socket *socket, struct iovec *part, unsigned count, bool more)
{
    size_t size = 0, done = 0;
    unsigned first = 0;

    if (socket->send_error != 0)
        return;
    for (unsigned i = 0; i < count; i++)
        size += part[i].iov_len;
    while (done < size && socket->out == NULL && socket->writable) {
        ssize_t n = send_once(socket, part + first, count - first, more ? MSG_MORE : 0);

        if (n < 0)
            return;
        done += (size_t)n;
        while (first < count && part[first].iov_len == 0)
            first++;
    }
    net_credit_give(socket, done);
    while (first < count && keep(socket, part[first].iov_base, part[first].iov_len, false))
        first++;
}

void net_stream_urgent(struct net_socket *socket, const uint8_t *bytes, size_t size)
{
    ssize_t n = 0;

    if (socket->send_error != 0)
        return;
    if (socket->out == NULL)
        n = send_some(socket, bytes, size, true);
    if (n < 0)
        return;
    net_credit_give(socket, (size_t)n);
    if ((size_t)n < size)
        (void)keep(socket, bytes + n, size - (size_t)n, true);
}

void net_stream_shutdown(struct net_socket *socket)
{
    socket->ends = true;
    if (socket->out == NULL)
        sent_all(socket);
}

/* ---- its end ---- */

static void linger_again(void *owner)
{
    struct net_socket *socket = owner;
    int left = 0;

    bool waits = ioctl(socket->watch.fd, SIOCOUTQ, &left) == 0 && left > 0 && socket->linger_ms > LINGER_TICK_MS;
    if (!waits) {
        finish_close(socket);
        return;
    }
    socket->linger_ms -= LINGER_TICK_MS;
    net_timer_set(&socket->helper->watches, &socket->timer, LINGER_TICK_MS);
}

/* While what it has isn't sent its time doesn't run: the peer decides how long that takes, as it does with any. */
void net_stream_close(struct net_socket *socket, bool reset, bool linger, uint32_t linger_ms)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    const unsigned orphan_ms = ORPHAN_MS;
    bool is_connected = socket->state == NET_CONNECTED;

    socket->state = NET_CLOSING;
    socket->news = 0;
    socket->lingers = linger && is_connected;
    socket->linger_ms = linger_ms;
    socket->timer.expired = linger_again;
    socket->timer.owner = socket;
    if (reset) {
        setsockopt(socket->watch.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        net_chunks_clear(socket);
    }
    if (socket->out != NULL && !(socket->option_set & 1u << LVMM_NET_USER_TIMEOUT))
        setsockopt(socket->watch.fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &orphan_ms, sizeof(orphan_ms));
    if (reset || !is_connected)
        finish_close(socket);
    else if (socket->out == NULL)
        sent_all(socket);
}

static void stream_events(struct net_socket *socket, uint32_t events)
{
    if (socket->state == NET_CONNECTING && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0)
        connect_ends(socket);
    if (socket->state != NET_CONNECTED && socket->state != NET_CLOSING)
        return;
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
        socket->readable = socket->more_came = true;
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
        socket->end_is_near = true;
    if ((events & EPOLLERR) != 0 && socket->end_told && socket->send_error == 0)
        socket->send_error = (uint16_t)pending_error(socket); /* nobody reads any more who would be told */
    if ((events & EPOLLPRI) != 0 && socket->state == NET_CONNECTED && !socket->urgent_ahead) {
        socket->urgent_ahead = true;
        socket->news |= NEWS_URGENT;
    }
    if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) {
        socket->writable = true;
        send_chunks(socket);
    }
    if (socket->state == NET_CLOSING && socket->send_error != 0 && socket->watch.fd >= 0)
        finish_close(socket);
}

/* ---- to the guest ---- */

/* The connection has no more to be read. */
static bool read_ends(struct net_socket *socket)
{
    struct lvmm_net_frame frame = {.type = 0};

    socket->readable = false;
    if (socket->send_error != 0) {
        net_socket_fail(socket, socket->send_error);
    } else if (!socket->end_told) {
        socket->end_told = true;
        net_tell(socket, LVMM_NET_END, &frame, NULL, 0, NULL, 0);
    }
    return false;
}

/* At the mark there is one byte to be read, the urgent one. */
static bool is_at_mark(const struct net_socket *socket)
{
    int at_mark = 0;

    return ioctl(socket->watch.fd, SIOCATMARK, &at_mark) == 0 && at_mark != 0;
}

/* How many bytes can be read now that are all urgent or all not: one that is urgent stands alone. What comes meanwhile
 * isn't counted, as it may be urgent; what was counted is there until it is read, and isn't counted again. A read stops
 * before the mark, or just there by itself: so each one begins with a look. */
static size_t count_readable(struct net_socket *socket, size_t most, bool *urgent)
{
    int count = 0;

    *urgent = false;
    if (socket->counted == 0) {
        socket->more_came = false;
        if (ioctl(socket->watch.fd, FIONREAD, &count) == 0 && count > 0)
            socket->counted = (size_t)count;
    }
    if (socket->counted == 0)
        return 0;
    *urgent = is_at_mark(socket);
    if (*urgent)
        return 1;
    return socket->counted < most ? socket->counted : most;
}

/* Nothing is there to be read: is that the end, or an error? True: there is something now. */
static bool nothing_readable(struct net_socket *socket)
{
    uint8_t byte;
    ssize_t n = recv(socket->watch.fd, &byte, sizeof(byte), MSG_DONTWAIT | MSG_PEEK);

    if (n > 0)
        return true;
    if (n == 0)
        return read_ends(socket);
    socket->readable = errno == EINTR;
    if (errno != EAGAIN && errno != EINTR)
        net_socket_fail(socket, errno);
    else if (errno == EAGAIN && socket->send_error != 0)
        net_socket_fail(socket, socket->send_error);
    return errno == EINTR;
}

static void was_read(struct net_socket *socket, ssize_t n)
{
    if (n <= 0) {
        socket->counted = 0;
        return;
    }
    socket->counted -= (size_t)n;
    socket->sent += (uint64_t)n;
}

/* Places for no more than `most` bytes in all. */
static unsigned places_for(const struct net_link *link, struct iovec *place, size_t most)
{
    unsigned count = link->places == NULL ? 0 : link->places(link->owner, place, PLACES, most), used = 0;

    for (; used < count && most > 0; used++) {
        place[used].iov_len = place[used].iov_len < most ? place[used].iov_len : most;
        most -= place[used].iov_len;
    }
    return used;
}

/* Reads into the guest's buffers, several by one call. 1: so it was done; 0: there are no such places; -1: nothing was
 * there. */
static int read_placed(struct net_socket *socket, size_t most)
{
    struct iovec place[PLACES];
    struct msghdr message = {.msg_iov = place, .msg_iovlen = places_for(&socket->helper->link, place, most)};

    if (message.msg_iovlen == 0)
        return 0;
    ssize_t n = recvmsg(socket->watch.fd, &message, MSG_DONTWAIT);
    was_read(socket, n);
    if (n <= 0)
        return -1;
    for (size_t i = 0, left = (size_t)n; left > 0; i++) {
        struct lvmm_net_frame frame = {.type = 0};
        size_t size = left < place[i].iov_len ? left : place[i].iov_len;

        left -= size;
        net_tell_placed(socket, LVMM_NET_DATA, &frame, size);
    }
    return 1;
}

/* One frame, by our buffer. False: nothing was there. */
static bool read_copied(struct net_socket *socket, size_t most, bool urgent)
{
    struct lvmm_net_frame frame = {.flags = urgent ? LVMM_NET_URGENT_BYTE : 0};
    ssize_t n = recv(socket->watch.fd, socket->helper->buffer, most, MSG_DONTWAIT);

    was_read(socket, n);
    if (n <= 0)
        return false;
    if (urgent)
        socket->urgent_ahead = false;
    net_tell(socket, LVMM_NET_DATA, &frame, socket->helper->buffer, (size_t)n, NULL, 0);
    return true;
}

static bool stream_turn(struct net_socket *socket, size_t room)
{
    uint64_t credit = socket->guest_credit - socket->sent;
    size_t most = READ_MOST, copied = room - sizeof(struct lvmm_net_frame);
    bool urgent;

    if (socket->state != NET_CONNECTED)
        return false;
    if (socket->end_told)
        return socket->send_error != 0 && read_ends(socket);
    if (!socket->readable || credit == 0)
        return false;
    most = most < credit ? most : (size_t)credit;
    copied = copied < COPY_MOST ? copied : COPY_MOST;
    most = count_readable(socket, most, &urgent);
    if (most == 0)
        return nothing_readable(socket);
    int placed = urgent ? 0 : read_placed(socket, most);
    if (placed < 0 || (placed == 0 && !read_copied(socket, most < copied ? most : copied, urgent)))
        return nothing_readable(socket);
    /* What comes after they were counted is told by an event of its own, as is the end: who has had none need not look
     * whether there is more. */
    socket->readable = socket->counted != 0 || socket->more_came || socket->end_is_near;
    return socket->readable;
}

static void stream_release(struct net_socket *socket)
{
    net_chunks_clear(socket);
    socket->helper->pool -= socket->window - LVMM_NET_STREAM_CREDIT;
    socket->window = LVMM_NET_STREAM_CREDIT;
}

const struct net_kind net_kind_stream = {LVMM_NET_STREAM_CREDIT, stream_events, stream_turn, stream_release};
