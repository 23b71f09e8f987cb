/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - the time of a clock as one number. */
#ifndef LVMM_CLOCK_H
#define LVMM_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_S 1000000000u

/* Nanoseconds. Also in a signal handler. */
static inline uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

#endif
