/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_bits.c - runs of free bits in a bitmap, a word at a time. */
#include "fs/ext4/ext4_alloc.h"

#define BITS 64u

static uint64_t word_of(const struct ext4_bits *bits, uint32_t index)
{
    return bits->words[index] | (bits->kept != NULL ? bits->kept[index] : 0);
}

/* The first bit from `from` on that is set in the words, each turned over by `flip`. */
static uint32_t next(const struct ext4_bits *bits, uint32_t from, uint32_t end, uint64_t flip)
{
    if (from >= end)
        return end;
    uint32_t index = from / BITS;
    uint64_t word = (word_of(bits, index) ^ flip) & ~0ull << from % BITS;
    while (word == 0) {
        if (++index * BITS >= end)
            return end;
        word = word_of(bits, index) ^ flip;
    }
    uint32_t found = index * BITS + (uint32_t)__builtin_ctzll(word);
    return found < end ? found : end;
}

uint32_t ext4_bits_free(const struct ext4_bits *bits, uint32_t from, uint32_t end)
{
    return next(bits, from, end, ~0ull);
}

uint32_t ext4_bits_used(const struct ext4_bits *bits, uint32_t from, uint32_t end)
{
    return next(bits, from, end, 0);
}

uint32_t ext4_bits_free_before(const struct ext4_bits *bits, uint32_t end)
{
    if (end == 0)
        return 0;
    uint32_t index = (end - 1) / BITS;
    uint64_t word = word_of(bits, index) & ~0ull >> (BITS - 1 - (end - 1) % BITS);
    while (word == 0) {
        if (index-- == 0)
            return 0;
        word = word_of(bits, index);
    }
    return index * BITS + BITS - (uint32_t)__builtin_clzll(word);
}

void ext4_bits_search(const struct ext4_bits *bits, uint32_t from, uint32_t end, uint32_t want, struct ext4_span *best)
{
    while (best->count < want) {
        uint32_t start = ext4_bits_free(bits, from, end);
        if (start >= end)
            return;
        uint32_t most = bits->count - start < want ? bits->count - start : want;
        from = ext4_bits_used(bits, start, start + most);
        if (from - start > best->count)
            *best = (struct ext4_span){start, from - start};
    }
}

/* The bits [first, first + count) of a word, count above 0. */
static uint64_t mask_of(uint32_t first, uint32_t count)
{
    return ~0ull >> (BITS - count) << first;
}

static uint32_t piece_of(uint32_t start, uint32_t count)
{
    uint32_t left = BITS - start % BITS;

    return count < left ? count : left;
}

void ext4_bits_set(uint64_t *words, uint32_t start, uint32_t count)
{
    for (uint32_t piece; count != 0; start += piece, count -= piece) {
        piece = piece_of(start, count);
        words[start / BITS] |= mask_of(start % BITS, piece);
    }
}

void ext4_bits_clear(uint64_t *words, uint32_t start, uint32_t count)
{
    for (uint32_t piece; count != 0; start += piece, count -= piece) {
        piece = piece_of(start, count);
        words[start / BITS] &= ~mask_of(start % BITS, piece);
    }
}

/* The bits of a word, counted by halves: the ISA may have no instruction for it. */
static uint32_t count_ones(uint64_t word)
{
    word -= word >> 1 & 0x5555555555555555ull;
    word = (word & 0x3333333333333333ull) + (word >> 2 & 0x3333333333333333ull);
    word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0full;
    return (uint32_t)(word * 0x0101010101010101ull >> 56);
}

uint32_t ext4_bits_count_free(const struct ext4_bits *bits)
{
    uint32_t used = 0, at = 0;

    for (; at + BITS <= bits->count; at += BITS)
        used += count_ones(bits->words[at / BITS]);
    if (at < bits->count)
        used += count_ones(bits->words[at / BITS] & mask_of(0, bits->count - at));
    return bits->count - used;
}
