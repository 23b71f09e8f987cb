/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.c - time from the TSC. Its frequency comes from the hypervisor's timing leaf (0x40000010: kHz in eax), which
 * lvmm's KVM backend provides; QEMU's TCG does not, and there it is measured against the APIC timer, from when the
 * clock is started until time is first asked for: the boot goes on meanwhile.
 */
#include "arch/arch.h"
#include "core/clock.h"
#include "vdso/data.h"

#include "tsc.h"
#include "x86.h"

#define NS_PER_S 1000000000ull

static struct {
    uint64_t boot_tsc;
    uint64_t ns_per_tick;     /* fixed point, 32 bits behind the point; 0: not known yet */
    struct tsc_instant first; /* what the measurement begins with */
} clk;

static uint64_t tsc_read(void)
{
    return rdtsc();
}

static void measuring_start(void)
{
    apic_timer_start(UINT32_MAX);
    clk.first = tsc_instant_take(tsc_read, apic_timer_count);
}

static uint64_t measured_tsc_hz(void)
{
    uint64_t hz;

    while ((hz = tsc_measure(clk.first, tsc_read, apic_timer_count, apic_timer_frequency())) == 0)
        measuring_start();
    apic_timer_start(0);
    return hz;
}

static void frequency_set(uint64_t hz)
{
    clk.ns_per_tick = (NS_PER_S << 32) / hz;
    clock_show(clk.boot_tsc, clk.ns_per_tick);
}

static uint64_t ns_per_tick(void)
{
    if (clk.ns_per_tick == 0) {
        uint64_t hz = measured_tsc_hz();
        clk.boot_tsc = 0; /* QEMU's TSC begins with the machine: that much nearer to when the plan was made */
        frequency_set(hz);
    }
    return clk.ns_per_tick;
}

uint64_t arch_clock_ns(void)
{
    uint64_t scale = ns_per_tick();

    return vdso_ticks_ns(rdtsc() - clk.boot_tsc, scale);
}

void arch_timer_set(uint64_t deadline_ns)
{
    if (deadline_ns == UINT64_MAX) {
        apic_timer_start(0);
        return;
    }
    uint64_t now = arch_clock_ns();
    apic_timer_set(deadline_ns > now ? deadline_ns - now : 0);
}

void clock_start(void)
{
    clk.boot_tsc = rdtsc();
    if (cpu_tsc_khz != 0)
        frequency_set(cpu_tsc_khz * 1000ull);
    else
        measuring_start();
}
