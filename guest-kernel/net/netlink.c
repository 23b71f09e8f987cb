/* SPDX-License-Identifier: Apache-2.0 */
/* netlink.c - sockets of AF_NETLINK (netlink(7)): what they send is answered at once, into their queue. */
#include "net/netlink.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/socket.h"
#include "core/process.h"
#include "core/wait.h"
#include "lib/list.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "net/control.h"
#include "net/families.h"
#include "net/netlink_ports.h"
#include "net/socket_filter.h"

#define SEND_MOST 32768u  /* bytes of one send: what programs ask is short */
#define QUEUE_MOST 65536u /* bytes of answers that wait to be read; a program that doesn't read gets -ENOBUFS */

enum { SOL_NETLINK = 270 };
enum {
    NETLINK_ADD_MEMBERSHIP = 1,
    NETLINK_DROP_MEMBERSHIP = 2,
    NETLINK_PKTINFO = 3,
    NETLINK_BROADCAST_ERROR = 4,
    NETLINK_NO_ENOBUFS = 5,
    NETLINK_LISTEN_ALL_NSID = 8,
    NETLINK_LIST_MEMBERSHIPS = 9,
    NETLINK_CAP_ACK = 10,
    NETLINK_EXT_ACK = 11,
    NETLINK_GET_STRICT_CHK = 12,
};

struct netlink_address { /* struct sockaddr_nl */
    uint16_t family, padding;
    uint32_t port, groups;
};

struct answer {
    struct answer *next;
    uint32_t size;
    uint8_t bytes[];
};

struct netlink_socket {
    struct socket socket;
    struct netlink_place place;
    uint32_t peer, groups;
    uint32_t flags; /* options that are flags: a bit each, by their numbers */
    struct answer *first, *last;
    uint32_t queued;          /* bytes, with those of notices */
    struct list notices;      /* netlink_notice.link: that will be sent to it */
    struct netlink_dump dump; /* more NULL: there is none under way */
};

struct netlink_notice {
    struct list link;
    struct netlink_socket *to; /* NULL: it has gone */
    struct answer *answer;
};

static struct netlink_socket *netlink_of(struct socket *socket)
{
    return (struct netlink_socket *)(void *)socket; /* its first member */
}

/* ---- names ---- */

bool netlink_tell_next(struct netlink_told *told)
{
    const struct netlink_place *place = netlink_place_next(told->protocol, told->port);

    if (place == NULL)
        return false;
    const struct netlink_socket *netlink = container_of(place, struct netlink_socket, place);
    const struct socket *socket = &netlink->socket;
    *told = (struct netlink_told){
        .protocol = place->protocol,
        .port = place->port,
        .groups = netlink->groups,
        .unread = netlink->queued,
        .dumps = netlink->dump.more != NULL,
        .inode = socket->file != NULL ? socket->file->inode->number : 0,
    };
    return true;
}

static int take_address(const struct socket_address *given, struct netlink_address *out)
{
    if (given->size < sizeof(*out) || given->family != AF_NETLINK)
        return -EINVAL;
    memcpy(out, given->bytes, sizeof(*out));
    return 0;
}

static int netlink_bind(struct socket *socket, const struct socket_address *address)
{
    struct netlink_socket *netlink = netlink_of(socket);
    struct netlink_address to;
    int error = take_address(address, &to);

    if (error == 0)
        error = netlink_place_take(&netlink->place, to.port);
    if (error == 0)
        netlink->groups = to.groups;
    return error;
}

static int netlink_connect(struct socket *socket, const struct socket_address *address, bool nonblocking)
{
    struct netlink_socket *netlink = netlink_of(socket);
    struct netlink_address to;
    int error;

    (void)nonblocking;
    if (address->size < sizeof(address->family))
        return -EINVAL;
    if (address->family == AF_UNSPEC) {
        netlink->peer = 0;
        return 0;
    }
    error = take_address(address, &to);
    if (error != 0)
        return error;
    if ((to.groups != 0 || to.port != 0) && !cred_has(&current_thread()->cred, CAP_NET_ADMIN))
        return -EPERM;
    error = netlink_place_take(&netlink->place, 0);
    if (error == 0)
        netlink->peer = to.port;
    return error;
}

