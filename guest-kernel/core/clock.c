/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - the realtime clock is the monotonic one plus what the host's was when the plan was made. */
#include "core/clock.h"

#include "arch/arch.h"
#include "core/boot.h"

static uint64_t boot_realtime_ns; /* set once at boot */

void clock_init(uint64_t realtime_ns)
{
    boot_realtime_ns = realtime_ns;
}

uint64_t clock_monotonic_ns(void)
{
    return arch_clock_ns();
}

uint64_t clock_realtime_ns(void)
{
    return boot_realtime_ns + arch_clock_ns();
}
