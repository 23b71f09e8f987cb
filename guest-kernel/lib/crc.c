/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crc.c - see crc.h. Eight bytes at a time, by the CPU's instruction or else by table. There a row of zeros, of which
 * blocks of a disk are often full, is a multiplication by a power of x, which costs the same whatever its length.
 */
#include "lib/crc.h"

#define CRC32C_POLY 0x82f63b78u /* reflected: the highest bit is x^0 */
#define CRC16_POLY 0xa001u
#define ZEROS_MIN 512u   /* bytes, for which multiplications are worth it */
#define ZEROS_MAX 65528u /* and those that there are powers for */

/* The product of two polynomials modulo CRC-32C's. */
static uint32_t multiply(uint32_t a, uint32_t b)
{
    uint32_t product = 0;

    for (; a != 0; a <<= 1) {
        if (a & 0x80000000u)
            product ^= b;
        b = b & 1 ? b >> 1 ^ CRC32C_POLY : b >> 1;
    }
    return product;
}

/* crc over `words` words of 8 zero bytes: times x^64 for each. */
static uint32_t skip_zeros(uint32_t crc, size_t words)
{
    /* x^(64 << k), each the square of the one before. */
    static const uint32_t powers[] = {0x6ea2d55c, 0x18b8ea18, 0x510ac59a, 0xb82be955, 0xb8fdb1e7,
                                      0x88e56f72, 0x74c360a4, 0xe4172b16, 0x0d65762a, 0x35d73a62,
                                      0x28461564, 0xbf455269, 0xe2ea32dc};

    for (unsigned k = 0; words != 0; words >>= 1, k++)
        if (words & 1)
            crc = multiply(powers[k], crc);
    return crc;
}

static uint64_t load(const uint8_t *bytes)
{
    return ((const struct crc_word *)(const void *)bytes)->word;
}

static uint32_t step(uint32_t crc, uint64_t word)
{
    word ^= crc;
    return crc32c_table[7][word & 0xff] ^ crc32c_table[6][word >> 8 & 0xff] ^ crc32c_table[5][word >> 16 & 0xff] ^
           crc32c_table[4][word >> 24 & 0xff] ^ crc32c_table[3][word >> 32 & 0xff] ^
           crc32c_table[2][word >> 40 & 0xff] ^ crc32c_table[1][word >> 48 & 0xff] ^ crc32c_table[0][word >> 56];
}

/* How many words from here on are zero, up to the most that skip_zeros can do. */
static size_t count_zeros(const uint8_t *at, size_t size)
{
    size_t words = 0, most = size / 8 < ZEROS_MAX / 8 ? size / 8 : ZEROS_MAX / 8;

    while (words + 4 <= most && (load(at + 8 * words) | load(at + 8 * words + 8) | load(at + 8 * words + 16) |
                                 load(at + 8 * words + 24)) == 0)
        words += 4;
    while (words < most && load(at + 8 * words) == 0)
        words++;
    return words;
}

static crc32c_words *by_instruction;

void crc32c_use(crc32c_words *words)
{
    by_instruction = words;
}

uint32_t crc32c(uint32_t crc, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    if (by_instruction != NULL) {
        crc = by_instruction(crc, at, size / 8);
        at += size & ~(size_t)7;
        size &= 7;
    }
    while (size >= 8) {
        size_t zeros = load(at) == 0 && size >= ZEROS_MIN ? count_zeros(at, size) : 0;
        size_t words = zeros != 0 ? zeros : 1;
        if (words * 8 >= ZEROS_MIN)
            crc = skip_zeros(crc, words);
        for (size_t i = 0; words * 8 < ZEROS_MIN && i < words; i++)
            crc = step(crc, load(at + 8 * i));
        at += 8 * words;
        size -= 8 * words;
    }
    for (; size != 0; size--)
        crc = crc32c_table[0][(crc ^ *at++) & 0xff] ^ crc >> 8;
    return crc;
}

uint16_t crc16(uint16_t crc, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    for (; size != 0; size--) {
        crc ^= *at++;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 1 ? crc >> 1 ^ CRC16_POLY : crc >> 1);
    }
    return crc;
}
