/* SPDX-License-Identifier: Apache-2.0 */
/* icmp_sum.c - the checksum of Internet protocols. */
#include "net/icmp.h"

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
