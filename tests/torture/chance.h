/* SPDX-License-Identifier: Apache-2.0 */
/* chance.h - numbers from a seed, the same on every ISA. */
#ifndef TESTS_TORTURE_CHANCE_H
#define TESTS_TORTURE_CHANCE_H

#include <stdint.h>

struct chance {
    uint64_t state;
};

static inline uint64_t chance_next(struct chance *chance) /* xorshift64 */
{
    uint64_t s = chance->state;

    s ^= s << 13;
    s ^= s >> 7;
    s ^= s << 17;
    chance->state = s;
    return s;
}

static inline void chance_seed(struct chance *chance, uint64_t seed)
{
    chance->state = (seed + 1) * 0x9e3779b97f4a7c15ull | 1;
    chance_next(chance);
    chance_next(chance);
}

/* 0 .. below - 1 */
static inline unsigned chance_below(struct chance *chance, unsigned below)
{
    return (unsigned)(chance_next(chance) >> 24) % below;
}

#endif
