/* SPDX-License-Identifier: Apache-2.0 */
/* tsc.h - how fast a counter counts, measured against another one whose frequency is known. */
#ifndef GK_ARCH_X86_64_TSC_H
#define GK_ARCH_X86_64_TSC_H

#include <stdint.h>

struct tsc_instant { /* what both counters said at one time */
    uint64_t tsc;
    uint32_t timer;
};

/* Reads both. `timer` counts down and runs already. */
struct tsc_instant tsc_instant_take(uint64_t (*tsc)(void), uint32_t (*timer)(void));

/* The frequency in Hz of what `tsc` reads, from `first` on, which was taken with the same two; timer_hz (at most 4 GHz,
 * not 0) is the timer's. Waits until a millisecond has passed since then. 0: meanwhile the timer has come to 0, and
 * stays there. */
uint64_t tsc_measure(struct tsc_instant first, uint64_t (*tsc)(void), uint32_t (*timer)(void), uint64_t timer_hz);

#endif
