/* SPDX-License-Identifier: Apache-2.0 */
/* udp_options.c - the options of UDP (udp(7)). */
#include "abi/errno.h"
#include "abi/inet.h"
#include "net/udp.h"

static struct udp_socket *udp_of(struct socket *socket)
{
    return (struct udp_socket *)(void *)socket; /* its first member */
}

static bool *flag_of(struct udp_socket *udp, int name)
{
    switch (name) {
    case UDP_CORK:
        return &udp->cork;
    case UDP_NO_CHECK6_TX:
        return &udp->no_check6_send;
    case UDP_NO_CHECK6_RX:
        return &udp->no_check6_receive;
    case UDP_GRO:
        return &udp->receives_segments;
    default:
        return NULL;
    }
}

/* The coverage that an option is, of UDP-Lite; NULL: it is none. */
static uint16_t *coverage_of(struct udp_socket *udp, int level, int name)
{
    if (level != IPPROTO_UDPLITE || udp->datagram.inet.socket.protocol != IPPROTO_UDPLITE ||
        (name != UDPLITE_SEND_CSCOV && name != UDPLITE_RECV_CSCOV))
        return NULL;
    return &udp->coverage[name - UDPLITE_SEND_CSCOV];
}

int udp_set_option(struct socket *socket, int level, int name, const void *value, uint32_t size)
{
    struct udp_socket *udp = udp_of(socket);
    bool *flag = flag_of(udp, name);
    uint16_t *coverage = coverage_of(udp, level, name);
    int number;

    if (coverage != NULL) {
        if (inet_option_number(value, size, false, &number) != 0)
            return -EINVAL;
        /* A packet's header is covered always. */
        *coverage = (uint16_t)(number != 0 && number<8 ? 8 : number>(int) UINT16_MAX ? UINT16_MAX : number);
        return 0;
    }
    if (level != IPPROTO_UDP)
        return inet_set_option(socket, level, name, value, size);
    if (inet_option_number(value, size, false, &number) != 0)
        return -EINVAL;
    if (flag != NULL) {
        *flag = number != 0;
        return 0;
    }
    if (name != UDP_SEGMENT)
        return -ENOPROTOOPT; /* no IPsec in UDP either */
    if (number < 0 || number > (int)UINT16_MAX)
        return -EINVAL;
    udp->segment = (uint16_t)number;
    return 0;
}

int udp_get_option(struct socket *socket, int level, int name, void *value, uint32_t *size)
{
    struct udp_socket *udp = udp_of(socket);
    const bool *flag = flag_of(udp, name);
    const uint16_t *coverage = coverage_of(udp, level, name);

    if (coverage != NULL)
        return inet_option_give(*coverage, value, size);
    if (level != IPPROTO_UDP)
        return inet_get_option(socket, level, name, value, size);
    if (flag != NULL)
        return inet_option_give(*flag, value, size);
    if (name == UDP_ENCAP)
        return inet_option_give(udp->encapsulation, value, size);
    return name == UDP_SEGMENT ? inet_option_give(udp->segment, value, size) : -ENOPROTOOPT;
}
