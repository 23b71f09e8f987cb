/* SPDX-License-Identifier: Apache-2.0 */
/*
 * data.h - what the kernel tells the vDSO about time and CPUs: the page in front of the image, which every program can
 * read and none can write. So nothing else may stand in that page.
 *
 * Time is (counter - counter_base) * ns_per_tick >> 32, in the kernel and in the vDSO alike.
 */
#ifndef GK_VDSO_DATA_H
#define GK_VDSO_DATA_H

#include <stdint.h>

struct vdso_data {
    uint64_t ns_per_tick; /* 32 bits behind the point; 0: not known yet, ask the kernel. Written once, after the rest */
    uint64_t counter_base;
    uint64_t realtime_ns; /* the realtime clock less the monotonic one */
    uint64_t shows_cpu;   /* a CPU tells programs its number (vdso/counter.h). Written once, before there are any */
};

static inline uint64_t vdso_ticks_ns(uint64_t ticks, uint64_t ns_per_tick)
{
    return (uint64_t)((unsigned __int128)ticks * ns_per_tick >> 32);
}

#endif
