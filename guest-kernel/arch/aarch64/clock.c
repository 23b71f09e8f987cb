/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - time from the generic timer (Arm ARM, D11): the virtual counter and its timer. */
#include "arch/arch.h"
#include "core/clock.h"
#include "core/log.h"
#include "vdso/data.h"

#include "aarch64.h"

#define NS_PER_S 1000000000ull

static struct {
    uint64_t boot_ticks;
    uint64_t ns_per_tick, ticks_per_ns; /* fixed point, 32 bits behind the point */
    bool shown;                         /* to programs: with the first use */
} clk;

static uint64_t ticks_now(void)
{
    isb(); /* or the counter may be read before what stands ahead of it */
    return sysreg_read(cntvct_el0);
}

void clock_start(void)
{
    uint64_t hz = sysreg_read(cntfrq_el0) & UINT32_MAX;

    if (hz == 0)
        panic("CNTFRQ_EL0 is 0: the firmware has not set it");
    clk.ns_per_tick = (NS_PER_S << 32) / hz;
    clk.ticks_per_ns = (hz << 32) / NS_PER_S;
    clk.boot_ticks = ticks_now();
}

uint64_t arch_clock_ns(void)
{
    if (!clk.shown)
        clock_show(clk.boot_ticks, clk.ns_per_tick);
    clk.shown = true;
    return vdso_ticks_ns(ticks_now() - clk.boot_ticks, clk.ns_per_tick);
}

/* The deadline is rounded up: whoever waits for it finds that it has passed. */
void arch_timer_set(uint64_t deadline_ns)
{
    if (deadline_ns == UINT64_MAX) {
        clock_on_timer();
        return;
    }
    uint64_t now = arch_clock_ns(), delay = deadline_ns > now ? deadline_ns - now : 0;
    sysreg_write(cntv_cval_el0, ticks_now() + vdso_ticks_ns(delay, clk.ticks_per_ns) + 1);
    sysreg_write(cntv_ctl_el0, 1);
    isb();
}

void clock_on_timer(void)
{
    sysreg_write(cntv_ctl_el0, 0);
    isb();
}
