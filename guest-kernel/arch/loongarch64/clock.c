/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - the stable counter and the timer that counts with it (LoongArch Reference Manual vol. 1, 2.2.10.4, 7.6). */
#include "core/clock.h"
#include "vdso/data.h"

#include "cpu.h"

#define NS_PER_S 1000000000ull
#define TCFG_ENABLE 1
#define TICKS_MIN 4

static struct { /* set once at boot, but for `shown` */
    uint64_t boot_ticks;
    uint64_t ns_per_tick, ticks_per_ns; /* fixed point, 32 bits behind the point */
    bool shown;                         /* to the vDSO */
} clk;

static inline uint64_t ticks_now(void)
{
    uint64_t ticks;

    __asm__ volatile("rdtime.d %0, $zero" : "=r"(ticks));
    return ticks;
}

uint64_t arch_clock_ns(void)
{
    if (!clk.shown)
        clock_show(clk.boot_ticks, clk.ns_per_tick);
    clk.shown = true;
    return vdso_ticks_ns(ticks_now() - clk.boot_ticks, clk.ns_per_tick);
}

/* The initial value's two low bits are fixed at zero. */
void arch_timer_set(uint64_t deadline_ns)
{
    if (deadline_ns == UINT64_MAX) {
        csr_write(CSR_TCFG, 0);
        csr_write(CSR_TICLR, 1);
        return;
    }
    uint64_t now = arch_clock_ns(), delay = deadline_ns > now ? deadline_ns - now : 0;
    uint64_t ticks = (uint64_t)((unsigned __int128)delay * clk.ticks_per_ns >> 32) + TICKS_MIN;
    if (ticks > 1ull << 46)
        ticks = 1ull << 46;
    csr_write(CSR_TCFG, ((ticks + 3) & ~3ull) | TCFG_ENABLE);
}

/* CPUCFG words 4 and 5: the crystal's frequency, and the factor and divisor that make the counter's of it. */
void clock_start(void)
{
    uint32_t ratio = cpucfg(5), factor = ratio & 0xffff, divisor = ratio >> 16;
    uint64_t hz = cpucfg(4);

    if (factor != 0 && divisor != 0)
        hz = hz * factor / divisor;
    if (hz == 0 || hz > UINT32_MAX)
        hz = 100000000; /* a Loongson 3A5000's */
    clk.ns_per_tick = (NS_PER_S << 32) / hz;
    clk.ticks_per_ns = (hz << 32) / NS_PER_S;
    clk.boot_ticks = ticks_now();
}
