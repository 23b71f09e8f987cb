/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpack_crc64.c - liblzma's lzma_crc64, in place of its own: that one asks the CPU what it can (CPUID, twice) at every
 * start of the program, packed kernel or not, and where lvmm's host is a virtual machine each time takes 15 us and
 * more.
 */
#include <endian.h>
#include <lzma.h>
#include <string.h>

/* ECMA-182's polynomial, the lowest bit first (xz-file-format.txt, 6). */
#define POLYNOMIAL 0xc96c5795d7870f42u

/* From this size on tables are worth making. */
#define TABLES_MIN 256

/* Of 8 bytes at a time, each has a table: a byte's share in the remainder, that many bytes before the last. They are
 * made for each call, as liblzma's are for large pieces, and so there is no state to share. */
struct tables {
    uint64_t entry[8][256];
};

static uint64_t divide_byte(uint64_t crc)
{
    for (unsigned bit = 0; bit < 8; bit++)
        crc = crc >> 1 ^ ((crc & 1) != 0 ? POLYNOMIAL : 0);
    return crc;
}

static uint64_t divide_words(const uint8_t *bytes, size_t size, uint64_t crc)
{
    struct tables t;

    for (unsigned i = 0; i < 256; i++)
        t.entry[0][i] = divide_byte(i);
    for (unsigned n = 1; n < 8; n++)
        for (unsigned i = 0; i < 256; i++)
            t.entry[n][i] = t.entry[n - 1][i] >> 8 ^ t.entry[0][t.entry[n - 1][i] & 0xff];
    for (; size >= 8; bytes += 8, size -= 8) {
        uint64_t word;

        memcpy(&word, bytes, sizeof(word));
        word = le64toh(word) ^ crc;
        crc = 0;
        for (unsigned n = 0; n < 8; n++)
            crc ^= t.entry[7 - n][word >> 8 * n & 0xff];
    }
    return crc;
}

uint64_t lzma_crc64(const uint8_t *buf, size_t size, uint64_t crc)
{
    crc = ~crc;
    if (size >= TABLES_MIN) {
        crc = divide_words(buf, size, crc);
        buf += size - size % 8;
        size %= 8;
    }
    for (; size > 0; buf++, size--)
        crc = divide_byte(crc ^ *buf);
    return ~crc;
}
