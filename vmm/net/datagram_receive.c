/* SPDX-License-Identifier: Apache-2.0 */
/* datagram_receive.c - datagrams, and the network's errors, on their way to the guest. */
#include "vmm/net/datagram_receive.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vmm/net/datagram_peers.h"

#define CONTROL_BYTES 512u
#define STRANGERS_A_TURN 16u
#define TROUBLE_BYTES 2048u /* of a datagram that came back: ICMP has fewer of one that went over a network */

/* ---- published ports' senders ---- */

/* Returns him as the guest sees him, known from now on. */
static struct net_endpoint remember(const struct net_port *port, const struct net_endpoint *actual)
{
    struct net_endpoint shown = *actual;

    net_to_guest(port->helper, &shown);
    net_flow_remember(port, &shown, actual);
    return shown;
}

/* ---- datagrams ---- */

struct received {
    struct sockaddr_storage from;
    struct iovec iov;
    _Alignas(struct cmsghdr) char control[CONTROL_BYTES];
    struct msghdr message;
};

static ssize_t receive(int fd, struct received *received, void *bytes, size_t size, int flags)
{
    received->iov = (struct iovec){bytes, size};
    received->from.ss_family = AF_UNSPEC;
    received->message = (struct msghdr){.msg_name = &received->from,
                                        .msg_namelen = sizeof(received->from),
                                        .msg_iov = &received->iov,
                                        .msg_iovlen = 1,
                                        .msg_control = received->control,
                                        .msg_controllen = sizeof(received->control)};
    return recvmsg(fd, &received->message, flags | MSG_DONTWAIT);
}

static uint8_t control_number(const struct cmsghdr *head)
{
    int number = 0;

    if (head->cmsg_len >= CMSG_LEN(sizeof(number)))
        memcpy(&number, CMSG_DATA(head), sizeof(number));
    else if (head->cmsg_len >= CMSG_LEN(1))
        number = *CMSG_DATA(head);
    return (uint8_t)number;
}

static void take_control(struct received *received, struct lvmm_net_datagram *out)
{
    for (struct cmsghdr *head = CMSG_FIRSTHDR(&received->message); head != NULL;
         head = CMSG_NXTHDR(&received->message, head)) {
        bool is_v4 = head->cmsg_level == IPPROTO_IP, is_v6 = head->cmsg_level == IPPROTO_IPV6;

        if ((is_v4 && head->cmsg_type == IP_TTL) || (is_v6 && head->cmsg_type == IPV6_HOPLIMIT))
            out->ttl = control_number(head);
        if ((is_v4 && head->cmsg_type == IP_TOS) || (is_v6 && head->cmsg_type == IPV6_TCLASS))
            out->tos = control_number(head);
    }
}

/* The datagram is in the helper's buffer, from `bytes` on; its beginning, or all of it, is told. */
static void tell_datagram(struct net_socket *socket, const struct lvmm_net_datagram *head, uint8_t *bytes, size_t size,
                          size_t room)
{
    struct net_helper *helper = socket->helper;
    struct lvmm_net_frame frame = {.type = 0};
    size_t most = room - sizeof(frame) - sizeof(*head), now = size < most ? size : most;

    if (now < size) {
        frame.flags = LVMM_NET_MORE;
        helper->pieces = socket;
        helper->pieces_at = (uint32_t)(bytes - helper->buffer + (ptrdiff_t)now);
        helper->pieces_size = (uint32_t)(bytes - helper->buffer + (ptrdiff_t)size);
    }
    socket->sent += sizeof(*head) + size;
    net_tell(socket, LVMM_NET_DATAGRAM, &frame, head, sizeof(*head), bytes, now);
}

/* Has the guest room for the next one? What it takes is known before it is read. */
static bool has_credit(const struct net_socket *socket, int fd)
{
    uint64_t credit = socket->guest_credit - socket->sent;
    int size = 0;

    if (credit >= LVMM_NET_PAYLOAD_MAX)
        return true;
    return ioctl(fd, FIONREAD, &size) == 0 && (uint64_t)size + sizeof(struct lvmm_net_datagram) <= credit;
}

/* The next one that is for the guest. port: NULL, or where it comes in. False: there is none. */
static bool turn_data(struct net_socket *socket, struct net_port *port, size_t room)
{
    uint8_t *bytes = socket->helper->buffer;
    bool *readable = port == NULL ? &socket->readable : &port->readable;
    int fd = port == NULL ? socket->watch.fd : port->watch.fd;
    struct received received;
    struct net_endpoint from;
    ssize_t n;

    for (unsigned i = 0; i < STRANGERS_A_TURN; i++) {
        if (!*readable || !has_credit(socket, fd))
            return false;
        n = receive(fd, &received, bytes, LVMM_NET_PAYLOAD_MAX, 0);
        if (n < 0) {
            *readable = errno != EAGAIN; /* another error is of what was sent, and told by the queue of errors */
            continue;
        }
        if (!net_endpoint_take(&received.from, &from) || (port == NULL && !net_datagram_knows(socket, &from)))
            continue;
        if (port != NULL)
            from = remember(port, &from);
        else
            net_to_guest(socket->helper, &from);
        struct lvmm_net_datagram head = {.peer = net_name_of(&from)};
        take_control(&received, &head);
        tell_datagram(socket, &head, bytes, (size_t)n, room);
        return true;
    }
    return true;
}

