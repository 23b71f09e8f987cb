/* SPDX-License-Identifier: Apache-2.0 */
/* datagram_outside.c - see datagram_outside.h. */
#include "net/datagram_outside.h"

#include "abi/errno.h"
#include "abi/inet.h"
#include "abi/poll.h"
#include "abi/socket.h"
#include "core/clock.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "net/icmp.h"
#include "net/outside.h"
#include "net/outside_name.h"
#include "net/outside_options.h"

#define HEAD ((uint32_t)sizeof(struct lvmm_net_datagram))
#define ECHO_HEADER 8u
#define ANSWER_NS 1000000000ull /* to connect(2): who doesn't answer has ended, or is stopped */

/* ---- the host's socket ---- */

static const struct outside_ops datagram_ops;

static int open_outside(struct datagram_socket *datagram)
{
    const struct socket *socket = &datagram->inet.socket;
    int error;

    if (datagram->outside != NULL)
        return 0;
    error = outside_open(socket->family | SOCK_DGRAM << 8 | (uint32_t)socket->protocol << 16, LVMM_NET_DATAGRAM_CREDIT,
                         datagram_room_own(datagram), &datagram->outside);
    if (error != 0)
        return error;
    datagram->outside->ops = &datagram_ops;
    datagram->outside->owner = datagram;
    outside_options_send(datagram->outside, &datagram->inet, NULL, false);
    return 0;
}

void datagram_outside_end(struct datagram_socket *datagram)
{
    if (datagram->outside != NULL)
        outside_close(datagram->outside, 0, 0);
    datagram->outside = NULL;
    if (datagram->partial != NULL)
        datagram_put(datagram->partial);
    datagram->partial = NULL;
}

/* ---- to the host ---- */

int datagram_outside_wait(struct datagram_socket *datagram, const struct inet_address *to, uint32_t size, bool waits)
{
    struct socket *socket = &datagram->inet.socket;
    uint64_t deadline_ns = socket_deadline(socket->send_timeout_ns);
    int error = 0;

    if (!inet_is_outside(to))
        return 0;
    while (error == 0 && (outside_has_failed() || datagram_room(datagram) < HEAD + size)) {
        error = socket_take_error(socket);
        if (error == 0 && outside_has_failed())
            error = -ENETDOWN; /* there will never be any */
        if (error == 0)
            error = waits ? socket_wait(socket, POLLOUT, deadline_ns) : -EAGAIN;
    }
    return error;
}

/* Its own TTL and TOS, where they aren't the socket's: those the host's has from the options. */
static void set_given(const struct datagram_socket *from, const struct datagram *datagram,
                      struct lvmm_net_datagram *head)
{
    struct datagram_control own;

    if (datagram_control_read(from, &datagram->to, NULL, &own) != 0)
        return;
    head->ttl = datagram->ttl;
    head->tos = datagram->tos;
    head->given =
        (own.ttl != datagram->ttl ? LVMM_NET_GIVEN_TTL : 0) | (own.tos != datagram->tos ? LVMM_NET_GIVEN_TOS : 0);
}

int datagram_outside_send(struct datagram_socket *from, struct datagram *datagram)
{
    struct lvmm_net_datagram head = {.peer = outside_name(&datagram->to)};
    struct outside_frame *frame = NULL;
    int error = open_outside(from);

    if (error == 0 &&
        datagram_room(from) >= HEAD + datagram->size) { /* several at once may not have it: they are lost */
        frame = outside_frame_make(LVMM_NET_DATAGRAM, HEAD + datagram->size);
        error = frame == NULL ? -ENOMEM : 0;
    }
    if (frame != NULL) {
        set_given(from, datagram, &head);
        memcpy(outside_frame_bytes(frame), &head, HEAD);
        memcpy((uint8_t *)outside_frame_bytes(frame) + HEAD, datagram->bytes, datagram->size);
        outside_send(from->outside, frame);
        outside_kick();
    }
    datagram_put(datagram);
    return error;
}

void datagram_outside_tuned(struct socket *socket)
{
    struct datagram_socket *datagram = datagram_of(socket);

    if (datagram->outside == NULL)
        return;
    outside_pace();
    outside_options_send(datagram->outside, &datagram->inet, NULL, true);
    outside_kick();
}