static void give_address(struct socket_address *out, uint32_t port, uint32_t groups)
{
    const struct netlink_address address = {.family = AF_NETLINK, .port = port, .groups = groups};

    memcpy(out->bytes, &address, sizeof(address));
    out->size = sizeof(address);
}

static int netlink_name(struct socket *socket, bool peer, struct socket_address *out)
{
    const struct netlink_socket *netlink = netlink_of(socket);

    give_address(out, peer ? netlink->peer : netlink->place.port, peer ? 0 : netlink->groups);
    return 0;
}

/* ---- answers ---- */

static void queue(struct netlink_socket *netlink, struct answer *answer)
{
    uint32_t kept = answer->size;

    if (netlink->socket.filter != NULL)
        kept = socket_filter_run_bytes(&netlink->socket, answer->bytes, answer->size);
    if (kept == 0) {
        kfree(answer);
        return;
    }
    if (kept < answer->size)
        answer->size = kept;
    if (netlink->last != NULL)
        netlink->last->next = answer;
    else
        netlink->first = answer;
    netlink->last = answer;
    netlink->queued += (uint32_t)sizeof(*answer) + answer->size;
}

static struct answer *dequeue(struct netlink_socket *netlink)
{
    struct answer *answer = netlink->first;

    netlink->first = answer->next;
    if (netlink->first == NULL)
        netlink->last = NULL;
    netlink->queued -= (uint32_t)sizeof(*answer) + answer->size;
    return answer;
}

/* Adds what was written, if anything. */
static int queue_written(struct netlink_socket *netlink, const struct netlink_writer *writer)
{
    struct answer *answer;

    if (writer->size == 0)
        return 0;
    if (netlink->queued >= QUEUE_MOST)
        return -ENOBUFS;
    answer = kmalloc(sizeof(*answer) + writer->size);
    if (answer == NULL)
        return -ENOBUFS;
    answer->size = writer->size;
    memcpy(answer->bytes, writer->bytes, writer->size);
    queue(netlink, answer);
    return 0;
}

/* The next part of a dump, and its end. -ENOMEM. */
static int dump_more(struct netlink_socket *netlink)
{
    struct netlink_dump *dump = &netlink->dump;
    struct netlink_writer writer = {.room = NETLINK_PART - 64};
    bool is_done;
    int error;

    writer.bytes = kmalloc(NETLINK_PART);
    if (writer.bytes == NULL)
        return -ENOMEM;
    if (dump->more == NULL) { /* another thread was told the end, as this one waited for memory */
        kfree(writer.bytes);
        return 0;
    }
    is_done = dump->more(dump, &writer);
    writer.room = NETLINK_PART; /* the end has room always */
    if (is_done) {
        int32_t *told = netlink_begin(&writer, NLMSG_DONE, NLM_F_MULTI, dump->sequence, dump->port, sizeof(int32_t));

        if (told != NULL)
            *told = dump->error;
        (void)netlink_end(&writer);
        dump->more = NULL;
    }
    error = queue_written(netlink, &writer);
    kfree(writer.bytes);
    return error;
}

/* NLMSG_ERROR, which with error 0 is an acknowledgement. */
static void acknowledge(struct netlink_socket *netlink, const struct netlink_request *request, int error,
                        struct netlink_writer *writer)
{
    bool is_short = error == 0 || (netlink->flags & 1u << NETLINK_CAP_ACK);
    uint32_t size = is_short ? 0 : request->size;
    uint8_t *body = netlink_begin(writer, NLMSG_ERROR, is_short && error != 0 ? 0x100 : 0, request->header.sequence,
                                  netlink->place.port, (uint32_t)(sizeof(error) + sizeof(request->header)) + size);

