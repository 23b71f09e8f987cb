/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name.h - hashes and compares short strings with a length, such as names in directories, a word at a time.
 *
 * A word that begins before the end and reaches up to it takes what is left, overlapping what was taken; so nothing is
 * read beyond the string, and no byte by itself but in strings of up to three.
 */
#ifndef GK_LIB_NAME_H
#define GK_LIB_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_HASH_FACTOR 0x9e3779b97f4a7c15ull /* 2^64 by the golden ratio */

static inline uint64_t name_word(const char *at)
{
    uint64_t word;

    __builtin_memcpy(&word, at, sizeof(word));
    return word;
}

static inline uint32_t name_half(const char *at)
{
    uint32_t half;

    __builtin_memcpy(&half, at, sizeof(half));
    return half;
}

/* All of a string of fewer than 8 bytes; strings of the same length differ in it. */
static inline uint64_t name_short(const char *name, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)name;

    if (length >= sizeof(uint32_t))
        return name_half(name) | (uint64_t)name_half(name + length - sizeof(uint32_t)) << 32;
    if (length == 0)
        return 0;
    return bytes[0] | (uint64_t)bytes[length / 2] << 8 | (uint64_t)bytes[length - 1] << 16;
}

/* A product's bits depend on lower ones only, so the word's last bytes come down first: names mostly differ in those,
 * and tables take the lowest bits. */
static inline uint64_t name_mix(uint64_t hash, uint64_t word)
{
    hash ^= word;
    hash = (hash ^ hash >> 37) * NAME_HASH_FACTOR;
    return hash ^ hash >> 32;
}

/* Its lowest bits, too, depend on all bytes. `seed`: so that the same name gives another hash elsewhere. */
static inline uint64_t name_hash(uint64_t seed, const char *name, size_t length)
{
    uint64_t hash = seed + length;

    if (length < sizeof(uint64_t))
        return name_mix(hash, name_short(name, length));
    for (size_t i = 0; i + sizeof(uint64_t) < length; i += sizeof(uint64_t))
        hash = name_mix(hash, name_word(name + i));
    return name_mix(hash, name_word(name + length - sizeof(uint64_t)));
}

/* Whether two strings of the same length are the same. */
static inline bool name_equal(const char *a, const char *b, size_t length)
{
    if (length < sizeof(uint64_t))
        return name_short(a, length) == name_short(b, length);
    for (size_t i = 0; i + sizeof(uint64_t) < length; i += sizeof(uint64_t))
        if (name_word(a + i) != name_word(b + i))
            return false;
    return name_word(a + length - sizeof(uint64_t)) == name_word(b + length - sizeof(uint64_t));
}

#endif