void datagram_outside_bind(struct datagram_socket *datagram)
{
    const struct inet_address *local = &datagram->inet.use.local;
    const struct lvmm_net_name name = outside_name(local);
    struct outside_frame *frame;

    if (!outside_is_published(IPPROTO_UDP, local->port) || datagram->inet.socket.protocol != IPPROTO_UDP)
        return;
    if (!inet_is_any(local) && (!inet_is_local(local) || inet_is_loopback(local)))
        return;
    if (datagram->inet.options.device == LO_INDEX)
        return;
    frame = outside_frame_make(LVMM_NET_BIND, sizeof(name));
    if (frame == NULL || open_outside(datagram) != 0) {
        kfree(frame);
        return;
    }
    frame->head.flags = datagram->inet.options.v6_only ? LVMM_NET_ONLY6 : 0;
    memcpy(outside_frame_bytes(frame), &name, sizeof(name));
    outside_send(datagram->outside, frame);
    outside_kick();
}

/* Whom it is connected to, or that it isn't any more. 0; -ENOMEM ... */
static int send_connect(struct datagram_socket *datagram, bool is_outside)
{
    const struct inet_use *use = &datagram->inet.use;
    struct lvmm_net_names names = {.local = outside_name(&use->local)};
    struct outside_frame *frame = outside_frame_make(LVMM_NET_CONNECT, sizeof(names));
    int error = frame == NULL ? -ENOMEM : open_outside(datagram);

    if (error != 0) {
        kfree(frame);
        return error;
    }
    if (is_outside)
        names.peer = outside_name(&use->peer);
    memcpy(outside_frame_bytes(frame), &names, sizeof(names));
    outside_send(datagram->outside, frame);
    outside_kick();
    return 0;
}

/* Its answer, or the error that there is instead of one. */
static int wait_for_answer(struct datagram_socket *datagram)
{
    uint64_t deadline_ns = clock_monotonic_ns() + ANSWER_NS;
    int error = 0;

    datagram->answer = 0;
    datagram->awaits_answer = true;
    while (datagram->awaits_answer && error == 0)
        error = wait_on(&datagram->inet.socket.changed, deadline_ns, 0);
    datagram->awaits_answer = false;
    return datagram->answer;
}

int datagram_outside_connect(struct datagram_socket *datagram)
{
    bool is_outside = datagram->is_connected && inet_is_outside(&datagram->inet.use.peer);
    int error;

    if (datagram->outside == NULL && !is_outside)
        return 0;
    error = send_connect(datagram, is_outside);
    if (error != 0)
        return error;
    error = wait_for_answer(datagram);
    return is_outside ? error : 0;
}

int datagram_outside_connect_to(struct datagram_socket *datagram, const struct socket_address *address)
{
    struct inet_use *use = &datagram->inet.use;
    const struct inet_address local = use->local, peer = use->peer;
    bool was_connected = datagram->is_connected;
    int error = datagram_connect(datagram, address);

    if (error == 0) {
        error = datagram_outside_connect(datagram);
        if (error != 0) { /* it stays as it was, for the host's too */
            use->local = local;
            use->peer = peer;
            datagram->is_connected = was_connected;
        }
    }
    return error;
}

/* ---- from the host ---- */

/* An answer to an echo has the identifier that the host's socket has. */
static void set_identifier(const struct datagram_socket *to, struct datagram *datagram)
{
    uint16_t identifier = __builtin_bswap16(to->inet.use.local.port), sum;
    bool v4 = to->inet.socket.protocol == IPPROTO_ICMP;

    if (datagram->size < ECHO_HEADER)
        return;
    memcpy(datagram->bytes + 4, &identifier, sizeof(identifier));
    datagram->bytes[2] = datagram->bytes[3] = 0;
    sum = icmp_checksum(datagram->bytes, datagram->size, v4 ? 0 : icmp_pseudo_header(datagram, IPPROTO_ICMPV6));
    memcpy(datagram->bytes + 2, &sum, sizeof(sum));
}

static void deliver(struct datagram_socket *to, struct datagram *datagram)
{
    const struct inet_use *use = &to->inet.use;

    if (to->is_connected && (!inet_same(&use->peer, &datagram->from) ||
                             (to->inet.socket.protocol == IPPROTO_UDP && use->peer.port != datagram->from.port))) {
        datagram_put(datagram);
        return;
    }
    if (to->inet.socket.protocol != IPPROTO_UDP)
        set_identifier(to, datagram);
    (void)datagram_deliver(to, datagram);
}