    if (body == NULL) {
        (void)netlink_end(writer);
        return;
    }
    memcpy(body, &error, sizeof(error));
    memcpy(body + sizeof(error), &request->header, sizeof(request->header));
    if (size != 0)
        memcpy(body + sizeof(error) + sizeof(request->header), request->body, size);
    (void)netlink_end(writer);
}

static int answer(struct netlink_socket *netlink, const struct netlink_request *request, struct netlink_writer *writer)
{
    bool may_change = cred_has(&current_thread()->cred, CAP_NET_ADMIN);
    struct netlink_dump dump = {.sequence = request->header.sequence, .port = netlink->place.port};
    int error;

    if (request->header.type < NLMSG_MIN_TYPE)
        return 0;
    if (netlink->dump.more != NULL && (request->header.flags & NLM_F_DUMP) == NLM_F_DUMP)
        return -EBUSY;
    error = netlink->socket.protocol == NETLINK_ROUTE ? netlink_route_answer(request, may_change, writer, &dump)
                                                      : netlink_diag_answer(request, &dump);
    if (error == 0 && dump.more != NULL)
        netlink->dump = dump;
    return error;
}

/* All that was sent at once. */
static int64_t answer_all(struct netlink_socket *netlink, const uint8_t *bytes, uint32_t size)
{
    struct netlink_request request;
    struct netlink_writer writer = {.room = NETLINK_PART + SEND_MOST};
    uint32_t at = 0;
    int error = 0;

    writer.bytes = kmalloc(writer.room);
    if (writer.bytes == NULL)
        return -ENOBUFS;
    while (error == 0 && netlink_next(bytes, size, &at, &request)) {
        int result;

        writer.size = 0;
        writer.is_full = false;
        if (!(request.header.flags & NLM_F_REQUEST))
            continue;
        result = answer(netlink, &request, &writer);
        if (result != 0 || ((request.header.flags & NLM_F_ACK) && netlink->dump.more == NULL))
            acknowledge(netlink, &request, result, &writer);
        error = queue_written(netlink, &writer);
    }
    kfree(writer.bytes);
    socket_changed(&netlink->socket, POLLIN | POLLRDNORM);
    return error != 0 ? error : (int64_t)size;
}

/* ---- sending and receiving ---- */

static int64_t netlink_send(struct socket *socket, struct message *message)
{
    struct netlink_socket *netlink = netlink_of(socket);
    struct netlink_address to = {.port = netlink->peer};
    uint64_t size = message->iter->left;
    uint8_t *bytes;
    int64_t result = 0;

    if (message->flags & MSG_OOB)
        return -EOPNOTSUPP;
    if (message->address != NULL && message->address->size != 0)
        result = take_address(message->address, &to);
    if (result == 0)
        result = netlink_place_take(&netlink->place, 0);
    if (result != 0)
        return result;
    if (to.port != 0)
        return -ECONNREFUSED;
    if (size > SEND_MOST)
        return -EMSGSIZE;
    if (size == 0)
        return -ENODATA;
    bytes = kmalloc(size);
    if (bytes == NULL)
        return -ENOBUFS;
    result = iter_drain(message->iter, bytes, size);
    if (result == (int64_t)size)
        result = answer_all(netlink, bytes, (uint32_t)size);
    else
        result = -EFAULT;
    kfree(bytes);
    return result;
}

static int wait_for_one(struct netlink_socket *netlink, const struct message *message)
{
    uint64_t deadline_ns = socket_deadline(netlink->socket.receive_timeout_ns);
    int error = 0;

    while (error == 0 && netlink->first == NULL) {
        if (netlink->socket.error != 0)
            return socket_take_error(&netlink->socket);
        if (netlink->dump.more != NULL) {
            error = dump_more(netlink);
            if (error == 0 && netlink->first == NULL && wait_loop_ends(false))
                error = socket_wait_error(-ERESTARTSYS, deadline_ns);
        } else if (message->flags & MSG_DONTWAIT)
            error = -EAGAIN;
        else
            error = socket_wait(&netlink->socket, POLLIN, deadline_ns);
    }
    return error;
}

