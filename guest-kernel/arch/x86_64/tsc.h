/* SPDX-License-Identifier: Apache-2.0 */
/* tsc.h - how fast a counter counts, measured against another one whose frequency is known. */
#ifndef GK_ARCH_X86_64_TSC_H
#define GK_ARCH_X86_64_TSC_H

#include <stdint.h>

/* The frequency in Hz of what `tsc` reads. `timer` counts down with timer_hz (not 0) and runs already; it must not pass
 * 0 meanwhile. Takes a millisecond and some reads. */
uint64_t tsc_measure(uint64_t (*tsc)(void), uint32_t (*timer)(void), uint64_t timer_hz);

#endif
