/* SPDX-License-Identifier: Apache-2.0 */
/* system.c - see system.h. */
#include "core/system.h"

#include "arch/arch.h"
#include "core/sched.h"
#include "core/tick.h"

/* Libraries ask for a least version, and few ask for more than it says: what is not there of that release
 * (abi/syscalls.def) gives ENOSYS, as where it was left out of a kernel. */
#define RELEASE "6.12.0-lvmm"

struct utsname_user system_name = {
    .sysname = "Linux",
    .nodename = "lvmm",
    .release = RELEASE,
    .version = "#1 lvmm",
    .machine = ISA_NAME,
    .domainname = "(none)",
};

const char *system_command_line = "";

void system_time_get(struct cpu *cpu, struct system_time *out)
{
    out->idle_ns = sched_idle_ns(cpu);
    tick_split(&cpu->told, &cpu->ticks, arch_clock_ns() - out->idle_ns);
    out->busy = cpu->told;
}

void system_time_sum(struct system_time *out)
{
    *out = (struct system_time){0};
    for (unsigned i = 0; i < cpu_count; i++) {
        struct system_time one;

        system_time_get(cpus[i], &one);
        out->busy.user_ns += one.busy.user_ns;
        out->busy.system_ns += one.busy.system_ns;
        out->idle_ns += one.idle_ns;
    }
}