static int64_t netlink_receive(struct socket *socket, struct message *message)
{
    struct netlink_socket *netlink = netlink_of(socket);
    struct answer *one;
    uint64_t size;
    int64_t moved = 0;
    int error;

    if (message->flags & MSG_OOB)
        return -EOPNOTSUPP;
    error = wait_for_one(netlink, message);
    if (error != 0)
        return error;
    one = dequeue(netlink);
    if (netlink->queued < QUEUE_MOST && netlink->queued + sizeof(*one) + one->size >= QUEUE_MOST)
        socket_changed(socket, POLLOUT); /* a notice waits */
    size = one->size < message->iter->left ? one->size : message->iter->left;
    if (size < one->size)
        message->out_flags |= MSG_TRUNC;
    if (size != 0)
        moved = iter_fill(message->iter, one->bytes, size);
    if (moved >= 0) {
        moved = message->flags & MSG_TRUNC ? (int64_t)one->size : (int64_t)size;
        if (message->address != NULL)
            give_address(message->address, 0, 0);
        if (netlink->flags & 1u << NETLINK_PKTINFO) {
            uint32_t group = 0;

            control_add(message->control, &message->out_flags, SOL_NETLINK, NETLINK_PKTINFO, &group, sizeof(group));
        }
    }
    if (message->flags & MSG_PEEK) {
        one->next = netlink->first; /* it was the first, and is again */
        netlink->first = one;
        if (netlink->last == NULL)
            netlink->last = one;
        netlink->queued += (uint32_t)sizeof(*one) + one->size;
    } else {
        kfree(one);
    }
    return moved;
}

static uint32_t netlink_poll(struct socket *socket)
{
    const struct netlink_socket *netlink = netlink_of(socket);

    return POLLOUT | POLLWRNORM | POLLWRBAND |
           (netlink->first != NULL || netlink->dump.more != NULL ? POLLIN | POLLRDNORM : 0);
}

/* ---- options ---- */

