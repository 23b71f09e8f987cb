/* SPDX-License-Identifier: Apache-2.0 */
/* tsc.c - see tsc.h. */
#include "tsc.h"

#define SPAN_NS 1000000u
#define NS_PER_S 1000000000ull
#define TRIES 16

/* Both at one time: the timer's read stands between two of the TSC's, and the nearest pair of several counts, as QEMU
 * may translate code or lose its CPU in between. */
struct tsc_instant tsc_instant_take(uint64_t (*tsc)(void), uint32_t (*timer)(void))
{
    struct tsc_instant best = {0, 0};
    uint64_t narrowest = UINT64_MAX;

    for (unsigned i = 0; i < TRIES; i++) {
        uint64_t before = tsc();
        uint32_t count = timer();
        uint64_t width = tsc() - before;
        if (width >= narrowest)
            continue;
        narrowest = width;
        best = (struct tsc_instant){before + width / 2, count};
    }
    return best;
}

uint64_t tsc_measure(struct tsc_instant first, uint64_t (*tsc)(void), uint32_t (*timer)(void), uint64_t timer_hz)
{
    uint32_t span = (uint32_t)(timer_hz * SPAN_NS / NS_PER_S);
    struct tsc_instant last;

    while (first.timer - timer() < span) {
    }
    last = tsc_instant_take(tsc, timer);
    if (last.timer == 0) /* it has run out, nobody knows when */
        return 0;
    return (last.tsc - first.tsc) * timer_hz / (first.timer - last.timer);
}
