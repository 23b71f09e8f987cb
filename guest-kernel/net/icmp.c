/* SPDX-License-Identifier: Apache-2.0 */
/* icmp.c - see icmp.h. */
#include "net/icmp.h"

#include "abi/inet.h"
#include "lib/string.h"

uint16_t icmp_checksum(const void *bytes, uint32_t size, uint32_t start)
{
    const uint8_t *at = bytes;
    uint64_t sum = start;

    for (uint32_t i = 0; i + 1 < size; i += 2)
        sum += (uint32_t)at[i] | (uint32_t)at[i + 1] << 8;
    if (size % 2 != 0)
        sum += at[size - 1];
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

uint32_t icmp_pseudo_header(const struct datagram *datagram, unsigned protocol)
{
    uint32_t sum = (uint32_t)__builtin_bswap16((uint16_t)datagram->size) + (protocol << 8);

    for (unsigned i = 0; i < 16; i += 2) {
        sum += (uint32_t)datagram->from.bytes[i] | (uint32_t)datagram->from.bytes[i + 1] << 8;
        sum += (uint32_t)datagram->to.bytes[i] | (uint32_t)datagram->to.bytes[i + 1] << 8;
    }
    return sum;
}

static bool is_echo(const struct datagram *datagram, unsigned protocol)
{
    if (datagram->size < ECHO_HEADER)
        return false;
    return protocol == IPPROTO_ICMP ? datagram->bytes[0] == 8 : protocol == IPPROTO_ICMPV6 && datagram->bytes[0] == 128;
}

/* The same bytes back, with another type; one that can't be made for want of memory is lost. */
static struct datagram *answer(const struct datagram *echo, unsigned protocol)
{
    struct datagram *made = datagram_create(echo->size);
    uint16_t sum;

    if (made == NULL)
        return NULL;
    made->from = echo->to;
    made->to = echo->from;
    made->ttl = (uint8_t)inet_settings.default_ttl;
    made->tos = echo->tos;
    memcpy(made->bytes, echo->bytes, echo->size);
    made->bytes[0] = protocol == IPPROTO_ICMP ? 0 : 129;
    made->bytes[2] = made->bytes[3] = 0;
    sum = icmp_checksum(made->bytes, made->size, protocol == IPPROTO_ICMP ? 0 : icmp_pseudo_header(made, protocol));
    memcpy(made->bytes + 2, &sum, sizeof(sum));
    return made;
}

void icmp_deliver(struct datagram *datagram, unsigned protocol)
{
    raw_show(datagram, protocol);
    if (is_echo(datagram, protocol)) {
        struct datagram *back = answer(datagram, protocol);

        if (back != NULL) {
            raw_show(back, protocol);
            ping_answered(back, protocol == IPPROTO_ICMP);
        }
    }
    datagram_put(datagram);
}
