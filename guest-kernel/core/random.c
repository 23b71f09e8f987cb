/* SPDX-License-Identifier: Apache-2.0 */
/*
 * random.c - random bytes: ChaCha20 (RFC 8439, section 2.3) with fast key erasure.
 *
 * Each block made gives half to the next key and half to the pool, so what was handed out can't be worked out from the
 * memory of a later moment. A seed longer than the key fills the pool: bytes that are random already need no cipher,
 * which matters where the kernel is emulated (a block is 1,500 instructions).
 */
#include "core/random.h"

#include <stdint.h>

#include "lib/string.h"

#define KEY_BYTES 32u
#define BLOCK_BYTES 64u
#define POOL_BYTES 32u

static struct {
    uint32_t key[KEY_BYTES / 4];
    uint8_t pool[POOL_BYTES];
    unsigned pool_left; /* the last bytes of the pool are still unused */
} rng;

static inline uint32_t rotate(uint32_t value, unsigned bits)
{
    return value << bits | value >> (32 - bits);
}

static inline void quarter_round(uint32_t *x, unsigned a, unsigned b, unsigned c, unsigned d)
{
    x[a] += x[b];
    x[d] = rotate(x[d] ^ x[a], 16);
    x[c] += x[d];
    x[b] = rotate(x[b] ^ x[c], 12);
    x[a] += x[b];
    x[d] = rotate(x[d] ^ x[a], 8);
    x[c] += x[d];
    x[b] = rotate(x[b] ^ x[c], 7);
}

/* The block of key and counter; the nonce is zero, for a key is used for one stream only. */
static void chacha20_block(const uint32_t key[8], uint32_t counter, uint32_t out[16])
{
    uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    unsigned i;

    for (i = 0; i < 8; i++)
        start[4 + i] = key[i];
    start[12] = counter;
    for (i = 0; i < 16; i++)
        out[i] = start[i];
    for (i = 0; i < 10; i++) {
        quarter_round(out, 0, 4, 8, 12);
        quarter_round(out, 1, 5, 9, 13);
        quarter_round(out, 2, 6, 10, 14);
        quarter_round(out, 3, 7, 11, 15);
        quarter_round(out, 0, 5, 10, 15);
        quarter_round(out, 1, 6, 11, 12);
        quarter_round(out, 2, 7, 8, 13);
        quarter_round(out, 3, 4, 9, 14);
    }
    for (i = 0; i < 16; i++)
        out[i] += start[i];
}

/* A new key and a full pool. */
static void refill(void)
{
    uint32_t block[16];

    chacha20_block(rng.key, 0, block);
    memcpy(rng.key, block, KEY_BYTES);
    memcpy(rng.pool, block + KEY_BYTES / 4, POOL_BYTES);
    rng.pool_left = POOL_BYTES;
}

void random_seed(const void *seed, size_t size)
{
    const uint8_t *bytes = seed;
    uint8_t *key = (uint8_t *)rng.key;
    size_t i, rest;

    if (size == 0)
        return;
    for (i = 0; i < size && i < KEY_BYTES; i++)
        key[i] ^= bytes[i];
    rest = size - i < POOL_BYTES ? size - i : POOL_BYTES;
    memcpy(rng.pool + POOL_BYTES - rest, bytes + i, rest);
    rng.pool_left = (unsigned)rest;
}

static size_t take_from_pool(uint8_t *dst, size_t size)
{
    uint8_t *from = rng.pool + POOL_BYTES - rng.pool_left;
    size_t n = size < rng.pool_left ? size : rng.pool_left;

    memcpy(dst, from, n);
    memset(from, 0, n);
    rng.pool_left -= (unsigned)n;
    return n;
}

void random_bytes(void *dst, size_t size)
{
    uint8_t *at = dst;
    size_t n = take_from_pool(at, size);
    uint32_t counter = 0;

    at += n;
    size -= n;
    /* Whole blocks of a long request straight from this key, which the refill then replaces. */
    while (size > POOL_BYTES) {
        uint32_t block[16];

        n = size < BLOCK_BYTES ? size : BLOCK_BYTES;
        chacha20_block(rng.key, ++counter, block);
        memcpy(at, block, n);
        at += n;
        size -= n;
    }
    if (counter != 0 || size != 0)
        refill();
    take_from_pool(at, size);
}
