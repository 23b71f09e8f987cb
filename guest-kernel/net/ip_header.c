/* SPDX-License-Identifier: Apache-2.0 */
/* ip_header.c - see ip_header.h. */
#include "net/ip_header.h"

#include "lib/string.h"
#include "net/icmp.h"

static void put_v4(const struct datagram *datagram, unsigned protocol, uint32_t size, uint8_t *header)
{
    uint16_t length = __builtin_bswap16((uint16_t)(size + IP_HEADER_V4)), sum;

    memset(header, 0, IP_HEADER_V4);
    header[0] = 0x45;
    header[1] = datagram->tos;
    memcpy(header + 2, &length, sizeof(length));
    header[8] = datagram->ttl;
    header[9] = (uint8_t)protocol;
    memcpy(header + 12, datagram->from.bytes + 12, 4);
    memcpy(header + 16, datagram->to.bytes + 12, 4);
    sum = icmp_checksum(header, IP_HEADER_V4, 0);
    memcpy(header + 10, &sum, sizeof(sum));
}

static void put_v6(const struct datagram *datagram, unsigned protocol, uint32_t size, uint8_t *header)
{
    uint16_t length = __builtin_bswap16((uint16_t)size);

    memset(header, 0, IP_HEADER_MOST);
    header[0] = (uint8_t)(0x60 | datagram->tos >> 4);
    header[1] = (uint8_t)(datagram->tos << 4);
    memcpy(header + 4, &length, sizeof(length));
    header[6] = (uint8_t)protocol;
    header[7] = datagram->ttl;
    memcpy(header + 8, datagram->from.bytes, 16);
    memcpy(header + 24, datagram->to.bytes, 16);
}

uint32_t ip_header_put(const struct datagram *datagram, unsigned protocol, uint32_t size, uint8_t *header)
{
    if (inet_is_v4(&datagram->to)) {
        put_v4(datagram, protocol, size, header);
        return IP_HEADER_V4;
    }
    put_v6(datagram, protocol, size, header);
    return IP_HEADER_MOST;
}
