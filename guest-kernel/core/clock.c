/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - the realtime clock is the monotonic one plus what the host's was when the plan was made, until somebody
 * sets it. */
#include "core/clock.h"

#include "arch/arch.h"
#include "core/boot.h"
#include "lib/types.h"
#include "vdso/data.h"

static uint64_t boot_realtime_ns; /* what the realtime clock is ahead of the monotonic one */

/* Programs see all of it. Not touched, and so not there, before somebody asks for the time. */
static union {
    struct vdso_data data;
    char page[PAGE_SIZE];
} shown __attribute__((aligned(PAGE_SIZE)));

void clock_init(uint64_t realtime_ns)
{
    boot_realtime_ns = realtime_ns;
}

void clock_show(uint64_t counter_base, uint64_t ns_per_tick)
{
    shown.data.counter_base = counter_base;
    shown.data.realtime_ns = boot_realtime_ns;
    __atomic_store_n(&shown.data.ns_per_tick, ns_per_tick, __ATOMIC_RELEASE);
}

void clock_show_cpu(void)
{
    shown.data.shows_cpu = true;
}

const void *clock_page(void)
{
    return &shown;
}

uint64_t clock_monotonic_ns(void)
{
    return arch_clock_ns();
}

uint64_t clock_realtime_ns(void)
{
    return boot_realtime_ns + arch_clock_ns();
}

void clock_realtime_set(uint64_t ns)
{
    uint64_t at_boot = ns - arch_clock_ns();

    __atomic_store_n(&boot_realtime_ns, at_boot, __ATOMIC_RELAXED);
    if (shown.data.ns_per_tick != 0) /* programs look at it at any time */
        __atomic_store_n(&shown.data.realtime_ns, at_boot, __ATOMIC_RELAXED);
}

uint64_t clock_boot_realtime_ns(void)
{
    return boot_realtime_ns;
}
