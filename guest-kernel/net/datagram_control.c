/* SPDX-License-Identifier: Apache-2.0 */
/* datagram_control.c - what goes with packets beside their bytes: addresses, times to live, time stamps, errors. */
#include "abi/errno.h"
#include "abi/inet.h"
#include "abi/socket.h"
#include "core/clock.h"
#include "lib/string.h"
#include "net/control.h"
#include "net/control_list.h"
#include "net/datagram.h"
#include "net/socket_time.h"

struct packet_info { /* linux/in.h's struct in_pktinfo */
    uint32_t index;
    uint8_t source[4], address[4];
};
struct packet_info6 { /* and struct in6_pktinfo */
    uint8_t address[16];
    uint32_t index;
};

#define V4 12u

/* ---- sent ---- */

static int read_packet_info(const struct control_message *message, struct datagram_control *out)
{
    struct packet_info info;
    struct packet_info6 info6;
    struct interface interface;
    uint32_t index;

    if (message->level == IPPROTO_IP) {
        if (message->size != sizeof(info))
            return -EINVAL;
        memcpy(&info, message->data, sizeof(info));
        inet_set_any(&out->source, AF_INET);
        memcpy(out->source.bytes + V4, info.source, sizeof(info.source));
        index = info.index;
    } else {
        if (message->size < sizeof(info6))
            return -EINVAL;
        memcpy(&info6, message->data, sizeof(info6));
        memcpy(out->source.bytes, info6.address, sizeof(info6.address));
        index = info6.index;
    }
    if (index != 0 && !interface_get(index, &interface))
        return message->level == IPPROTO_IP ? 0 : -ENODEV;
    return inet_is_any(&out->source) || inet_is_local(&out->source) ? 0 : -EINVAL;
}

static int read_one(const struct control_message *message, struct datagram_control *out)
{
    int number = -1;

    if (message->size >= sizeof(number))
        memcpy(&number, message->data, sizeof(number));
    else if (message->size == 1)
        number = *(const uint8_t *)message->data;
    if (message->level == IPPROTO_UDP) {
        if (message->type != UDP_SEGMENT || message->size != sizeof(out->segment))
            return -EINVAL;
        memcpy(&out->segment, message->data, sizeof(out->segment));
        return 0;
    }
    if (message->level != IPPROTO_IP && message->level != IPPROTO_IPV6)
        return 0;
    if (message->type == (message->level == IPPROTO_IP ? IP_PKTINFO : IPV6_PKTINFO))
        return read_packet_info(message, out);
    if (message->type == (message->level == IPPROTO_IP ? IP_TTL : IPV6_HOPLIMIT)) {
        if (message->size != sizeof(number) || number > 255 || number < (message->level == IPPROTO_IP ? 1 : -1))
            return -EINVAL;
        if (number >= 0)
            out->ttl = (uint8_t)number;
        return 0;
    }
    if (message->type == (message->level == IPPROTO_IP ? IP_TOS : IPV6_TCLASS)) {
        if (number < (message->level == IPPROTO_IP ? 0 : -1) || number > 255)
            return -EINVAL;
        if (number >= 0)
            out->tos = (uint8_t)number;
        return 0;
    }
    return -EINVAL;
}

int datagram_control_read(const struct datagram_socket *datagram, const struct inet_address *to,
                          const struct control *control, struct datagram_control *out)
{
    const struct inet_options *options = &datagram->inet.options;
    bool v4 = inet_is_v4(to), multicast = inet_is_multicast(to);
    int ttl = v4          ? (multicast ? options->multicast_ttl : options->ttl)
              : multicast ? options->multicast_hops
                          : options->hops;
    struct control_message message;
    uint32_t at = 0;
    int error = 0;

    *out = (struct datagram_control){
        .ttl = (uint8_t)(ttl >= 0 ? ttl : inet_settings.default_ttl),
        .tos = v4 ? options->tos : options->tclass,
    };
    while (control != NULL && error == 0 && control_next(control, &at, &message)) {
        bool is_others = message.level == (v4 ? IPPROTO_IPV6 : IPPROTO_IP);

        if (!is_others || (v4 && message.type == IPV6_PKTINFO))
            error = read_one(&message, out);
    }
    return error;
}

