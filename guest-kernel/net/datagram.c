/* SPDX-License-Identifier: Apache-2.0 */
/* datagram.c - see datagram.h. */
#include "net/datagram.h"

#include "abi/errno.h"
#include "abi/inet.h"
#include "abi/poll.h"
#include "abi/socket.h"
#include "core/clock.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "mm/usercopy.h"
#include "net/inet_counts.h"

#define SMALL_MOST 1024u /* bytes of kmalloc's; larger ones are in pages, which needn't be cleared */

#define MEMORY_PART 8u /* of all memory: what packets that wait may take */

static uint64_t memory; /* bytes that all packets take */

static bool memory_is_short(void)
{
    return memory > (page_total_count() << PAGE_SHIFT) / MEMORY_PART;
}

/* ---- packets ---- */

/* Bytes that it takes, which with large pages are many more than it has. */
static uint64_t footprint(const struct datagram *datagram)
{
    return datagram->order == DATAGRAM_SMALL ? sizeof(*datagram) + datagram->size : PAGE_SIZE << datagram->order;
}

struct datagram *datagram_create(uint32_t size)
{
    size_t bytes = sizeof(struct datagram) + size;
    uint8_t order = 0;
    struct datagram *datagram;

    if (bytes <= SMALL_MOST) {
        datagram = kmalloc(bytes);
        order = DATAGRAM_SMALL;
    } else {
        struct page *page;

        while ((PAGE_SIZE << order) < bytes)
            order++;
        page = page_alloc_order_dirty(order);
        datagram = page != NULL ? page_data(page) : NULL;
    }
    if (datagram == NULL)
        return NULL;
    memset(datagram, 0, sizeof(*datagram));
    datagram->refs = 1;
    datagram->size = size;
    datagram->order = order;
    memory += footprint(datagram);
    return datagram;
}

void datagram_put(struct datagram *datagram)
{
    if (--datagram->refs != 0)
        return;
    memory -= footprint(datagram);
    if (datagram->order == DATAGRAM_SMALL)
        kfree(datagram);
    else
        page_put_order(page_of(virt_to_phys(datagram)), datagram->order);
}

struct datagram *datagram_trim(struct datagram *datagram)
{
    struct datagram *less = datagram_create(datagram->size);

    if (less != NULL) {
        memcpy(less->bytes, datagram->bytes, datagram->size);
        less->from = datagram->from;
        less->to = datagram->to;
        less->ttl = datagram->ttl;
        less->tos = datagram->tos;
    }
    datagram_put(datagram);
    return less;
}

static void queue_add(struct datagram_queue *queue, struct datagram *datagram)
{
    if (queue->last != NULL)
        queue->last->next = datagram;
    else
        queue->first = datagram;
    queue->last = datagram;
    queue->used += DATAGRAM_OVERHEAD + datagram->size;
}

static struct datagram *queue_take(struct datagram_queue *queue)
{
    struct datagram *datagram = queue->first;

    if (datagram == NULL)
        return NULL;
    queue->first = datagram->next;
    if (queue->first == NULL)
        queue->last = NULL;
    datagram->next = NULL;
    queue->used -= DATAGRAM_OVERHEAD + datagram->size;
    return datagram;
}

void datagram_clear(struct datagram_socket *datagram)
{
    struct datagram *one;

    while ((one = queue_take(&datagram->received)) != NULL)
        datagram_put(one);
    while ((one = queue_take(&datagram->errors)) != NULL)
        datagram_put(one);
}

/* Is it one that is counted? */
static bool is_udp4(const struct socket *socket, const struct datagram *datagram)
{
    return socket->protocol == IPPROTO_UDP && inet_is_v4(&datagram->to);
}

/* What the socket's program doesn't want isn't there. False: nothing of it is. */
static bool filter(const struct datagram_socket *to, struct datagram *datagram)
{
    uint32_t kept = datagram_filter(to, datagram);

    if (kept == DATAGRAM_DROPPED)
        return false;
    memory -= footprint(datagram);
    datagram->size = kept;
    memory += footprint(datagram);
    return true;
}

bool datagram_deliver(struct datagram_socket *to, struct datagram *datagram)
{
    struct socket *socket = &to->inet.socket;

    if (__builtin_expect(socket->filter != NULL, false) != 0 && !filter(to, datagram)) {
        to->dropped += datagram_is_udp(socket);
        datagram_put(datagram);
        return false;
    }
    if (to->received.used > socket->receive_size || memory_is_short()) {
        to->dropped++;
        inet_counts.receive_buffer_errors += is_udp4(socket, datagram);
        datagram_put(datagram);
        return false;
    }
    if ((socket->timestamp || socket->timestamp_ns || (socket->tuning.stamps & STAMPS_RECEIVED)) &&
        datagram->time_ns == 0)
        datagram->time_ns = clock_realtime_ns();
    queue_add(&to->received, datagram);
    socket_changed(socket, POLLIN | POLLRDNORM);
    return true;
}

