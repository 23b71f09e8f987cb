/* SPDX-License-Identifier: Apache-2.0 */
/* jbd2_crc.c - see jbd2_crc.h. By table. */
#include "fs/ext4/jbd2_crc.h"

/* Of each half byte: its CRC by 04c11db7, highest bit first. Such journals are rare. */
static const uint32_t ethernet[16] = {
    0x00000000, 0x04c11db7, 0x09823b6e, 0x0d4326d9, 0x130476dc, 0x17c56b6b, 0x1a864db2, 0x1e475005,
    0x2608edb8, 0x22c9f00f, 0x2f8ad6d6, 0x2b4bcb61, 0x350c9b64, 0x31cd86d3, 0x3c8ea00a, 0x384fbdbd,
};

uint32_t jbd2_crc32_be(uint32_t crc, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < size; i++) {
        crc = crc << 4 ^ ethernet[crc >> 28 ^ bytes[i] >> 4];
        crc = crc << 4 ^ ethernet[crc >> 28 ^ (bytes[i] & 15)];
    }
    return crc;
}