/* ---- received ---- */

/* That it came by. */
uint32_t datagram_interface(const struct datagram *datagram)
{
    return inet_is_outside(&datagram->from) ? ETH_INDEX : LO_INDEX;
}

static void add4(const struct inet_options *options, const struct datagram *datagram, struct message *message)
{
    unsigned *flags = &message->out_flags;

    if (options->packet_info) {
        struct packet_info info = {.index = datagram_interface(datagram)};

        memcpy(info.source, datagram->to.bytes + V4, sizeof(info.source));
        memcpy(info.address, datagram->to.bytes + V4, sizeof(info.address));
        if (inet_is_multicast(&datagram->to) || inet_is_broadcast(&datagram->to)) {
            const uint8_t self[4] = {127, 0, 0, 1};

            memcpy(info.source, self, sizeof(self));
        }
        control_add(message->control, flags, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
    }
    if (options->receives_ttl) {
        int ttl = datagram->ttl;

        control_add(message->control, flags, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
    }
    if (options->receives_tos)
        control_add(message->control, flags, IPPROTO_IP, IP_TOS, &datagram->tos, 1);
    if (options->receives_original) {
        struct socket_address to;

        inet_address_give(AF_INET, &datagram->to, &to);
        control_add(message->control, flags, IPPROTO_IP, IP_RECVORIGDSTADDR, to.bytes, to.size);
    }
}

static void add6(const struct inet_options *options, const struct datagram *datagram, struct message *message)
{
    unsigned *flags = &message->out_flags;
    bool v4 = inet_is_v4(&datagram->to);
    int number;

    if (options->packet_info6) {
        struct packet_info6 info = {.index = datagram_interface(datagram)};

        memcpy(info.address, datagram->to.bytes, sizeof(info.address));
        control_add(message->control, flags, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
    }
    if (options->receives_hops && !v4) {
        number = datagram->ttl;
        control_add(message->control, flags, IPPROTO_IPV6, IPV6_HOPLIMIT, &number, sizeof(number));
    }
    if (options->receives_tclass && !v4) {
        number = datagram->tos;
        control_add(message->control, flags, IPPROTO_IPV6, IPV6_TCLASS, &number, sizeof(number));
    }
}

void datagram_control_add(struct datagram_socket *to, const struct datagram *datagram, struct message *message)
{
    const struct inet_options *options = &to->inet.options;
    const struct socket *socket = &to->inet.socket;
    uint64_t time_ns = datagram->time_ns;

    if (time_ns == 0 && (socket->timestamp || socket->timestamp_ns)) /* it came before they were asked for */
        time_ns = clock_realtime_ns();
    socket_time_add(socket, message, time_ns);
    socket_stamps_add(socket, message, time_ns);
    if (socket->family == AF_INET6)
        add6(options, datagram, message);
    if (inet_is_v4(&datagram->to))
        add4(options, datagram, message);
}

void datagram_error_add(struct datagram_socket *to, const struct datagram *datagram, struct message *message)
{
    struct {
        struct extended_error error;
        uint8_t offender[sizeof(struct sockaddr_in6_user)];
    } told = {.error = datagram->error};
    bool v6 = to->inet.socket.family == AF_INET6;
    struct inet_address offender = datagram->to; /* who sent the ICMP message */
    struct socket_address address;

    offender.port = 0;
    inet_address_give(v6 ? AF_INET6 : AF_INET, &offender, &address);
    if (inet_is_any(&offender)) /* nobody knows */
        memset(address.bytes, 0, address.size);
    memcpy(told.offender, address.bytes, address.size);
    control_add(message->control, &message->out_flags, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVERR : IP_RECVERR,
                &told, (uint32_t)sizeof(told.error) + address.size);
}