/* What ends a connection, as Linux sees it; others may pass, and only those are told of them that have asked. */
static bool is_hard(const struct extended_error *error)
{
    const unsigned hard4 = 1u << 2 | 1u << 3 | 1u << 6 | 1u << 7 | 1u << 8 | 1u << 9 | 1u << 10 | 1u << 13 | 1u << 14 |
                           1u << 15,
                   hard6 = 1u << 1 | 1u << 4 | 1u << 5 | 1u << 6; /* codes of "destination unreachable" */

    if (error->origin == ERROR_ORIGIN_ICMP)
        return error->type == 12 || (error->type == 3 && error->code < 16 && (hard4 >> error->code & 1) != 0);
    if (error->origin == ERROR_ORIGIN_ICMP6)
        return error->type == 4 || (error->type == 1 && error->code < 16 && (hard6 >> error->code & 1) != 0);
    return true;
}

void datagram_refused(struct datagram_socket *sender, const struct datagram *datagram, int error)
{
    struct socket *socket = &sender->inet.socket;
    bool v4 = inet_is_v4(&datagram->to), is_told = datagram->error.origin != 0;
    bool keeps = v4 ? sender->inet.options.receives_errors : sender->inet.options.receives_errors6;

    if (socket->family == AF_INET6 && v4)
        keeps |= sender->inet.options.receives_errors6;
    if (!keeps && !(sender->is_connected && is_hard(&datagram->error)))
        return;
    if (keeps && sender->errors.used <= socket->receive_size && !memory_is_short()) {
        struct datagram *copy = datagram_create(datagram->size);

        if (copy != NULL) {
            memcpy(copy->bytes, datagram->bytes, datagram->size);
            copy->from = datagram->to;
            copy->to = is_told ? datagram->from : datagram->to;
            copy->error = is_told ? datagram->error
                                  : (struct extended_error){
                                        .origin = v4 ? ERROR_ORIGIN_ICMP : ERROR_ORIGIN_ICMP6,
                                        .type = v4 ? 3 : 1, /* destination unreachable */
                                        .code = v4 ? 3 : 4, /* port unreachable */
                                    };
            copy->error.error = (uint32_t)-error;
            queue_add(&sender->errors, copy);
        }
    }
    socket->error = error;
    socket_changed(socket, POLLERR);
}

/* ---- receiving ---- */

static int wait_for_one(struct datagram_socket *datagram, const struct message *message)
{
    struct socket *socket = &datagram->inet.socket;
    uint64_t deadline_ns = 0;
    int error = 0;

    for (;;) {
        if (socket->error != 0)
            return socket_take_error(socket);
        if (datagram->received.first != NULL)
            return 0;
        if (message->flags & MSG_DONTWAIT)
            return -EAGAIN;
        if (socket->read_shut)
            return 0;
        if (deadline_ns == 0)
            deadline_ns = socket_deadline(socket->receive_timeout_ns);
        error = socket_wait(socket, POLLIN, deadline_ns);
        if (error != 0)
            return error;
    }
}

/* Bytes of it, into the message. */
static int64_t copy_out(const struct datagram *datagram, struct message *message)
{
    uint64_t size = datagram->size;

    if (size > message->iter->left) {
        size = message->iter->left;
        message->out_flags |= MSG_TRUNC;
    }
    if (size != 0 && iter_fill(message->iter, datagram->bytes, size) != (int64_t)size)
        return -EFAULT;
    return message->flags & MSG_TRUNC ? (int64_t)datagram->size : (int64_t)size;
}

static int64_t receive_error(struct datagram_socket *socket, struct message *message)
{
    struct datagram *datagram = queue_take(&socket->errors);
    int64_t moved;

    if (datagram == NULL)
        return -EAGAIN;
    moved = copy_out(datagram, message);
    if (moved >= 0) {
        if (message->address != NULL)
            inet_address_give(socket->inet.socket.family, &datagram->from, message->address);
        datagram_error_add(socket, datagram, message);
        message->out_flags |= MSG_ERRQUEUE;
    }
    datagram_put(datagram);
    /* The next one's error is the socket's now. */
    socket->inet.socket.error = socket->errors.first != NULL ? -(int)socket->errors.first->error.error : 0;
    return moved;
}

int64_t datagram_receive(struct socket *socket, struct message *message)
{
    struct datagram_socket *of = datagram_of(socket);
    struct datagram *datagram;
    int64_t moved;

    if (message->flags & MSG_ERRQUEUE)
        return receive_error(of, message);
    if (message->flags & MSG_OOB)
        return -EOPNOTSUPP;
    moved = wait_for_one(of, message);
    if (moved != 0 || of->received.first == NULL)
        return moved;
    if (message->flags & MSG_PEEK)
        datagram_get(datagram = of->received.first);
    else
        datagram = queue_take(&of->received);
    inet_counts.in_datagrams += !(message->flags & MSG_PEEK) && is_udp4(socket, datagram);
    if (of->outside != NULL)
        datagram_room_made(of);
    moved = copy_out(datagram, message);
    if (moved >= 0) {
        if (message->address != NULL)
            inet_address_give(socket->family, &datagram->from, message->address);
        if (message->control != NULL)
            datagram_control_add(of, datagram, message);
    }
    datagram_put(datagram);
    return moved;
}

