/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - time from the `time` counter, whose frequency the device tree tells, and the timer of the SBI. */
#include "core/clock.h"
#include "lib/fdt.h"
#include "vdso/data.h"

#include "riscv.h"

#define NS_PER_S 1000000000ull

static struct { /* set once at boot, but for `shown` */
    uint64_t start, hz, ns_per_tick;
    bool shown; /* to the vDSO */
} clk;

static uint64_t ticks(void)
{
    uint64_t value;

    __asm__ volatile("rdtime %0" : "=r"(value)::"memory");
    return value;
}

uint64_t arch_clock_ns(void)
{
    if (!clk.shown)
        clock_show(clk.start, clk.ns_per_tick);
    clk.shown = true;
    return vdso_ticks_ns(ticks() - clk.start, clk.ns_per_tick);
}

/* Rounded up; a little too early is no harm either, as whoever waits looks at the clock and asks again. */
void arch_timer_set(uint64_t deadline_ns)
{
    if (deadline_ns == UINT64_MAX) {
        csr_clear(sie, 1u << IRQ_TIMER);
        return;
    }
    sbi_set_timer(clk.start + deadline_ns / NS_PER_S * clk.hz + deadline_ns % NS_PER_S * clk.hz / NS_PER_S + 1);
    csr_set(sie, 1u << IRQ_TIMER);
}

void clock_start(const struct fdt *fdt, const struct fdt_node *cpus)
{
    uint32_t hz;

    if (!fdt_cell(fdt, cpus, "timebase-frequency", 0, &hz) || hz == 0)
        return;
    clk.start = ticks();
    clk.hz = hz;
    clk.ns_per_tick = (NS_PER_S << 32) / hz;
}

bool clock_is_there(void)
{
    return clk.hz;
}
