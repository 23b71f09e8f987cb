/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_hash.c - hashes of names, by which an index finds them (ext4 layout, "Hash Tree Directories"): a small one of
 * ext2's time, the first half of MD4 (RFC 1320, three rounds of eight steps), and TEA as a block cipher in place of a
 * hash. Each comes twice, as a name's bytes were signed or not where the file system was made.
 */
#include "fs/ext4/ext4.h"
#include "lib/string.h"

#define LAST_HASH 0xfffffffeu /* a position beyond all names, on Linux: no name has it */

static uint32_t rotate(uint32_t value, unsigned by)
{
    return value << by | value >> (32 - by);
}

static uint32_t char_of(const char *name, size_t i, bool is_signed)
{
    return is_signed ? (uint32_t)(int32_t)(signed char)name[i] : (uint8_t)name[i];
}

/* The name in `count` words, from the high byte of each on; what it doesn't fill has its length in each byte. */
static void words_of(const char *name, size_t length, bool is_signed, uint32_t *words, unsigned count)
{
    uint32_t filling = ((uint32_t)length & 0xff) * 0x01010101u;

    for (unsigned n = 0; n < count; n++) {
        uint32_t word = filling;
        for (size_t i = 4 * (size_t)n; i < 4 * (size_t)n + 4 && i < length; i++)
            word = char_of(name, i, is_signed) + (word << 8);
        words[n] = word;
    }
}

static uint32_t legacy(const char *name, size_t length, bool is_signed)
{
    uint32_t hash = 0x12a3fe2d, before = 0x37abe8f9;

    for (size_t i = 0; i < length; i++) {
        uint32_t next = before + (hash ^ (char_of(name, i, is_signed) * 7152373u));
        if (next & 0x80000000u)
            next -= 0x7fffffff;
        before = hash;
        hash = next;
    }
    return hash << 1;
}

/* One round of MD4, of eight steps: `order` has which word each takes. */
static void md4_round(uint32_t state[4], const uint32_t words[8], unsigned round)
{
    static const uint8_t order[3][8] = {{0, 1, 2, 3, 4, 5, 6, 7}, {1, 3, 5, 7, 0, 2, 4, 6}, {3, 7, 2, 6, 1, 5, 0, 4}};
    static const uint8_t shifts[3][4] = {{3, 7, 11, 19}, {3, 5, 9, 13}, {3, 9, 11, 15}};
    static const uint32_t constants[3] = {0, 0x5a827999, 0x6ed9eba1};

    for (unsigned step = 0; step < 8; step++) {
        /* The roles of a, b, c and d go round. */
        uint32_t *a = &state[(4 - step % 4) % 4], b = state[(5 - step % 4) % 4], c = state[(6 - step % 4) % 4],
                 d = state[(7 - step % 4) % 4], mixed;
        if (round == 0)
            mixed = d ^ (b & (c ^ d));
        else if (round == 1)
            mixed = (b & c) + ((b ^ c) & d);
        else
            mixed = b ^ c ^ d;
        *a = rotate(*a + mixed + words[order[round][step]] + constants[round], shifts[round][step % 4]);
    }
}

static void half_md4(uint32_t hash[4], const uint32_t words[8])
{
    uint32_t state[4];

    memcpy(state, hash, sizeof(state));
    for (unsigned round = 0; round < 3; round++)
        md4_round(state, words, round);
    for (unsigned i = 0; i < 4; i++)
        hash[i] += state[i];
}

static void tea(uint32_t hash[4], const uint32_t words[4])
{
    uint32_t sum = 0, x = hash[0], y = hash[1];

    for (unsigned round = 0; round < 16; round++) {
        sum += 0x9e3779b9;
        x += ((y << 4) + words[0]) ^ (y + sum) ^ ((y >> 5) + words[1]);
        y += ((x << 4) + words[2]) ^ (x + sum) ^ ((x >> 5) + words[3]);
    }
    hash[0] += x;
    hash[1] += y;
}

bool ext4_hash_is_known(unsigned version)
{
    return version < EXT4_HASH_SIPHASH;
}

/* In pieces of as many words as the function takes. */
static uint32_t in_pieces(const uint32_t start[4], bool is_md4, const char *name, size_t length, bool is_signed)
{
    unsigned count = is_md4 ? 8 : 4;
    uint32_t hash[4], words[8];

    memcpy(hash, start, sizeof(hash));
    for (size_t done = 0; done < length; done += 4 * (size_t)count) {
        words_of(name + done, length - done, is_signed, words, count);
        if (is_md4)
            half_md4(hash, words);
        else
            tea(hash, words);
    }
    return is_md4 ? hash[1] : hash[0];
}

uint32_t ext4_hash(const struct ext4_fs *e4, unsigned version, const char *name, size_t length)
{
    static const uint32_t md4_start[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    const uint32_t *seed = e4->super.hash_seed, *start = seed;
    bool is_signed = version <= EXT4_HASH_TEA;
    unsigned kind = is_signed ? version : version - EXT4_HASH_LEGACY_UNSIGNED;
    uint32_t hash;

    if ((seed[0] | seed[1] | seed[2] | seed[3]) == 0)
        start = md4_start;
    if (kind == EXT4_HASH_LEGACY)
        hash = legacy(name, length, is_signed);
    else
        hash = in_pieces(start, kind == EXT4_HASH_HALF_MD4, name, length, is_signed);
    hash &= ~1u;
    return hash == LAST_HASH ? LAST_HASH - 2 : hash;
}