/* ---- others ---- */

int datagram_shutdown(struct socket *socket, bool read, bool write)
{
    socket->read_shut |= read;
    socket->write_shut |= write;
    socket_changed(socket, POLLIN | POLLOUT | POLLHUP | POLLRDHUP);
    return datagram_of(socket)->is_connected ? 0 : -ENOTCONN;
}

uint32_t datagram_poll(struct socket *socket)
{
    const struct datagram_socket *datagram = datagram_of(socket);
    uint32_t events = POLLOUT | POLLWRNORM | POLLWRBAND;

    if (datagram->outside != NULL && !datagram_room_is_enough(datagram))
        events = 0;
    if (datagram->errors.first != NULL)
        events |= POLLERR;
    if (datagram->received.first != NULL || socket->read_shut)
        events |= POLLIN | POLLRDNORM;
    if (socket->read_shut)
        events |= POLLRDHUP;
    if (socket->read_shut && socket->write_shut)
        events |= POLLHUP;
    return events;
}

int64_t datagram_ioctl(struct socket *socket, unsigned request, uint64_t arg)
{
    const struct datagram_socket *datagram = datagram_of(socket);
    int32_t number = 0;

    if (request != FIONREAD && request != TIOCOUTQ)
        return -ENOTTY;
    if (request == FIONREAD && datagram->received.first != NULL)
        number = (int32_t)datagram->received.first->size;
    return copy_to_user(arg, &number, sizeof(number));
}

/* ---- where they go ---- */

/* A socket of IPv6 takes addresses of IPv4 as they are, too. */
static int take_address(const struct datagram_socket *datagram, const struct socket_address *given, bool connects,
                        struct inet_address *out)
{
    uint16_t family = datagram->inet.socket.family;
    struct socket_address again;

    if (given->size < sizeof(given->family))
        return -EINVAL;
    if (family == AF_INET6 && given->family == AF_INET) {
        if (datagram->inet.options.v6_only)
            return connects ? -EAFNOSUPPORT : -ENETUNREACH;
        return inet_address_take(AF_INET, given, out);
    }
    if (family == AF_INET && given->family == AF_UNSPEC && !connects) {
        again = *given;
        again.family = AF_INET;
        return inet_address_take(AF_INET, &again, out);
    }
    if (family == AF_INET6 && given->family != AF_INET6 && !connects)
        return -EINVAL;
    return inet_address_take(family, given, out);
}

/* What the host has sockets for, without rights. */
static bool leads_outside(const struct socket *socket)
{
    return socket->type == SOCK_DGRAM && socket->protocol != IPPROTO_UDPLITE;
}

static int check_route(const struct datagram_socket *datagram, struct inet_address *to)
{
    int error = inet_route(&datagram->inet, to);

    if (error == 0 && inet_is_broadcast(to) && !datagram->inet.socket.broadcast)
        error = -EACCES;
    if (error == 0 && to->words[3] == 0xffffffffu && inet_is_v4(to) && datagram->inet.options.multicast_index == 0 &&
        datagram->inet.options.device == 0)
        error = -ENETUNREACH;
    /* lo has no route for groups, but one of IPv4 that names it needs none. */
    if (error == 0 && inet_is_multicast(to) &&
        (!inet_is_v4(to) || (datagram->inet.options.device == 0 && datagram->inet.options.multicast_index == 0)))
        error = -ENETUNREACH;
    if (error == 0 && inet_is_outside(to) && !leads_outside(&datagram->inet.socket))
        error = -ENETUNREACH;
    return error;
}

int datagram_destination(struct datagram_socket *datagram, const struct message *message, bool takes_port,
                         struct inet_address *to)
{
    bool has_address = message->address != NULL && message->address->size != 0;
    int error;

    if (has_address && datagram->inet.socket.family == AF_INET6 &&
        message->address->size >= sizeof(message->address->family) && message->address->family == AF_UNSPEC)
        has_address = false;
    if (!has_address) {
        if (!datagram->is_connected)
            return -EDESTADDRREQ;
        *to = datagram->inet.use.peer;
        return 0;
    }
    error = take_address(datagram, message->address, false, to);
    if (error != 0)
        return error;
    if (takes_port && to->port == 0)
        return -EINVAL;
    return check_route(datagram, to);
}

int datagram_connect(struct datagram_socket *datagram, const struct socket_address *address)
{
    struct inet_use *use = &datagram->inet.use;
    struct inet_address to;
    uint16_t port = use->local.port;
    int error = take_address(datagram, address, true, &to);

    if (error == 0)
        error = check_route(datagram, &to);
    if (error != 0)
        return error;
    if (inet_is_any(&use->local)) {
        inet_set_source(&use->local, &to);
        use->local.port = port;
    }
    use->peer = to;
    datagram->is_connected = true;
    return 0;
}
