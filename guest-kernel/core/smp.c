/* SPDX-License-Identifier: Apache-2.0 */
/* smp.c - see smp.h. */
#include "core/smp.h"

#include "arch/arch.h"
#include "core/log.h"
#include "lib/fdt.h"
#include "lib/string.h"

/* A CPU that takes longer is not coming. So long, because a host with other work may leave a virtual CPU waiting. */
#define START_NS 30000000000ull

static unsigned online = 1; /* written by each CPU as it comes, one at a time */

unsigned smp_cpus(void)
{
    return __atomic_load_n(&online, __ATOMIC_ACQUIRE);
}

_Noreturn void smp_enter(void)
{
    __atomic_fetch_add(&online, 1, __ATOMIC_RELEASE);
    arch_cpu_park();
}

static void start_one(uint32_t hwid)
{
    unsigned before = smp_cpus();
    int error = arch_cpu_start(before, hwid);
    uint64_t deadline = arch_clock_ns() + START_NS;

    while (error == 0 && smp_cpus() == before && arch_clock_ns() < deadline) {
    }
    if (error != 0)
        log_error("CPU %u can't be started: error %d", hwid, -error);
    else if (smp_cpus() == before)
        panic("CPU %u was started and didn't come", hwid); /* it may come yet, onto what the next one would use */
}

void smp_start(const struct fdt *fdt)
{
    struct fdt_node node;

    if (!fdt_find(fdt, "/cpus", &node))
        return;
    for (unsigned depth = node.depth + 1; fdt_next(fdt, &node) && node.depth >= depth;) {
        uint32_t hwid;
        if (node.depth == depth && strncmp(node.name, "cpu@", 4) == 0 && fdt_cell(fdt, &node, "reg", 0, &hwid) &&
            !arch_cpu_is_this(hwid))
            start_one(hwid);
    }
    log_info("%u CPUs run; programs run on the first", smp_cpus());
}