static int netlink_set_option(struct socket *socket, int level, int name, const void *value, uint32_t size)
{
    struct netlink_socket *netlink = netlink_of(socket);
    uint32_t number = 0;

    if (level != SOL_NETLINK)
        return -ENOPROTOOPT;
    if (size >= sizeof(number))
        memcpy(&number, value, sizeof(number));
    switch (name) {
    case NETLINK_ADD_MEMBERSHIP:
    case NETLINK_DROP_MEMBERSHIP:
        if (number == 0 || number > 64)
            return -EINVAL;
        return netlink_place_take(&netlink->place, 0); /* nothing ever changes, so nothing comes to groups */
    case NETLINK_PKTINFO:
    case NETLINK_BROADCAST_ERROR:
    case NETLINK_NO_ENOBUFS:
    case NETLINK_CAP_ACK:
    case NETLINK_EXT_ACK:
    case NETLINK_GET_STRICT_CHK:
        netlink->flags = (netlink->flags & ~(1u << name)) | (number != 0 ? 1u << name : 0);
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}

static int netlink_get_option(struct socket *socket, int level, int name, void *value, uint32_t *size)
{
    const struct netlink_socket *netlink = netlink_of(socket);
    int number;

    if (level != SOL_NETLINK)
        return -ENOPROTOOPT;
    switch (name) {
    case NETLINK_PKTINFO:
    case NETLINK_BROADCAST_ERROR:
    case NETLINK_NO_ENOBUFS:
    case NETLINK_CAP_ACK:
    case NETLINK_EXT_ACK:
    case NETLINK_GET_STRICT_CHK:
        if (*size < sizeof(number))
            return -EINVAL;
        number = (netlink->flags & 1u << name) != 0;
        memcpy(value, &number, sizeof(number));
        *size = sizeof(number);
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}

/* ---- making them ---- */

static void netlink_release(struct socket *socket)
{
    struct netlink_socket *netlink = netlink_of(socket);

    netlink_place_leave(&netlink->place);
    while (!list_is_empty(&netlink->notices)) {
        struct netlink_notice *notice = container_of(netlink->notices.next, struct netlink_notice, link);

        list_remove(&notice->link);
        notice->to = NULL;
    }
    while (netlink->first != NULL)
        kfree(dequeue(netlink));
    socket_end(&netlink->socket);
    kfree(netlink);
}

static const struct socket_ops netlink_ops = {
    .bind = netlink_bind,
    .connect = netlink_connect,
    .name = netlink_name,
    .send = netlink_send,
    .receive = netlink_receive,
    .set_option = netlink_set_option,
    .get_option = netlink_get_option,
    .poll = netlink_poll,
    .release = netlink_release,
};

static int netlink_create(unsigned type, unsigned protocol, struct socket **out)
{
    struct netlink_socket *netlink;

    if (type != SOCK_RAW && type != SOCK_DGRAM)
        return -ESOCKTNOSUPPORT;
    if (protocol != NETLINK_ROUTE && protocol != NETLINK_SOCK_DIAG)
        return -EPROTONOSUPPORT;
    netlink = kmalloc(sizeof(*netlink));
    if (netlink == NULL)
        return -ENOMEM;
    socket_init(&netlink->socket, &netlink_ops, AF_NETLINK, type, protocol);
    netlink->place.protocol = protocol;
    list_init(&netlink->notices);
    *out = &netlink->socket;
    return 0;
}

/* ---- notices ---- */

int netlink_notice_create(struct socket *socket, const uint8_t bytes[NETLINK_NOTICE_SIZE], struct netlink_notice **out)
{
    struct netlink_socket *netlink = netlink_of(socket);
    struct netlink_notice *notice;
    int error = 0;

    if (socket->ops != &netlink_ops)
        return -EINVAL;
    notice = kmalloc(sizeof(*notice));
    if (notice == NULL)
        return -ENOMEM;
    notice->answer = kmalloc(sizeof(*notice->answer) + NETLINK_NOTICE_SIZE);
    if (notice->answer == NULL)
        error = -ENOMEM;
    while (error == 0 && netlink->queued >= QUEUE_MOST)
        error = socket_wait(socket, POLLOUT, WAIT_FOREVER);
    if (error != 0) {
        kfree(notice->answer);
        kfree(notice);
        return error;
    }
    notice->answer->size = NETLINK_NOTICE_SIZE;
    memcpy(notice->answer->bytes, bytes, NETLINK_NOTICE_SIZE);
    notice->to = netlink;
    netlink->queued += (uint32_t)sizeof(*notice->answer) + NETLINK_NOTICE_SIZE;
    list_insert(&netlink->notices, &notice->link);
    *out = notice;
    return 0;
}

/* It doesn't count there any more. */
static void notice_leave(struct netlink_notice *notice)
{
    list_remove(&notice->link);
    notice->to->queued -= (uint32_t)sizeof(*notice->answer) + NETLINK_NOTICE_SIZE;
}

void netlink_notice_send(struct netlink_notice *notice, uint8_t last)
{
    struct netlink_socket *to = notice->to;

    if (to == NULL) {
        netlink_notice_drop(notice);
        return;
    }
    notice_leave(notice);
    notice->answer->bytes[NETLINK_NOTICE_SIZE - 1] = last;
    queue(to, notice->answer);
    kfree(notice);
    socket_changed(&to->socket, POLLIN | POLLRDNORM);
}

void netlink_notice_drop(struct netlink_notice *notice)
{
    if (notice == NULL)
        return;
    if (notice->to != NULL) {
        notice_leave(notice);
        socket_changed(&notice->to->socket, POLLOUT); /* another may wait for its room */
    }
    kfree(notice->answer);
    kfree(notice);
}

const struct socket_family socket_family_netlink = {.family = AF_NETLINK, .create = netlink_create};