/* A long one comes in pieces, and how long it is shows at the end. */
static void came_piece(struct datagram_socket *to, const uint8_t *bytes, uint32_t size, bool is_last)
{
    struct datagram *partial = to->partial;

    if (partial == NULL)
        return;
    if (size > DATAGRAM_MOST - partial->size)
        size = DATAGRAM_MOST - partial->size;
    memcpy(partial->bytes + partial->size, bytes, size);
    partial->size += size;
    if (!is_last)
        return;
    to->partial = datagram_trim(partial);
    partial = to->partial;
    to->partial = NULL;
    if (partial != NULL)
        deliver(to, partial);
}

static void came_datagram(struct datagram_socket *to, const struct lvmm_net_frame *head, const uint8_t *payload)
{
    bool has_more = head->flags & LVMM_NET_MORE;
    struct lvmm_net_datagram first;
    struct datagram *datagram;
    uint32_t size;

    if (to->is_in_pieces) {
        to->is_in_pieces = has_more;
        came_piece(to, payload, head->size, !has_more);
        return;
    }
    if (head->size < HEAD || head->size - HEAD > DATAGRAM_MOST)
        return;
    memcpy(&first, payload, sizeof(first));
    size = head->size - HEAD;
    datagram = datagram_create(has_more ? DATAGRAM_MOST : size);
    to->is_in_pieces = has_more;
    if (datagram == NULL)
        return; /* lost, as packets are; and what belongs to it */
    datagram->size = size;
    datagram->from = outside_address(&first.peer);
    inet_set_source(&datagram->to, &datagram->from);
    datagram->to.port = to->inet.use.local.port;
    datagram->ttl = first.ttl;
    datagram->tos = first.tos;
    memcpy(datagram->bytes, payload + HEAD, size);
    if (has_more)
        to->partial = datagram;
    else
        deliver(to, datagram);
}

/* Who waits in connect(2) has it. */
static void came_answer(struct datagram_socket *to, const struct lvmm_net_frame *head)
{
    to->awaits_answer = false;
    to->answer = -(int)head->error;
    socket_changed(&to->inet.socket, 0);
}

/* What the network reported is for those that are connected, or have asked for errors; the rest, of this host's, is for
 * whoever sent: Linux would have told it at once. */
static void came_error(struct datagram_socket *to, const struct lvmm_net_frame *head, const uint8_t *payload)
{
    struct socket *socket = &to->inet.socket;
    struct lvmm_net_trouble trouble;
    struct datagram *about;
    uint32_t size;

    if (head->size < sizeof(trouble) && to->awaits_answer) {
        came_answer(to, head); /* there is no socket of the host's, or no network any more */
        return;
    }
    if (head->size < sizeof(trouble)) {
        socket->error = -(int)head->error;
        socket_changed(socket, POLLERR);
        return;
    }
    memcpy(&trouble, payload, sizeof(trouble));
    size = head->size - (uint32_t)sizeof(trouble);
    about = datagram_create(size < DATAGRAM_MOST ? size : DATAGRAM_MOST);
    if (about == NULL)
        return;
    memcpy(about->bytes, payload + sizeof(trouble), about->size);
    about->to = outside_address(&trouble.peer);
    about->from = outside_address(&trouble.offender);
    about->error = (struct extended_error){
        .origin = trouble.origin, .type = trouble.type, .code = trouble.code, .info = trouble.info};
    datagram_refused(to, about, -(int)head->error);
    datagram_put(about);
}

static void came(struct outside *outside, const struct lvmm_net_frame *head, const uint8_t *payload)
{
    struct datagram_socket *datagram = outside->owner;

    if (head->type == LVMM_NET_DATAGRAM)
        came_datagram(datagram, head, payload);
    else if (head->type == LVMM_NET_ERROR)
        came_error(datagram, head, payload);
    else if (head->type == LVMM_NET_CONNECTED)
        came_answer(datagram, head);
    if (datagram_room_is_enough(datagram))
        socket_changed(&datagram->inet.socket, POLLOUT | POLLWRNORM);
    datagram_room_made(datagram);
}

static const struct outside_ops datagram_ops = {.came = came};