static bool turn_answer(struct net_socket *socket, size_t room)
{
    struct net_helper *helper = socket->helper;
    const struct net_endpoint from = {helper->config.dns4, 53};
    const struct lvmm_net_datagram head = {.peer = net_name_of(&from), .ttl = 64};
    const uint8_t *answer;
    size_t size;

    if (helper->resolver == NULL || (answer = net_resolver_answer(helper->resolver, socket, &size)) == NULL)
        return false;
    if (size + sizeof(head) > socket->guest_credit - socket->sent)
        return false;
    memcpy(helper->buffer, answer, size);
    net_resolver_drop(helper->resolver, socket);
    tell_datagram(socket, &head, helper->buffer, size, room);
    return true;
}

/* ---- errors ---- */

static void tell_trouble(struct net_socket *socket, const struct sock_extended_err *error,
                         const struct net_endpoint *offender, const struct received *received, size_t size)
{
    struct net_endpoint peer, by = *offender;

    net_endpoint_take(&received->from, &peer);
    net_to_guest(socket->helper, &peer);
    net_to_guest(socket->helper, &by);
    const struct lvmm_net_trouble trouble = {.peer = net_name_of(&peer),
                                             .offender = net_name_of(&by),
                                             .info = error->ee_info,
                                             .origin = error->ee_origin,
                                             .type = error->ee_type,
                                             .code = error->ee_code};
    struct lvmm_net_frame frame = {.error = (uint16_t)error->ee_errno};
    net_tell(socket, LVMM_NET_ERROR, &frame, &trouble, sizeof(trouble), received->iov.iov_base, size);
}

static const struct cmsghdr *find_error(struct received *received)
{
    for (struct cmsghdr *head = CMSG_FIRSTHDR(&received->message); head != NULL;
         head = CMSG_NXTHDR(&received->message, head)) {
        bool is_error = (head->cmsg_level == IPPROTO_IP && head->cmsg_type == IP_RECVERR) ||
                        (head->cmsg_level == IPPROTO_IPV6 && head->cmsg_type == IPV6_RECVERR);

        if (is_error && head->cmsg_len >= CMSG_LEN(sizeof(struct sock_extended_err)))
            return head;
    }
    return NULL;
}

/* The offender's address is behind the error, as far as there is one. */
static void take_offender(const struct cmsghdr *head, struct net_endpoint *out)
{
    struct sockaddr_storage name = {.ss_family = AF_UNSPEC};
    size_t at = sizeof(struct sock_extended_err), size = head->cmsg_len - CMSG_LEN(0);

    size = size - at < sizeof(struct sockaddr_in6) ? size - at : sizeof(struct sockaddr_in6);
    memcpy(&name, CMSG_DATA(head) + at, size);
    net_endpoint_take(&name, out);
    out->port = 0;
}

static bool turn_error(struct net_socket *socket, size_t room)
{
    const size_t most = room - sizeof(struct lvmm_net_frame) - sizeof(struct lvmm_net_trouble);
    struct received received;
    struct sock_extended_err error;
    struct net_endpoint offender;
    socklen_t size = sizeof(int);
    int number = 0;
    ssize_t n;

    if (!socket->has_errors)
        return false;
    n = receive(socket->watch.fd, &received, socket->helper->buffer, most < TROUBLE_BYTES ? most : TROUBLE_BYTES,
                MSG_ERRQUEUE);
    if (n < 0) {
        socket->has_errors = false;
        getsockopt(socket->watch.fd, SOL_SOCKET, SO_ERROR, &number, &size); /* it is one that was told */
        return false;
    }
    const struct cmsghdr *head = find_error(&received);
    if (head == NULL)
        return true;
    memcpy(&error, CMSG_DATA(head), sizeof(error));
    take_offender(head, &offender);
    if (error.ee_origin != SO_EE_ORIGIN_LOCAL) /* those were the sender's to tell */
        tell_trouble(socket, &error, &offender, &received, (size_t)n);
    return true;
}

bool net_datagram_turn(struct net_socket *socket, size_t room)
{
    struct net_helper *helper = socket->helper;

    if (turn_error(socket, room) || turn_answer(socket, room) || turn_data(socket, NULL, room))
        return true;
    for (unsigned i = 0; i < helper->port_count; i++)
        if (helper->port[i].publish->is_udp && helper->port[i].owner == socket &&
            turn_data(socket, &helper->port[i], room))
            return true;
    return false;
}
