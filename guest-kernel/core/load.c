/* SPDX-License-Identifier: Apache-2.0 */
/* load.c - see load.h. */
#include "core/load.h"

#include "arch/arch.h"
#include "core/cpu.h"

#define LOAD_EVERY_NS 5000000000ull
#define LOAD_SHIFT 11

static uint64_t averages[3];
static uint64_t next_ns = LOAD_EVERY_NS; /* when it is looked at next */

/* Linux's EXP_1, EXP_5, EXP_15: what 5 s leave of an average, in 1/2048; and its calc_load. */
static void decay(uint64_t active)
{
    static const uint64_t keeps[3] = {1884, 2014, 2037};

    for (unsigned i = 0; i < 3; i++) {
        uint64_t sum = averages[i] * keeps[i] + active * (LOAD_ONE - keeps[i]);

        if (active >= averages[i])
            sum += LOAD_ONE - 1;
        averages[i] = sum >> LOAD_SHIFT;
    }
}

/* While there were no ticks nothing ran. After an hour of that nothing is left. */
static void catch_up(uint64_t now_ns)
{
    uint64_t missed = now_ns > next_ns ? (now_ns - next_ns) / LOAD_EVERY_NS : 0;

    next_ns += missed * LOAD_EVERY_NS;
    for (missed = missed < 720 ? missed : 720; missed > 0; missed--)
        decay(0);
}

void load_look(uint64_t now_ns)
{
    if (now_ns < next_ns)
        return;
    catch_up(now_ns);
    next_ns += LOAD_EVERY_NS;
    decay((uint64_t)cpu_ready_count() * LOAD_ONE);
}

void load_get(uint64_t out[3])
{
    catch_up(arch_clock_ns());
    for (unsigned i = 0; i < 3; i++)
        out[i] = averages[i];
}
