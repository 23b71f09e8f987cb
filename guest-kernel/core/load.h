/* SPDX-License-Identifier: Apache-2.0 */
/* load.h - how many threads have wanted the CPU lately. */
#ifndef GK_CORE_LOAD_H
#define GK_CORE_LOAD_H

#include <stdint.h>

/* The exponentially weighed averages of the number of threads that want the CPU, over 1, 5 and 15 minutes, in 1/2048
 * (proc(5), /proc/loadavg). */
#define LOAD_ONE 2048u
void load_get(uint64_t out[3]);
/* For core/tick.c: looks at that number, if 5 s have passed since it was looked at last. */
void load_look(uint64_t now_ns);

#endif
